package dev.tenfold.health;

/**
 * What is known of the calls on one endpoint, as {@link OutlierPolicy} judges it. Immutable.
 *
 * @param calls calls that ended and say something of the endpoint, failures included; only ever grows
 * @param failures those whose outcome counts against the endpoint; only ever grows
 * @param latencyNanos how long answers take now, in nanoseconds; 0 where it is not known
 */
public record CallCounts(long calls, long failures, double latencyNanos) {

    static final CallCounts NONE = new CallCounts(0, 0, 0);

    /** What came between; below zero, and so too little to judge, where a counter began anew in between. */
    CallCounts minus(CallCounts before) {
        return new CallCounts(calls - before.calls, failures - before.failures, latencyNanos);
    }

    double failureShare() {
        return (double) failures / calls;
    }
}
