package dev.tenfold.cache.eviction;

import java.util.function.Consumer;

/** Evicts what was not used for longest. Constant cost. */
final class Lru<K, V> extends Policy<K, V> {

    private final SlotList recency = new SlotList(slots);

    @Override
    boolean followsUses() {
        return true;
    }

    @Override
    void insert(Node<K, V> node) {
        recency.add(node.slot);
    }

    @Override
    void use(int slot) {
        recency.moveToWarmest(slot);
    }

    @Override
    void remove(Node<K, V> node) {
        recency.remove(node.slot);
    }

    @Override
    boolean evict(Consumer<? super Node<K, V>> victims) {
        int longestUnused = recency.coldest;
        if (longestUnused == Slots.NONE) {
            return false;
        }
        recency.remove(longestUnused);
        victims.accept(slots.node(longestUnused));
        return true;
    }

    @Override
    void inEvictionOrder(Consumer<? super Node<K, V>> action) {
        recency.forEach(slot -> action.accept(slots.node(slot)));
    }
}
