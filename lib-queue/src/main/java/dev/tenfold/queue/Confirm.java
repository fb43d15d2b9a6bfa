package dev.tenfold.queue;

/** What became of a published message that nobody refused. */
public enum Confirm {
    /** Every queue it leads to has taken responsibility for it. */
    ROUTED,
    /** It leads to no queue and was dropped. */
    UNROUTED
}
