package dev.tenfold.queue;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;

/** Routes every key to every target: one volatile read. */
final class FanoutRouter<T> implements Router<T> {

    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by the lock. A target stays until its last key is unbound. */
    private final Map<T, Set<String>> keys = new LinkedHashMap<>();

    private volatile List<T> targets = List.of();

    @Override
    public List<T> route(String routingKey) {
        return targets;
    }

    @Override
    public void bind(T target, String bindingKey) {
        lock.lock();
        try {
            if (keys.computeIfAbsent(target, added -> new LinkedHashSet<>()).add(bindingKey)) {
                targets = Lists.with(targets, target);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean unbind(T target, String bindingKey) {
        lock.lock();
        try {
            Set<String> bound = keys.getOrDefault(target, Set.of());
            if (!bound.contains(bindingKey)) {
                return false;
            }
            bound.remove(bindingKey);
            if (bound.isEmpty()) {
                keys.remove(target);
                targets = Lists.without(targets, target);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void forEachBinding(BiConsumer<String, T> action) {
        lock.lock();
        try {
            keys.forEach((target, bound) -> bound.forEach(key -> action.accept(key, target)));
        } finally {
            lock.unlock();
        }
    }
}
