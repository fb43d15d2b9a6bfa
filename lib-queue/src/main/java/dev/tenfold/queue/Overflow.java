package dev.tenfold.queue;

/** What a full queue does with one more message. */
public enum Overflow {
    /** Refuses it: publishing fails with {@link PublishRejectedException}. */
    REJECT,
    /** Takes it and dead-letters the oldest message that waits. */
    DROP_HEAD,
    /**
     * Makes the publishing thread wait for room, in order of arrival, up to {@link QueueOptions#blockTimeout()}, and
     * refuses it after that.
     */
    BLOCK
}
