package dev.tenfold.cache.edge;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.Map;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/** The copies an edge holds, bounded by their number or their bytes; Caffeine chooses what to evict. Thread-safe. */
final class CopyStore<K, V> {

    private final Cache<K, Copy<V>> copies;
    private final TimeSource time;

    /** Holds at most {@code bound} copies, or bytes if there is a size. */
    CopyStore(long bound, @Nullable ToLongBiFunction<? super K, ? super Copy<V>> size, TimeSource time) {
        this.time = time;
        Caffeine<Object, Object> caffeine = Caffeine.newBuilder().ticker(time::nanoTime);
        if (size == null) {
            caffeine.maximumSize(bound);
        }
        Caffeine<K, Copy<V>> typed = size == null
                ? caffeine.expireAfter(expiry())
                : caffeine.maximumWeight(bound)
                        .weigher((K key, Copy<V> copy) ->
                                (int) Math.min(Integer.MAX_VALUE, Math.max(1, size.applyAsLong(key, copy))))
                        .expireAfter(expiry());
        copies = typed.build();
    }

    private Expiry<K, Copy<V>> expiry() {
        return Expiry.writing((key, copy) -> Duration.ofNanos(Math.max(0, copy.keptFor(time.nanoTime()))));
    }

    @Nullable
    Copy<V> read(K key) {
        return copies.getIfPresent(key);
    }

    /** Keeps a copy unless one that was born later is there. */
    void write(K key, Copy<V> copy) {
        var unused =
                copies.asMap().merge(key, copy, (held, fresh) -> held.bornAt() - fresh.bornAt() > 0 ? held : fresh);
    }

    /** Drops or softens what a purge concerns and returns how many copies that were. */
    long purge(Purge<K> purge) {
        K only = purge.key();
        if (only != null) {
            Copy<V> held = copies.getIfPresent(only);
            return held != null && purge(only, held, purge) ? 1 : 0;
        }
        long count = 0;
        for (Map.Entry<K, Copy<V>> each : copies.asMap().entrySet()) {
            if (purge.concerns(each.getKey(), each.getValue()) && purge(each.getKey(), each.getValue(), purge)) {
                count++;
            }
        }
        return count;
    }

    private boolean purge(K key, Copy<V> held, Purge<K> purge) {
        long now = time.nanoTime();
        return purge.isSoft()
                ? copies.asMap().replace(key, held, held.softened(now))
                : copies.asMap().remove(key) != null;
    }

    long size() {
        return copies.estimatedSize();
    }
}
