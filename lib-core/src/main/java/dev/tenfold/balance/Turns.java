package dev.tenfold.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counters that threads share as little as they can: as many as processors, at most 64, each thread on one of them. A policy that
 * takes turns walks one rotation for each.
 *
 * <p><b>Invariant:</b> each counter only grows (modulo 2^64) and lives on cache lines of its own. It is shared by all pickers of
 * one balancer, one after the other. <b>Writers:</b> any thread by atomic addition.
 */
final class Turns {

    private static final VarHandle TURN = MethodHandles.arrayElementVarHandle(long[].class);
    /** Longs from one counter to the next: two cache lines, since processors fetch lines in pairs. */
    private static final int SPREAD = 16;

    private static final int MAXIMUM_STRIPES = 64;

    private final long[] turns;
    private final int stripes;

    Turns() {
        this(usual());
    }

    /** With {@code stripes} counters, a power of two. */
    Turns(int stripes) {
        this.stripes = stripes;
        this.turns = new long[(stripes + 1) * SPREAD];
    }

    private static int usual() {
        int processors = Math.min(MAXIMUM_STRIPES, Runtime.getRuntime().availableProcessors());
        return Integer.highestOneBit(Math.max(1, 2 * processors - 1));
    }

    int stripes() {
        return stripes;
    }

    /** The counter of the calling thread. */
    int stripe() {
        return (int) Thread.currentThread().getId() & (stripes - 1);
    }

    /** Moves a counter on and returns what it was. */
    long next(int stripe) {
        return (long) TURN.getAndAdd(turns, (stripe + 1) * SPREAD, 1L);
    }

    /** What {@link #next} would return. */
    long peek(int stripe) {
        return (long) TURN.getOpaque(turns, (stripe + 1) * SPREAD);
    }

    /** For tests: moves every counter on. */
    void skip(long count) {
        for (int stripe = 0; stripe < stripes; stripe++) {
            TURN.getAndAdd(turns, (stripe + 1) * SPREAD, count);
        }
    }
}
