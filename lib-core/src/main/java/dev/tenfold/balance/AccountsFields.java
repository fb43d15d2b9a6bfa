package dev.tenfold.balance;

/** Fields laid out by superclass, so that the counters and estimates of a member share no cache line with anything else. */
abstract class AccountsFields extends AccountsPadding {

    /** Calls ended and in flight, see {@link Accounts}. */
    volatile long calls;

    volatile long failed;

    volatile long cancelled;

    /** An estimate and when it was made, see {@link Estimates}. */
    volatile long latency;

    volatile long faults;
}

/** Keeps what the object header shares a line with off the line of the counters. */
abstract class AccountsPadding {
    @SuppressWarnings("unused")
    private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe;
}
