package dev.tenfold.balance;

/**
 * What a pick or a report touches of a member, next to each other; fields are laid out by superclass. See {@link Accounts} for what
 * the words mean.
 *
 * <p>In a large pool a pick costs what it misses in the caches, so that a member is as few lines as can be: both that are compared are
 * read from here, and the one that is picked is written here and nowhere else.
 */
abstract class AccountsFields extends AccountsPadding {

    /** An estimate and when it was made, see {@link Estimates}. */
    volatile long latency;

    /** Calls ended and in flight, see {@link Accounts}. */
    volatile long calls;

    /** An estimate, as {@link #latency} is. */
    volatile long faults;

    /** Whether a report that does not count against the endpoint leaves its health as it is, see {@link Member}. */
    volatile boolean settled;
}

/**
 * Keeps what lies before a member off the line of its counters. What lies behind them is the member's own and hardly ever written;
 * what is counted rarely is part of the padding.
 */
abstract class AccountsPadding {
    volatile long failed;

    volatile long cancelled;

    @SuppressWarnings("unused")
    private long p0, p1, p2, p3;

    /** Fills the gap beside the object header, which would draw a small field of the subclass away from the others. */
    @SuppressWarnings("unused")
    private int gap;
}
