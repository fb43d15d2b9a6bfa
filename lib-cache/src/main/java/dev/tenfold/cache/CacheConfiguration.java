package dev.tenfold.cache;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a cache was built.
 *
 * @param name names it in messages, events and measurements
 * @param maximumSize copies it holds at most, 0 or more
 * @param expireAfterWrite how long a copy lives at most; null where it lives until evicted, or each its own time
 * @param jitter the share of its life that a copy may lose at random, 0 to 1
 * @param negativeTtl how long an absence is remembered; null where it is not
 * @param loadTimeout how long a load may keep those who wait for it; null for ever
 */
public record CacheConfiguration(
        String name,
        long maximumSize,
        @Nullable Duration expireAfterWrite,
        double jitter,
        @Nullable Duration negativeTtl,
        @Nullable Duration loadTimeout) {}
