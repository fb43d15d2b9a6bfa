package dev.tenfold.cache.eviction;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A concurrent table whose order of eviction is exactly its {@link Policy}'s: what callers see is a
 * {@link ConcurrentHashMap} of nodes; the policy behind it catches up under one lock ({@link Maintenance}).
 *
 * <p><b>Who decides what a key's value is.</b> The node's value field alone. A write swaps it, a removal and an eviction
 * make it null, each by compare-and-set: these are the linearization points, together with the insertion of a new node
 * into the map. A dead node is taken off the map by who killed it, or by who meets it there.
 *
 * <p><b>Overshoot.</b> An entry is visible before room was made for it. What is over the bound is what is pending: at most
 * {@value Maintenance#MAXIMUM_PENDING} entries and one for each thread that is just writing, since a writer who finds more
 * waits for the lock.
 */
final class PolicyTable<K, V> implements BoundedTable<K, V> {

    private final ConcurrentHashMap<K, Node<K, V>> nodes = new ConcurrentHashMap<>();
    private final TableSettings<K, V> settings;
    private final boolean weighed;
    private final Maintenance<K, V> maintenance;

    PolicyTable(TableSettings<K, V> settings, Policy<K, V> policy) {
        this.settings = settings;
        weighed = settings.weigher() != null;
        maintenance = new Maintenance<>(nodes, settings, policy);
    }

    @Override
    public @Nullable V get(K key) {
        Node<K, V> node = nodes.get(key);
        if (node == null) {
            return null;
        }
        V value = node.value();
        if (value != null) {
            maintenance.used(node);
        }
        return value;
    }

    @Override
    public @Nullable V peek(K key) {
        Node<K, V> node = nodes.get(key);
        return node == null ? null : node.value();
    }

    @Override
    public @Nullable V put(K key, V value) {
        int itsWeight = settings.weigh(key, value);
        Node<K, V> fresh = null;
        while (true) {
            Node<K, V> node = nodes.get(key);
            if (node == null) {
                fresh = fresh == null ? new Node<>(key, value, itsWeight) : fresh;
                node = nodes.putIfAbsent(key, fresh);
                if (node == null) {
                    maintenance.changed(fresh);
                    return null;
                }
            }
            V old = node.value();
            if (old == null) {
                nodes.remove(key, node);
            } else if (replace(node, old, value, itsWeight)) {
                return old;
            }
        }
    }

    @Override
    public @Nullable V putIfAbsent(K key, V value) {
        Node<K, V> fresh = null;
        while (true) {
            Node<K, V> node = nodes.get(key);
            if (node == null) {
                fresh = fresh == null ? new Node<>(key, value, settings.weigh(key, value)) : fresh;
                node = nodes.putIfAbsent(key, fresh);
                if (node == null) {
                    maintenance.changed(fresh);
                    return null;
                }
            }
            V old = node.value();
            if (old != null) {
                maintenance.used(node);
                return old;
            }
            nodes.remove(key, node);
        }
    }

    @Override
    public boolean replace(K key, V expected, V value) {
        Objects.requireNonNull(expected, "expected");
        int itsWeight = settings.weigh(key, value);
        Node<K, V> node = nodes.get(key);
        return node != null && replace(node, expected, value, itsWeight);
    }

    @Override
    public @Nullable V remove(K key) {
        Node<K, V> node = nodes.get(key);
        if (node == null) {
            return null;
        }
        V value = node.retire();
        if (value != null) {
            removed(node);
        }
        return value;
    }

    @Override
    public boolean remove(K key, V expected) {
        Objects.requireNonNull(expected, "expected");
        Node<K, V> node = nodes.get(key);
        if (node == null || !node.retire(expected)) {
            return false;
        }
        removed(node);
        return true;
    }

    @Override
    public void clear() {
        for (Node<K, V> node : nodes.values()) {
            if (node.retire() != null) {
                removed(node);
            }
        }
        maintenance.forget();
    }

    @Override
    public long size() {
        return nodes.mappingCount();
    }

    @Override
    public long weight() {
        return maintenance.weight();
    }

    @Override
    public long maximum() {
        return maintenance.maximum();
    }

    @Override
    public void setMaximum(long maximum) {
        if (maximum < 0) {
            throw new IllegalArgumentException("maximum: " + maximum + " (expected: >= 0)");
        }
        maintenance.setMaximum(maximum);
    }

    @Override
    public boolean pin(K key) {
        return maintenance.pin(key);
    }

    @Override
    public boolean unpin(K key) {
        return maintenance.unpin(key);
    }

    @Override
    public void forEach(BiConsumer<? super K, ? super V> action) {
        for (Node<K, V> node : nodes.values()) {
            V value = node.value();
            if (value != null) {
                action.accept(node.key, value);
            }
        }
    }

    @Override
    public List<K> evictionOrder() {
        return maintenance.evictionOrder();
    }

    @Override
    public void cleanUp() {
        maintenance.cleanUp();
    }

    /** @return false if the value is not the expected one any more */
    private boolean replace(Node<K, V> node, V expected, V value, int itsWeight) {
        if (weighed) {
            return maintenance.replace(node, expected, value, itsWeight);
        }
        if (!node.replace(expected, value)) {
            return false;
        }
        maintenance.used(node);
        return true;
    }

    private void removed(Node<K, V> node) {
        nodes.remove(node.key, node);
        maintenance.changed(node);
    }

    /** Throws unless map and policy know the same nodes. Only while nobody writes. */
    void check() {
        maintenance.check();
    }
}
