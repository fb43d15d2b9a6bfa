package dev.tenfold.queue.routing;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/** Routes every key to every target: one volatile read. */
public final class FanoutRouter<T> extends KeyRouter<T> {

    /** Guarded by the lock. A target stays until its last key is unbound. */
    private final Map<T, Set<String>> keys = new LinkedHashMap<>();

    private volatile List<T> targets = List.of();

    @Override
    List<T> route(String routingKey) {
        return targets;
    }

    @Override
    boolean add(T target, String key) {
        boolean added =
                keys.computeIfAbsent(target, first -> new LinkedHashSet<>()).add(key);
        targets = Lists.with(targets, target);
        return added;
    }

    @Override
    boolean remove(T target, String key) {
        Set<String> bound = keys.getOrDefault(target, Set.of());
        if (!bound.contains(key)) {
            return false;
        }
        bound.remove(key);
        if (bound.isEmpty()) {
            keys.remove(target);
            targets = Lists.without(targets, target);
        }
        return true;
    }

    @Override
    void forEach(BiConsumer<String, T> action) {
        keys.forEach((target, bound) -> bound.forEach(key -> action.accept(key, target)));
    }
}
