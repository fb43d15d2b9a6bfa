package dev.tenfold.cache.eviction;

import java.util.function.Consumer;

/** Evicts what was not used for longest. Constant cost. */
final class Lru<K, V> extends Policy<K, V> {

    private final NodeList<K, V> recency = new NodeList<>();

    @Override
    boolean followsUses() {
        return true;
    }

    @Override
    void insert(Node<K, V> node) {
        recency.add(node);
    }

    @Override
    void use(Node<K, V> node) {
        recency.moveToWarmest(node);
    }

    @Override
    void remove(Node<K, V> node) {
        recency.remove(node);
    }

    @Override
    boolean evict(Consumer<? super Node<K, V>> victims) {
        Node<K, V> longestUnused = recency.coldest;
        if (longestUnused == null) {
            return false;
        }
        recency.remove(longestUnused);
        victims.accept(longestUnused);
        return true;
    }

    @Override
    void inEvictionOrder(Consumer<? super Node<K, V>> action) {
        recency.forEach(action);
    }
}
