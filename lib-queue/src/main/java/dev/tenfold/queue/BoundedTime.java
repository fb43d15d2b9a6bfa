package dev.tenfold.queue;

import java.time.Duration;

/** Durations that fit a difference of two readings of the monotonic clock. */
final class BoundedTime {

    /** A hundred years, give or take. */
    static final Duration LONGEST = Duration.ofDays(36_500);

    private BoundedTime() {}

    static long nanos(Duration duration) {
        return duration.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : duration.toNanos();
    }
}
