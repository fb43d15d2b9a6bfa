package dev.tenfold.cache.eviction;

import static dev.tenfold.cache.eviction.Slots.NONE;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Keeps entries in the order in which they came, and moves a hand from the oldest towards the newest: what was used since
 * the hand last passed is spared and forgotten to be used, the first that was not is evicted (Zhang, Yang, Yue, Vigfusson,
 * Rashmi: SIEVE is Simpler than LRU, NSDI 2024). A use costs one byte written to the entry, and nothing while it is set.
 *
 * <p>The hand turns at most once and one step while nobody uses anything. Should readers keep setting what it has just
 * cleared, it takes what it points at after two turns.
 */
final class Sieve<K, V> extends Policy<K, V> {

    private final SlotList queue = new SlotList(slots);
    private int hand = NONE;
    private long size;

    @Override
    int countedUses() {
        return 1;
    }

    @Override
    void insert(Node<K, V> node) {
        queue.add(node.slot);
        size++;
    }

    @Override
    void remove(Node<K, V> node) {
        remove(node.slot);
    }

    private void remove(int slot) {
        if (slot == hand) {
            hand = slots.warmer(slot);
        }
        queue.remove(slot);
        size--;
    }

    @Override
    boolean evict(Consumer<? super Node<K, V>> victims) {
        if (queue.isEmpty()) {
            return false;
        }
        int slot = orOldest(hand);
        Node<K, V> victim = slots.node(slot);
        for (long spared = 0; victim.uses() > 0 && spared < 2 * size; spared++) {
            victim.uses(0);
            slot = orOldest(slots.warmer(slot));
            victim = slots.node(slot);
        }
        hand = slot;
        remove(slot);
        victims.accept(victim);
        return true;
    }

    @Override
    void inEvictionOrder(Consumer<? super Node<K, V>> action) {
        List<Node<K, V>> spared = new ArrayList<>();
        int slot = hand;
        for (long i = 0; i < size; i++) {
            slot = orOldest(slot);
            Node<K, V> node = slots.node(slot);
            if (node.uses() > 0) {
                spared.add(node);
            } else {
                action.accept(node);
            }
            slot = slots.warmer(slot);
        }
        spared.forEach(action);
    }

    private int orOldest(int slot) {
        return slot == NONE ? queue.coldest : slot;
    }
}
