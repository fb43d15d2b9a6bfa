package dev.tenfold.cache.edge.http;

import java.time.Duration;

/**
 * A token bucket: so many at once, and then so many each second.
 *
 * @param perSecond how many tokens come back each second, above 0
 * @param burst how many there are at most, at least 1
 */
public record RateLimit(double perSecond, int burst) {

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if either is out of range
     */
    public RateLimit {
        if (!(perSecond > 0 && perSecond <= 1e9)) {
            throw new IllegalArgumentException("perSecond: " + perSecond + " (expected: above 0, at most 1e9)");
        }
        if (burst < 1) {
            throw new IllegalArgumentException("burst: " + burst + " (expected: >= 1)");
        }
    }

    /**
     * Makes a limit.
     *
     * @param perSecond how many each second, above 0
     * @param burst how many at once, at least 1
     * @return the limit
     */
    public static RateLimit of(double perSecond, int burst) {
        return new RateLimit(perSecond, burst);
    }

    /** Returns the time between two tokens. */
    long intervalNanos() {
        return Math.max(1, (long) (1e9 / perSecond));
    }

    /** Returns how long an empty bucket takes to be full. */
    Duration refill() {
        return Duration.ofNanos(intervalNanos()).multipliedBy(burst);
    }
}
