package dev.tenfold.cache.edge.http;

import java.time.Duration;

/**
 * What the cache decides where HTTP leaves it the choice, and its bounds. Immutable.
 *
 * @param maximumObjectBytes the largest content that is kept; a larger one is passed through as it comes. 1 MiB
 * @param maximumHeaderBytes the largest response header that is kept. 16 KiB
 * @param maximumVariants how many variants of one target are kept; the oldest is dropped for a new one. 32
 * @param maximumVaryFields how many request fields a response may vary on to be kept. 8
 * @param heuristicFraction which part of the time since Last-Modified a response without a lifetime is fresh (RFC 9111,
 *     section 4.2.2). 0.1; 0 for never
 * @param heuristicLimit the longest such lifetime. 1 day
 * @param staleWhileRevalidate for how long a stale response that says nothing of it is served while it is renewed. 0
 * @param staleIfError for how long a stale response that says nothing of it is served while the origin fails. 0
 * @param keptStale how long a stale response is kept, to be validated and for clients that accept it. 1 hour
 */
public record CacheRules(
        int maximumObjectBytes,
        int maximumHeaderBytes,
        int maximumVariants,
        int maximumVaryFields,
        double heuristicFraction,
        Duration heuristicLimit,
        Duration staleWhileRevalidate,
        Duration staleIfError,
        Duration keptStale) {

    /**
     * Returns the rules with every default.
     *
     * @return the values named above
     */
    public static CacheRules defaults() {
        return new CacheRules(
                1 << 20, 16 << 10, 32, 8, 0.1, Duration.ofDays(1), Duration.ZERO, Duration.ZERO, Duration.ofHours(1));
    }

    /**
     * Sets the largest content.
     *
     * @param bytes 0 or more
     * @return a copy that keeps no larger one
     */
    public CacheRules withMaximumObjectBytes(int bytes) {
        return new CacheRules(
                bytes,
                maximumHeaderBytes,
                maximumVariants,
                maximumVaryFields,
                heuristicFraction,
                heuristicLimit,
                staleWhileRevalidate,
                staleIfError,
                keptStale);
    }

    /**
     * Sets how many variants of a target are kept.
     *
     * @param variants 1 or more
     * @return a copy that keeps no more
     */
    public CacheRules withMaximumVariants(int variants) {
        return new CacheRules(
                maximumObjectBytes,
                maximumHeaderBytes,
                variants,
                maximumVaryFields,
                heuristicFraction,
                heuristicLimit,
                staleWhileRevalidate,
                staleIfError,
                keptStale);
    }

    /**
     * Sets how long stale responses are served that say nothing of it.
     *
     * @param whileRevalidating while they are renewed, 0 or more
     * @param ifError while the origin fails, 0 or more
     * @return a copy that does so
     */
    public CacheRules withStale(Duration whileRevalidating, Duration ifError) {
        return new CacheRules(
                maximumObjectBytes,
                maximumHeaderBytes,
                maximumVariants,
                maximumVaryFields,
                heuristicFraction,
                heuristicLimit,
                whileRevalidating,
                ifError,
                keptStale);
    }
}
