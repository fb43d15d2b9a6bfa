package dev.tenfold.benchmarks.simulation;

import org.HdrHistogram.Histogram;

/** What became of the queries of one run. Not thread-safe. */
final class Latencies {

    /** Latencies are kept with a precision of 0.1 %. */
    private final Histogram nanos = new Histogram(3);

    private long failed;

    void answered(long latencyNanos) {
        nanos.recordValue(latencyNanos);
    }

    /** A query that failed is as slow as the time it was given. */
    void failed(long afterNanos) {
        nanos.recordValue(afterNanos);
        failed++;
    }

    void add(Latencies other) {
        nanos.add(other.nanos);
        failed += other.failed;
    }

    long count() {
        return nanos.getTotalCount();
    }

    double millisAt(double percentile) {
        return nanos.getValueAtPercentile(percentile) / 1e6;
    }

    double failedShare() {
        return count() == 0 ? 0 : (double) failed / count();
    }

    /** Which share ended within a time. */
    double shareWithin(long limitNanos) {
        return nanos.getCountBetweenValues(0, limitNanos) / (double) count();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Latencies same && failed == same.failed && nanos.equals(same.nanos);
    }

    @Override
    public int hashCode() {
        return nanos.hashCode();
    }
}
