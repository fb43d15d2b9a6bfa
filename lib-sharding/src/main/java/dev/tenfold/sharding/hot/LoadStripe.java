package dev.tenfold.sharding.hot;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * One of several places where load is written down, so that threads rarely meet.
 *
 * <p><b>Invariant:</b> every number but {@code busy} is read and written only by the thread that raised {@code busy} from 0;
 * whoever finds it raised goes elsewhere and never waits, but for the reporter, who spins for the tens of nanoseconds that a
 * recording lasts. <b>Order:</b> raised by compare-and-set, lowered with release, so each holder sees what the one before
 * it wrote.
 *
 * <p>Decay is forward decay (G. Cormode, V. Shkapenyuk, D. Srivastava, B. Xu, "Forward Decay: A Practical Time Decay Model
 * for Streaming Systems", ICDE 2009): instead of shrinking what was counted, new weights grow by {@code gain}, and a reader
 * divides by it. Once in {@value #REBASE_HALF_LIVES} half-lives everything is scaled back by a power of two.
 *
 * @param <K> the kind of key
 */
final class LoadStripe<K> extends LoadStripePadding.Busy {

    /** How many times within a half-life the gain changes: each recording is dated back by at most this part of it. */
    static final int TICKS = 16;

    static final int REBASE_HALF_LIVES = 128;

    /** After this many recordings at most the clock is read again. */
    static final int MAX_SKIP = 64;

    private static final VarHandle BUSY;

    static {
        try {
            BUSY = MethodHandles.lookup().findVarHandle(LoadStripePadding.Busy.class, "busy", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final LoadClock clock;
    private final SpaceSaving<K> keysByCalls;
    private final SpaceSaving<K> keysByCost;
    private double[] slotCalls = {};
    private double[] slotCost = {};
    private double calls;
    private double cost;

    private long base;
    private long tick;
    private double gain = 1;
    private int skip;
    private int untilClock;

    // Keeps whatever follows in memory off the line of the numbers above.
    @SuppressWarnings("unused")
    private long q0, q1, q2, q3, q4, q5, q6, q7;

    LoadStripe(LoadClock clock, int capacity) {
        this.clock = clock;
        this.keysByCalls = new SpaceSaving<>(capacity);
        this.keysByCost = new SpaceSaving<>(capacity);
    }

    /** Records, unless another thread is at it. */
    boolean tryRecord(Object identity, K key, int slot, long moreCalls, long moreCost) {
        if (!BUSY.compareAndSet(this, 0, 1)) {
            return false;
        }
        try {
            if (--untilClock < 0) {
                readClock();
            }
            if (slot >= slotCalls.length) {
                int length = Math.max(64, Integer.highestOneBit(slot) * 2);
                slotCalls = Arrays.copyOf(slotCalls, length);
                slotCost = Arrays.copyOf(slotCost, length);
            }
            if (moreCalls > 0) {
                double weight = moreCalls * gain;
                calls += weight;
                slotCalls[slot] += weight;
                keysByCalls.add(identity, key, slot, weight);
            }
            if (moreCost > 0) {
                double weight = moreCost * gain;
                cost += weight;
                slotCost[slot] += weight;
                keysByCost.add(identity, key, slot, weight);
            }
        } finally {
            BUSY.setRelease(this, 0);
        }
        return true;
    }

    /** While recordings follow one another within a tick, the clock is read ever less often. */
    private void readClock() {
        long now = clock.tick();
        skip = now == tick ? Math.min(MAX_SKIP, 2 * skip + 1) : 0;
        untilClock = skip;
        advance(now);
    }

    private void advance(long now) {
        if (now == tick) {
            return;
        }
        tick = now;
        if (now - base > (long) REBASE_HALF_LIVES * TICKS) {
            double factor = Math.pow(2, -(double) (now - base) / TICKS);
            base = now;
            scale(factor);
        }
        gain = Math.pow(2, (double) (now - base) / TICKS);
    }

    private void scale(double factor) {
        calls *= factor;
        cost *= factor;
        for (int i = 0; i < slotCalls.length; i++) {
            slotCalls[i] *= factor;
            slotCost[i] *= factor;
        }
        keysByCalls.scale(factor);
        keysByCost.scale(factor);
    }

    /** Adds what is left of this stripe's load at a tick, decayed, to two tallies. */
    void addTo(LoadTally<K> callsTally, LoadTally<K> costTally, long now) {
        acquire();
        try {
            advance(now);
            // Whoever records next reads the clock again: there may have been a lull.
            skip = 0;
            untilClock = 0;
            callsTally.add(calls, slotCalls, keysByCalls, 1 / gain);
            costTally.add(cost, slotCost, keysByCost, 1 / gain);
        } finally {
            BUSY.setRelease(this, 0);
        }
    }

    void clear() {
        acquire();
        try {
            calls = 0;
            cost = 0;
            Arrays.fill(slotCalls, 0);
            Arrays.fill(slotCost, 0);
            keysByCalls.clear();
            keysByCost.clear();
        } finally {
            BUSY.setRelease(this, 0);
        }
    }

    private void acquire() {
        while (!BUSY.compareAndSet(this, 0, 1)) {
            Thread.onSpinWait();
        }
    }
}

/** Fields laid out by superclass, so that stripes share no cache line. */
final class LoadStripePadding {

    private LoadStripePadding() {}

    abstract static class Before {
        @SuppressWarnings("unused")
        private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, pa, pb, pc, pd, pe;
    }

    abstract static class Busy extends Before {
        @SuppressWarnings("unused")
        volatile int busy;
    }
}
