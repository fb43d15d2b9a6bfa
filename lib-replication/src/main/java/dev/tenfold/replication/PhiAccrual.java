package dev.tenfold.replication;

import java.util.concurrent.locks.ReentrantLock;

/**
 * How suspicious the silence of a node is, from the rhythm of its answers so far: N. Hayashibara, X. Défago, R. Yared and T.
 * Katayama, "The φ Accrual Failure Detector", SRDS 2004.
 *
 * <p>The suspicion is {@code -log10} of the probability that an answer comes later than now, where the time between answers is
 * taken as normal with the mean and deviation of the last {@value #WINDOW}. At 1 a suspicion is wrong once in 10 times, at 8
 * once in 100,000,000. So a node with a steady rhythm is suspected soon and one behind a jittery line late, without anybody
 * tuning it. Parameters beside the threshold:
 *
 * <ul>
 *   <li>A window of {@value #WINDOW} intervals: some 25 s of probes, long enough for a deviation, short enough to follow a change
 *       of load.
 *   <li>A deviation of at least a quarter of the expected interval, so that a rhythm like a clock's does not turn one late answer
 *       into a suspicion.
 *   <li>Before the first answers the interval is taken as expected, with that least deviation.
 *   <li>An interval beyond the bound at which silence counts as missing in any case is an outage and not part of the rhythm.
 * </ul>
 *
 * <p><b>Writers:</b> whoever probes the node, under a lock. <b>Readers:</b> anyone, by one volatile read of the rhythm.
 */
final class PhiAccrual {

    static final int WINDOW = 100;

    private static final double LN_10 = Math.log(10);

    /** What the answers so far say; {@code last} is when the newest came. */
    private record Rhythm(long last, double mean, double deviation) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final long longest;
    private final double leastDeviation;
    private final double[] intervals = new double[WINDOW];
    private int next;
    private int size;
    private double sum;
    private double squares;
    private long lastRegular;
    private volatile Rhythm rhythm;

    /**
     * Starts with a rhythm as expected.
     *
     * @param expected the interval between answers in nanoseconds, > 0
     * @param longest the interval from which silence is an outage, in nanoseconds
     * @param now when watching begins
     */
    PhiAccrual(long expected, long longest, long now) {
        this.longest = longest;
        this.leastDeviation = expected / 4.0;
        this.lastRegular = now;
        this.rhythm = new Rhythm(now, expected, leastDeviation);
        // Two of them, a least deviation to either side: enough to start from, and soon outweighed.
        add(expected - leastDeviation);
        add(expected + leastDeviation);
    }

    /**
     * Notes an answer.
     *
     * @param regular whether it is one of those that come at an interval
     */
    void answered(long now, boolean regular) {
        lock.lock();
        try {
            if (regular) {
                long interval = now - lastRegular;
                lastRegular = now;
                if (interval > 0 && interval <= longest) {
                    add((double) interval);
                }
            }
            double mean = sum / size;
            double variance = Math.max(0, squares / size - mean * mean);
            rhythm = new Rhythm(now, mean, Math.max(leastDeviation, Math.sqrt(variance)));
        } finally {
            lock.unlock();
        }
    }

    /** Returns the suspicion, from 0; it only grows until the next answer. */
    double phi(long now) {
        Rhythm known = rhythm;
        return logTail((now - known.last - known.mean) / known.deviation);
    }

    private void add(double interval) {
        if (size == WINDOW) {
            sum -= intervals[next];
            squares -= intervals[next] * intervals[next];
        } else {
            size++;
        }
        intervals[next] = interval;
        next = (next + 1) % WINDOW;
        sum += interval;
        squares += interval * interval;
    }

    /** {@code -log10} of the probability that a standard normal variable exceeds y, from 0. */
    static double logTail(double y) {
        if (y < 3) {
            // Abramowitz and Stegun, 26.2.11: the series of the distribution around its middle.
            double term = y;
            double total = y;
            for (int i = 3; i < 200 && Math.abs(term) > 1e-17; i += 2) {
                term *= y * y / i;
                total += term;
            }
            double tail = y < -8 ? 1 : 0.5 - density(y) * total;
            return Math.max(0, -Math.log10(Math.min(1, tail)));
        }
        // 26.2.14: the continued fraction of the tail, as a logarithm since the tail itself becomes too small for a
        // double.
        double fraction = y;
        for (int i = 60; i >= 1; i--) {
            fraction = y + i / fraction;
        }
        return (y * y / 2 + Math.log(fraction) + Math.log(2 * Math.PI) / 2) / LN_10;
    }

    private static double density(double y) {
        return Math.exp(-y * y / 2) / Math.sqrt(2 * Math.PI);
    }
}
