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
