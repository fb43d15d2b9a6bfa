package dev.tenfold.cache.eviction;

import java.util.function.Consumer;

/**
 * Decides what is evicted. Called by one thread at a time, under the lock of its table, with nodes that have a slot and
 * that the table knows to be in the policy's lists (or, for {@link #insert}, in none).
 */
abstract class Policy<K, V> {

    /** The nodes it decides on, and pinned ones. The table adds and removes them. */
    final Slots<K, V> slots = new Slots<>();

    /** How many uses a reader counts on the node itself, without a lock; 0 for none. */
    int countedUses() {
        return 0;
    }

    /** Whether each use must reach {@link #use}, in the order in which uses happened. */
    boolean followsUses() {
        return false;
    }

    abstract void insert(Node<K, V> node);

    /** The node of a slot that is in the policy's lists was used. */
    void use(int slot) {}

    abstract void remove(Node<K, V> node);

    /** Takes at least one node out of the lists and hands it on, in order. @return false if there is none */
    abstract boolean evict(Consumer<? super Node<K, V>> victims);

    /** The node has become heavier or lighter by this; its weight is already the new one. */
    void reweigh(Node<K, V> node, int difference) {}

    /** The bound is this from now on; also called once before anything else. */
    void resize(long maximum) {}

    /** Forgets what it remembers of entries that are gone. */
    void forget() {}

    /** Shows its nodes in the order in which they would be evicted. */
    abstract void inEvictionOrder(Consumer<? super Node<K, V>> action);
}
