package dev.tenfold;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The least cache that keeps the contract, for one thread. */
final class MapCache<K, V> implements ReadThrough<K, V>, Invalidation<K> {

    final Map<K, Positioned<@Nullable V>> entries = new HashMap<>();

    @Override
    public Positioned<@Nullable V> get(K key, Position minimum, Function<? super K, Positioned<@Nullable V>> load) {
        Positioned<@Nullable V> copy = entries.get(key);
        if (copy == null || !copy.position().covers(minimum)) {
            copy = load.apply(key);
            entries.put(key, copy);
        }
        return copy;
    }

    @Override
    public void invalidate(K key) {
        entries.remove(key);
    }
}
