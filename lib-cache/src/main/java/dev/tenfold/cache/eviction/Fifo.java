package dev.tenfold.cache.eviction;

import java.util.function.Consumer;

/** Evicts the oldest entry, however often it was used. Constant cost. */
final class Fifo<K, V> extends Policy<K, V> {

    private final SlotList queue = new SlotList(slots);

    @Override
    void insert(Node<K, V> node) {
        queue.add(node.slot);
    }

    @Override
    void remove(Node<K, V> node) {
        queue.remove(node.slot);
    }

    @Override
    boolean evict(Consumer<? super Node<K, V>> victims) {
        int oldest = queue.coldest;
        if (oldest == Slots.NONE) {
            return false;
        }
        queue.remove(oldest);
        victims.accept(slots.node(oldest));
        return true;
    }

    @Override
    void inEvictionOrder(Consumer<? super Node<K, V>> action) {
        queue.forEach(slot -> action.accept(slots.node(slot)));
    }
}
