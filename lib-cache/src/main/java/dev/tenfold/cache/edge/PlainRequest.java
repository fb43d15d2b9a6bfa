package dev.tenfold.cache.edge;

import dev.tenfold.cache.Loader;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request of a network of plain values, by the lifetimes its builder was given. */
final class PlainRequest<K, V> implements EdgeRequest<K, V> {

    private final K key;
    private final Loader<? super K, ? extends V> origin;
    private final PlainRules<K, V> rules;

    PlainRequest(K key, Loader<? super K, ? extends V> origin, PlainRules<K, V> rules) {
        this.key = key;
        this.origin = origin;
        this.rules = rules;
    }

    @Override
    public K key() {
        return key;
    }

    @Override
    public Reuse reuse(@Nullable V value, Duration age, Duration freshFor) {
        if (isAbove(freshFor, Duration.ZERO)) {
            return Reuse.USE;
        }
        return isAbove(freshFor, rules.staleWhileRevalidate().negated()) ? Reuse.USE_WHILE_REVALIDATING : Reuse.ASK;
    }

    @Override
    public boolean mayUseOnFailure(@Nullable V value, Duration age, Duration freshFor) {
        return isAbove(freshFor, rules.staleIfError().negated());
    }

    @Override
    public Answer<K, V> fetch(K asked, @Nullable V held) throws Exception {
        V value = origin.load(asked);
        Duration fresh = rules.fresh(asked, value);
        Set<String> tags = value == null ? Set.of() : rules.tags(asked, value);
        boolean shared = value == null || isAbove(fresh, Duration.ZERO);
        return new Answer<>(asked, value, Duration.ZERO, fresh, rules.stale(), tags, shared, false);
    }

    private static boolean isAbove(Duration one, Duration other) {
        return one.compareTo(other) > 0;
    }
}
