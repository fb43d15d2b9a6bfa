package dev.tenfold.balance;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A quantile of the last one or two thousand latencies, in about a kilobyte, for any number of threads.
 *
 * <p>Latencies are counted in {@value #BUCKETS} buckets, eight to each power of two from 1 µs to 73 min, so that a quantile is at
 * most an eighth too long and never too short. At {@value #WINDOW} counts every bucket is halved, which forgets the old
 * by number, not by time. Forward decay and HDR histograms do more than a hedge needs.
 *
 * <p><b>Invariant:</b> {@code total} is the sum of the buckets, but for counts on their way. <b>Writers:</b> any thread by
 * atomic addition; the one thread whose count makes {@code total} the window halves. <b>Readers:</b> {@code quantile}, which every
 * {@value #REFRESH}th count computes anew.
 */
final class Latencies {

    /** How many are needed before a quantile is given. */
    static final int LEAST = 100;

    static final int WINDOW = 2_000;
    private static final int REFRESH = 16;
    /** 2^10 ns is the unit, nearly a microsecond. */
    private static final int UNIT = 10;
    /** Buckets to a power of two, as a power of two. */
    private static final int FINENESS = 3;

    private static final int LONGEST = 32;
    static final int BUCKETS = (LONGEST - FINENESS + 2) << FINENESS;

    private final double share;
    private final AtomicIntegerArray counts = new AtomicIntegerArray(BUCKETS);
    private final AtomicInteger total = new AtomicInteger();
    private volatile long quantile = -1;

    /** Makes an empty one for the quantile {@code share}, 0 to 1. */
    Latencies(double share) {
        this.share = share;
    }

    void record(long nanos) {
        counts.getAndIncrement(bucket(nanos));
        int now = total.incrementAndGet();
        if (now == WINDOW) {
            halve();
        }
        if (now >= LEAST && now % REFRESH == 0) {
            quantile = compute();
        }
    }

    /** Returns the quantile in nanoseconds, or -1 where too little is known. */
    long quantileNanos() {
        return quantile;
    }

    private void halve() {
        for (int i = 0; i < BUCKETS; i++) {
            int old = counts.get(i) >> 1;
            counts.getAndAdd(i, -old);
            total.getAndAdd(-old);
        }
    }

    private long compute() {
        long sum = 0;
        for (int i = 0; i < BUCKETS; i++) {
            sum += counts.get(i);
        }
        double wanted = sum * share;
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += counts.get(i);
            if (seen >= wanted && seen > 0) {
                return end(i);
            }
        }
        return end(BUCKETS - 1);
    }

    /** The bucket of a latency: its highest bit and the {@value #FINENESS} bits below it. */
    static int bucket(long nanos) {
        long units = Math.max(0, nanos) >>> UNIT;
        int highest = 63 - Long.numberOfLeadingZeros(units | 1);
        if (highest < FINENESS) {
            return (int) units;
        }
        if (highest > LONGEST) {
            return BUCKETS - 1;
        }
        int shift = highest - FINENESS;
        return ((shift + 1) << FINENESS) + (int) ((units >>> shift) & ((1 << FINENESS) - 1));
    }

    /** The least latency beyond a bucket. */
    static long end(int bucket) {
        int next = bucket + 1;
        int power = next >> FINENESS;
        int rest = next & ((1 << FINENESS) - 1);
        long units = power == 0 ? rest : (long) ((1 << FINENESS) + rest) << (power - 1);
        return units << UNIT;
    }
}
