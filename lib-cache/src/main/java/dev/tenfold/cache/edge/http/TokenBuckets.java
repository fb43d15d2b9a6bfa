package dev.tenfold.cache.edge.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tenfold.time.TimeSource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket for each client, one number each: the time at which it would be full again (the generic cell rate algorithm,
 * ITU-T I.371). A bucket that is full is forgotten, and so is the least used one where there are too many; whoever is
 * forgotten starts with a full bucket. Thread-safe and lock-free.
 */
final class TokenBuckets {

    private final Cache<String, AtomicLong> fullAt;
    private final long interval;
    private final long tolerance;
    private final TimeSource time;

    TokenBuckets(RateLimit limit, int maximumClients, TimeSource time) {
        this.time = time;
        interval = limit.intervalNanos();
        tolerance = interval * (limit.burst() - 1L);
        fullAt = Caffeine.newBuilder()
                .ticker(time::nanoTime)
                .maximumSize(maximumClients)
                .expireAfterAccess(limit.refill().plusSeconds(1))
                .build();
    }

    /** Takes a token. Returns 0, or how many nanoseconds from now there will be one. */
    long take(String client) {
        long now = time.nanoTime();
        AtomicLong bucket = fullAt.get(client, fresh -> new AtomicLong(now));
        while (true) {
            long full = bucket.get();
            long from = full - now > 0 ? full : now;
            long wait = from - now - tolerance;
            if (wait > 0) {
                return wait;
            }
            if (bucket.compareAndSet(full, from + interval)) {
                return 0;
            }
        }
    }
}
