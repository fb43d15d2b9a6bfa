package dev.tenfold.queue.routing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Routes by headers, by RabbitMQ's rules: the arguments of a binding are compared with a message's headers, once for all
 * bindings with the same arguments. One volatile read, then a comparison for each distinct set of arguments.
 */
public final class HeadersRouter<T> implements Router<T> {

    private final ReentrantLock lock = new ReentrantLock();

    /** Replaced, never changed; written under the lock. */
    private volatile List<Group<T>> groups = List.of();

    /** What is bound with which arguments and keys; guarded by the lock. */
    private final Map<HeaderMatch, Map<T, Set<Bound>>> bindings = new LinkedHashMap<>();

    @Override
    public List<T> route(String routingKey, Map<String, Object> headers) {
        List<T> only = List.of();
        Set<T> all = null;
        for (Group<T> group : groups) {
            if (group.match.test(headers)) {
                if (only.isEmpty()) {
                    only = group.targets;
                } else {
                    all = all == null ? new LinkedHashSet<>(only) : all;
                    all.addAll(group.targets);
                }
            }
        }
        return all == null ? only : List.copyOf(all);
    }

    @Override
    public boolean bind(T target, String key, Map<String, @Nullable Object> arguments) {
        HeaderMatch match = HeaderMatch.of(arguments);
        lock.lock();
        try {
            boolean added = bindings.computeIfAbsent(match, first -> new LinkedHashMap<>())
                    .computeIfAbsent(target, first -> new LinkedHashSet<>())
                    .add(new Bound(key, arguments));
            publish();
            return added;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean unbind(T target, String key, Map<String, @Nullable Object> arguments) {
        HeaderMatch match = HeaderMatch.of(arguments);
        lock.lock();
        try {
            Map<T, Set<Bound>> targets = bindings.getOrDefault(match, Map.of());
            Set<Bound> here = targets.getOrDefault(target, Set.of());
            Bound bound = new Bound(key, arguments);
            if (!here.contains(bound)) {
                return false;
            }
            here.remove(bound);
            if (here.isEmpty()) {
                targets.remove(target);
            }
            if (targets.isEmpty()) {
                bindings.remove(match);
            }
            publish();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void publish() {
        List<Group<T>> changed = new ArrayList<>(bindings.size());
        bindings.forEach((match, targets) -> changed.add(new Group<>(match, List.copyOf(targets.keySet()))));
        groups = List.copyOf(changed);
    }

    @Override
    public void forEachBinding(Visitor<? super T> visitor) {
        lock.lock();
        try {
            bindings.values()
                    .forEach(targets -> targets.forEach((target, here) ->
                            here.forEach(bound -> visitor.visit(bound.key, bound.arguments, target))));
        } finally {
            lock.unlock();
        }
    }

    private record Group<T>(HeaderMatch match, List<T> targets) {}

    private record Bound(String key, Map<String, @Nullable Object> arguments) {}
}
