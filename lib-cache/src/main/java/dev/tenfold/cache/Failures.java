package dev.tenfold.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.TimeSource;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which keys failed to load and when each may be tried again, so that a store in trouble is not hammered. A key that has
 * not failed for the backoff's maximum after its last try begins anew. Bounded: the keys that failed longest ago are
 * forgotten first.
 */
final class Failures<K> {

    private static final long LIMIT = 10_000;

    private final Cache<K, Failure> byKey;
    private final @Nullable Backoff backoff;
    private final TimeSource time;
    private final RandomGenerator random;

    Failures(CacheOptions<K, ?> b) {
        backoff = b.loadBackoff;
        time = b.time;
        random = b.random;
        byKey = Caffeine.newBuilder()
                .maximumSize(LIMIT)
                .executor(b.effectiveExecutor())
                .build();
    }

    /** Returns what a key failed with, while it must not be tried again; else null. */
    @Nullable
    RuntimeException recent(K key) {
        Failure failure = byKey.getIfPresent(key);
        return failure != null && time.nanoTime() - failure.retryAt < 0 ? failure.cause : null;
    }

    void note(K key, RuntimeException cause) {
        Backoff delays = backoff;
        if (delays == null) {
            return;
        }
        byKey.asMap().compute(key, (k, last) -> {
            long now = time.nanoTime();
            boolean goesOn =
                    last != null && now - last.retryAt < delays.maximum().toNanos();
            int failures = goesOn ? Math.min(last.failures, Integer.MAX_VALUE - 1) + 1 : 1;
            return new Failure(
                    cause, failures, now + delays.delayAfter(failures, random).toNanos());
        });
    }

    void forget(K key) {
        byKey.invalidate(key);
    }

    void forgetAll() {
        byKey.invalidateAll();
    }

    private record Failure(RuntimeException cause, int failures, long retryAt) {}
}
