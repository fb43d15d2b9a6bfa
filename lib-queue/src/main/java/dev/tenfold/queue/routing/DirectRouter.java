package dev.tenfold.queue.routing;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/** Routes to the targets bound with the very routing key: one hash look-up. */
public final class DirectRouter<T> extends KeyRouter<T> {

    private final ConcurrentHashMap<String, List<T>> targets = new ConcurrentHashMap<>();

    @Override
    List<T> route(String routingKey) {
        return targets.getOrDefault(routingKey, List.of());
    }

    @Override
    boolean add(T target, String key) {
        List<T> before = targets.getOrDefault(key, List.of());
        List<T> after = Lists.with(before, target);
        targets.put(key, after);
        return after != before;
    }

    @Override
    boolean remove(T target, String key) {
        List<T> before = targets.getOrDefault(key, List.of());
        List<T> after = Lists.without(before, target);
        if (after == before) {
            return false;
        }
        if (after.isEmpty()) {
            targets.remove(key);
        } else {
            targets.put(key, after);
        }
        return true;
    }

    @Override
    void forEach(BiConsumer<String, T> action) {
        targets.forEach((key, bound) -> bound.forEach(target -> action.accept(key, target)));
    }
}
