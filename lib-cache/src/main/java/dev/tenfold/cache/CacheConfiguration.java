package dev.tenfold.cache;

import dev.tenfold.retry.Backoff;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a cache was built.
 *
 * @param name names it in messages, events and measurements
 * @param maximum how many copies it holds at most, or how much they weigh where {@code weighed}; as built, before any
 *     {@link Cache#resize}
 * @param weighed whether copies are weighed rather than counted
 * @param maximumPinned how much of that may be pinned
 * @param eviction chooses what a full cache gives up
 * @param expireAfterWrite how long a copy lives at most; null where it lives until evicted, or each its own time
 * @param expireAfterAccess how long a copy lives without being used; null where that does not matter
 * @param jitter the share of its life that a copy may lose at random, 0 to 1
 * @param negativeTtl how long an absence is remembered; null where it is not
 * @param staleWhileRevalidate for how long after its life a copy answers while it is loaded anew; null for not at all
 * @param staleIfError for how long after its life a copy answers when its load fails; null for not at all
 * @param refreshAhead after which share of its life a copy in use is loaded anew; 1 where it is not
 * @param earlyRefresh the beta of probabilistic early refresh; 0 where there is none
 * @param loadTimeout how long a load may keep those who wait for it; null for ever
 * @param loadBackoff how long a key that failed to load is not tried again; null where it is tried at once
 */
public record CacheConfiguration(
        String name,
        long maximum,
        boolean weighed,
        long maximumPinned,
        Eviction eviction,
        @Nullable Duration expireAfterWrite,
        @Nullable Duration expireAfterAccess,
        double jitter,
        @Nullable Duration negativeTtl,
        @Nullable Duration staleWhileRevalidate,
        @Nullable Duration staleIfError,
        double refreshAhead,
        double earlyRefresh,
        @Nullable Duration loadTimeout,
        @Nullable Backoff loadBackoff) {}
