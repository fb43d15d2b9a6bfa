package dev.tenfold.sharding.hot;

import dev.tenfold.time.TimeSource;

/** Counts ticks, a sixteenth of a half-life each, from when it was made. */
final class LoadClock {

    private static final double LN_2 = Math.log(2);

    private final TimeSource time;
    private final long start;
    private final long halfLifeNanos;
    private final long tickNanos;

    LoadClock(TimeSource time, long halfLifeNanos) {
        this.time = time;
        this.start = time.nanoTime();
        this.halfLifeNanos = halfLifeNanos;
        this.tickNanos = Math.max(1, halfLifeNanos / LoadStripe.TICKS);
    }

    long tick() {
        return (time.nanoTime() - start) / tickNanos;
    }

    /**
     * For how many seconds a steady load would have had to run to leave as much, undecayed, as it leaves decayed: what a
     * decayed weight is divided by to give a rate, right from the start.
     */
    double effectiveSeconds() {
        double age = Math.max(time.nanoTime() - start, tickNanos);
        double whole = halfLifeNanos / LN_2;
        return whole * -Math.expm1(-age / whole) / 1e9;
    }
}
