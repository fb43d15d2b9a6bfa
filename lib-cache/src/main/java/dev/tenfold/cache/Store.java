package dev.tenfold.cache;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Policy.VarExpiration;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.tenfold.session.Positioned;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Holds the copies, bounded and expiring, and knows nothing of loads. Caffeine's adaptive window-TinyLFU chooses what to
 * evict.
 *
 * <p>The copy is the very object handed out, so that a hit allocates nothing. Where copies expire, each is written with
 * its own lifetime (Caffeine's timer wheel), since jitter makes all of them different.
 */
final class Store<K, V> {

    private final com.github.benmanes.caffeine.cache.Cache<K, Positioned<@Nullable V>> copies;
    private final @Nullable VarExpiration<K, Positioned<@Nullable V>> expiring;
    private final LongAdder evictions = new LongAdder();
    private final LongAdder expirations = new LongAdder();

    Store(long maximumSize, boolean expires, TimeSource time, @Nullable Executor upkeep) {
        Caffeine<K, Positioned<@Nullable V>> caffeine = Caffeine.newBuilder()
                .maximumSize(maximumSize)
                .evictionListener((@Nullable K key, @Nullable Positioned<@Nullable V> copy, RemovalCause cause) ->
                        (cause == RemovalCause.EXPIRED ? expirations : evictions).increment());
        if (upkeep != null) {
            caffeine.executor(upkeep);
        }
        if (expires) {
            caffeine.ticker(time::nanoTime)
                    .expireAfter(Expiry.writing((key, copy) -> Duration.ofNanos(Lifetimes.UNLIMITED)));
        }
        copies = caffeine.<K, Positioned<@Nullable V>>build();
        expiring = expires ? copies.policy().expireVariably().orElseThrow() : null;
    }

    @Nullable
    Positioned<@Nullable V> read(K key) {
        return copies.getIfPresent(key);
    }

    /** Writes a copy that lives for {@code lifetime} nanoseconds, or drops the one there if that is not above 0. */
    void write(K key, Positioned<@Nullable V> copy, long lifetime) {
        if (lifetime <= 0) {
            copies.invalidate(key);
        } else if (expiring == null) {
            copies.put(key, copy);
        } else {
            var unused = expiring.put(key, copy, lifetime, TimeUnit.NANOSECONDS);
        }
    }

    void remove(K key) {
        copies.invalidate(key);
    }

    void clear() {
        copies.invalidateAll();
    }

    long size() {
        return copies.estimatedSize();
    }

    long evictions() {
        return evictions.sum();
    }

    long expirations() {
        return expirations.sum();
    }
}
