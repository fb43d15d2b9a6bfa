package dev.tenfold.cache.eviction;

import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A concurrent table whose order of eviction is exactly its {@link Policy}'s. Keys come and go under one lock, together with
 * what the policy knows of them ({@link Maintenance}); lookups and replacing a value take none.
 *
 * <p><b>Linearization.</b> An insertion is seen when its node becomes the head of a chain of the {@link HashIndex}, a
 * replacement when the node's value is swapped by compare-and-set, a removal and an eviction when it becomes null. So a
 * replacement either comes before the end of its node or fails, and is then tried again as an insertion.
 *
 * <p><b>No overshoot.</b> Room is made before a newcomer is seen. Only replacing a value by a heavier one exceeds the bound,
 * until the call returns.
 */
final class PolicyTable<K, V> implements BoundedTable<K, V> {

    private final TableSettings<K, V> settings;
    private final boolean weighed;
    private final Maintenance<K, V> maintenance;
    private final HashIndex<K, V> nodes;

    PolicyTable(TableSettings<K, V> settings, Policy<K, V> policy) {
        this.settings = settings;
        weighed = settings.weigher() != null;
        maintenance = new Maintenance<>(settings, policy);
        nodes = maintenance.nodes;
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
        int hash = HashIndex.hash(key);
        Node<K, V> node = nodes.get(key, hash);
        if (node != null) {
            for (V old = node.value(); old != null; old = node.value()) {
                if (replace(node, old, value, itsWeight)) {
                    return old;
                }
            }
        }
        return maintenance.put(key, hash, value, itsWeight, true);
    }

    @Override
    public @Nullable V putIfAbsent(K key, V value) {
        int hash = HashIndex.hash(key);
        Node<K, V> node = nodes.get(key, hash);
        V old = node == null ? null : node.value();
        if (node != null && old != null) {
            maintenance.used(node);
            return old;
        }
        return maintenance.put(key, hash, value, settings.weigh(key, value), false);
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
        return node == null ? null : maintenance.remove(key, null);
    }

    @Override
    public boolean remove(K key, V expected) {
        Objects.requireNonNull(expected, "expected");
        Node<K, V> node = nodes.get(key);
        return node != null && node.value() == expected && maintenance.remove(key, expected) != null;
    }

    @Override
    public void clear() {
        maintenance.clear();
    }

    @Override
    public long size() {
        return nodes.size();
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
        for (Node<K, V> node : maintenance.snapshot()) {
            V value = node == null ? null : node.value();
            if (node != null && value != null) {
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

    /** Throws unless index and policy know the same nodes. Only while nobody writes. */
    void check() {
        maintenance.check();
    }
}
