package dev.tenfold.cache.edge;

import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** How long plain values live, and what they are tagged with. Immutable. */
record PlainRules<K, V>(
        @Nullable BiFunction<? super K, ? super V, Duration> perAnswer,
        @Nullable Duration expireAfterWrite,
        Duration negativeTtl,
        Duration staleWhileRevalidate,
        Duration staleIfError,
        BiFunction<? super K, ? super V, ? extends Collection<String>> tags) {

    /** As long as {@link Copy} can count. */
    static final Duration FOR_EVER = Duration.ofNanos(Long.MAX_VALUE);

    Duration fresh(K key, @Nullable V value) {
        if (value == null) {
            return negativeTtl;
        }
        if (perAnswer != null) {
            return perAnswer.apply(key, value);
        }
        return expireAfterWrite == null ? FOR_EVER : expireAfterWrite;
    }

    Duration stale() {
        return staleIfError.compareTo(staleWhileRevalidate) > 0 ? staleIfError : staleWhileRevalidate;
    }

    Set<String> tags(K key, V value) {
        return Set.copyOf(tags.apply(key, value));
    }
}
