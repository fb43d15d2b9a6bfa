package dev.tenfold.queue.routing;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A router that looks at keys only. Arguments tell bindings apart and are kept aside, where there are any, so that the
 * many bindings without them cost no more than their key.
 */
abstract class KeyRouter<T> implements Router<T> {

    /** One writer at a time. */
    final ReentrantLock lock = new ReentrantLock();

    /** The arguments of places that have bindings with some; guarded by the lock. */
    private final Map<Place<T>, Set<Map<String, @Nullable Object>>> told = new HashMap<>();

    /** Returns each target once, in no particular order; the list never changes. */
    abstract List<T> route(String routingKey);

    /** Adds a binding; false if there is one of this target and key. Called with the lock held. */
    abstract boolean add(T target, String key);

    /** Removes a binding; false if there is none. Called with the lock held. */
    abstract boolean remove(T target, String key);

    /** Lists every target and key once. Called with the lock held. */
    abstract void forEach(BiConsumer<String, T> action);

    @Override
    public List<T> route(String routingKey, Map<String, Object> headers) {
        return route(routingKey);
    }

    final boolean bind(T target, String key) {
        return bind(target, key, Map.of());
    }

    final boolean unbind(T target, String key) {
        return unbind(target, key, Map.of());
    }

    @Override
    public final boolean bind(T target, String key, Map<String, @Nullable Object> arguments) {
        lock.lock();
        try {
            boolean first = add(target, key);
            if (arguments.isEmpty() && told.isEmpty()) {
                return first;
            }
            Place<T> place = new Place<>(target, key);
            Set<Map<String, @Nullable Object>> here = told.get(place);
            if (here == null) {
                if (arguments.isEmpty()) {
                    return first;
                }
                here = new HashSet<>();
                told.put(place, here);
                if (!first) {
                    here.add(Map.of());
                }
            }
            return here.add(arguments);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public final boolean unbind(T target, String key, Map<String, @Nullable Object> arguments) {
        lock.lock();
        try {
            Place<T> place = new Place<>(target, key);
            Set<Map<String, @Nullable Object>> here = told.get(place);
            if (here == null) {
                return arguments.isEmpty() && remove(target, key);
            }
            boolean found = here.remove(arguments);
            if (here.isEmpty()) {
                told.remove(place);
                remove(target, key);
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public final void forEachBinding(Visitor<? super T> visitor) {
        lock.lock();
        try {
            forEach((key, target) -> visit(key, target, visitor));
        } finally {
            lock.unlock();
        }
    }

    private void visit(String key, T target, Visitor<? super T> visitor) {
        Set<Map<String, @Nullable Object>> here = told.get(new Place<>(target, key));
        if (here == null) {
            visitor.visit(key, Map.of(), target);
            return;
        }
        for (Map<String, @Nullable Object> arguments : here) {
            visitor.visit(key, arguments, target);
        }
    }

    private record Place<T>(T target, String key) {}
}
