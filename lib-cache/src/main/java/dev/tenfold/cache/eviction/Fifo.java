package dev.tenfold.cache.eviction;

import java.util.function.Consumer;

/** Evicts the oldest entry, however often it was used. Constant cost. */
final class Fifo<K, V> extends Policy<K, V> {

    private final NodeList<K, V> queue = new NodeList<>();

    @Override
    void insert(Node<K, V> node) {
        queue.add(node);
    }

    @Override
    void remove(Node<K, V> node) {
        queue.remove(node);
    }

    @Override
    boolean evict(Consumer<? super Node<K, V>> victims) {
        Node<K, V> oldest = queue.coldest;
        if (oldest == null) {
            return false;
        }
        queue.remove(oldest);
        victims.accept(oldest);
        return true;
    }

    @Override
    void inEvictionOrder(Consumer<? super Node<K, V>> action) {
        queue.forEach(action);
    }
}
