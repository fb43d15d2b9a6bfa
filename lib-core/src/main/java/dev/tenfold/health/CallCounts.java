package dev.tenfold.health;

/**
 * What was counted of the calls on one endpoint, as {@link OutlierPolicy} judges it. Immutable.
 *
 * @param calls calls that ended and say something of the endpoint, failures included
 * @param failures those whose outcome counts against the endpoint
 * @param timed those whose latency is known
 * @param nanos the sum of these latencies, in nanoseconds
 */
public record CallCounts(long calls, long failures, long timed, long nanos) {

    static final CallCounts NONE = new CallCounts(0, 0, 0, 0);

    /** What came between; below zero, and so too little to judge, where a counter began anew in between. */
    CallCounts minus(CallCounts before) {
        return new CallCounts(
                calls - before.calls, failures - before.failures, timed - before.timed, nanos - before.nanos);
    }

    double failureShare() {
        return (double) failures / calls;
    }

    double meanNanos() {
        return (double) nanos / timed;
    }
}
