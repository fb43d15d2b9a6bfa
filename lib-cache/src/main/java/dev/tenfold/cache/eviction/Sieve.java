package dev.tenfold.cache.eviction;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps entries in the order in which they came, and moves a hand from the oldest towards the newest: what was used since
 * the hand last passed is spared and forgotten to be used, the first that was not is evicted (Zhang, Yang, Yue, Vigfusson,
 * Rashmi: SIEVE is Simpler than LRU, NSDI 2024). A use costs one byte written to the entry, and nothing while it is set.
 *
 * <p>The hand turns at most once and one step while nobody uses anything. Should readers keep setting what it has just
 * cleared, it takes what it points at after two turns.
 */
final class Sieve<K, V> extends Policy<K, V> {

    private final NodeList<K, V> queue = new NodeList<>();
    private @Nullable Node<K, V> hand;
    private long size;

    @Override
    int countedUses() {
        return 1;
    }

    @Override
    void insert(Node<K, V> node) {
        queue.add(node);
        size++;
    }

    @Override
    void remove(Node<K, V> node) {
        if (node == hand) {
            hand = node.warmer;
        }
        queue.remove(node);
        size--;
    }

    @Override
    boolean evict(Consumer<? super Node<K, V>> victims) {
        if (queue.isEmpty()) {
            return false;
        }
        Node<K, V> victim = orOldest(hand);
        for (long spared = 0; victim.uses() > 0 && spared < 2 * size; spared++) {
            victim.uses(0);
            victim = orOldest(victim.warmer);
        }
        hand = victim;
        remove(victim);
        victims.accept(victim);
        return true;
    }

    @Override
    void inEvictionOrder(Consumer<? super Node<K, V>> action) {
        List<Node<K, V>> spared = new ArrayList<>();
        Node<K, V> node = hand;
        for (long i = 0; i < size; i++) {
            node = orOldest(node);
            if (node.uses() > 0) {
                spared.add(node);
            } else {
                action.accept(node);
            }
            node = node.warmer;
        }
        spared.forEach(action);
    }

    private Node<K, V> orOldest(@Nullable Node<K, V> node) {
        return node == null ? Objects.requireNonNull(queue.coldest) : node;
    }
}
