package dev.tenfold.queue;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/** Routes to the targets bound with the very routing key: one hash look-up. */
final class DirectRouter<T> implements Router<T> {

    private final ConcurrentHashMap<String, List<T>> targets = new ConcurrentHashMap<>();

    @Override
    public List<T> route(String routingKey) {
        return targets.getOrDefault(routingKey, List.of());
    }

    @Override
    public void bind(T target, String bindingKey) {
        targets.merge(bindingKey, List.of(target), (bound, added) -> Lists.with(bound, target));
    }

    @Override
    public boolean unbind(T target, String bindingKey) {
        boolean[] found = new boolean[1];
        targets.computeIfPresent(bindingKey, (key, bound) -> {
            List<T> left = Lists.without(bound, target);
            found[0] = left.size() < bound.size();
            return left.isEmpty() ? null : left;
        });
        return found[0];
    }

    @Override
    public void forEachBinding(BiConsumer<String, T> action) {
        targets.forEach((key, bound) -> bound.forEach(target -> action.accept(key, target)));
    }
}
