package dev.tenfold.balance;

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
