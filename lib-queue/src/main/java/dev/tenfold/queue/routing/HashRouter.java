package dev.tenfold.queue.routing;

import dev.tenfold.hash.HashRing;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.hash.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Routes to exactly one target, on a ring of hashes (D. Karger et al., "Consistent Hashing and Random Trees", STOC 1997;
 * {@link HashRing}), with the binding key as weight. A route costs one hash and one look-up; a change builds the ring anew.
 */
public final class HashRouter<T> implements Router<T> {

    /** The greatest weight. */
    public static final int MAX_WEIGHT = 100;

    private static final int POINTS_PER_WEIGHT = 128;

    private final @Nullable String header;
    private final Function<? super T, String> name;
    private final ReentrantLock lock = new ReentrantLock();

    /** In order of names, so that the same bindings make the same ring; guarded by the lock. */
    private final Map<String, Bound<T>> bindings = new TreeMap<>();

    /** Replaced, never changed; written under the lock. */
    private volatile @Nullable Table<T> table;

    /**
     * Makes a router without bindings.
     *
     * @param header what to hash, or null for the routing key
     * @param name tells targets apart; the ring is made of these names
     */
    public HashRouter(@Nullable String header, Function<? super T, String> name) {
        this.header = header;
        this.name = name;
    }

    @Override
    public List<T> route(String routingKey, Map<String, Object> headers) {
        Table<T> current = table;
        if (current == null) {
            return List.of();
        }
        String key = header == null ? routingKey : String.valueOf(headers.getOrDefault(header, ""));
        return current.targets.get(current.ring.owner(KeyHash.xxh3().hash(key)));
    }

    @Override
    public boolean bind(T target, String key, Map<String, @Nullable Object> arguments) {
        int weight = weight(key);
        lock.lock();
        try {
            Bound<T> known = bindings.get(name.apply(target));
            if (known != null) {
                if (known.key.equals(key) && known.arguments.equals(arguments)) {
                    return false;
                }
                throw new IllegalArgumentException("bindingKey: " + key + " (expected: " + known.key
                        + ", the weight it is bound with already; unbind it first)");
            }
            bindings.put(name.apply(target), new Bound<>(target, key, weight, arguments));
            publish();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private static int weight(String key) {
        try {
            int weight = Integer.parseInt(key);
            if (weight >= 1 && weight <= MAX_WEIGHT) {
                return weight;
            }
        } catch (NumberFormatException none) {
            // Told below, with everything else that is no weight.
        }
        throw new IllegalArgumentException("bindingKey: " + key + " (expected: a weight, 1 to " + MAX_WEIGHT + ")");
    }

    @Override
    public boolean unbind(T target, String key, Map<String, @Nullable Object> arguments) {
        lock.lock();
        try {
            Bound<T> known = bindings.get(name.apply(target));
            if (known == null || !known.key.equals(key) || !known.arguments.equals(arguments)) {
                return false;
            }
            bindings.remove(name.apply(target));
            publish();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void publish() {
        List<Node> nodes = new ArrayList<>();
        Map<String, List<T>> targets = new HashMap<>();
        bindings.forEach((named, bound) -> {
            nodes.add(new Node(named, bound.weight));
            targets.put(named, List.of(bound.target));
        });
        if (nodes.isEmpty()) {
            table = null;
            return;
        }
        HashRing ring = HashRing.of(nodes, POINTS_PER_WEIGHT);
        table = new Table<>(
                ring,
                ring.nodes().stream().map(node -> targets.get(node.name())).toList());
    }

    @Override
    public void forEachBinding(Visitor<? super T> visitor) {
        lock.lock();
        try {
            bindings.values().forEach(bound -> visitor.visit(bound.key, bound.arguments, bound.target));
        } finally {
            lock.unlock();
        }
    }

    private record Bound<T>(T target, String key, int weight, Map<String, @Nullable Object> arguments) {}

    private record Table<T>(HashRing ring, List<List<T>> targets) {}
}
