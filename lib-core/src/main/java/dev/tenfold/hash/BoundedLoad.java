package dev.tenfold.hash;

import java.util.function.IntToLongFunction;

/**
 * Consistent hashing with bounded loads (V. Mirrokni, M. Thorup, M. Zadimoghaddam, SODA 2018): nobody holds more than
 * &lceil;(1 + &epsilon;) &times; the average&rceil;, in proportion to the weights. A node that is full is passed over for the
 * next in the hash's order of preference.
 *
 * <p>The smaller &epsilon;, the more even and the more hashes live elsewhere than with their owner: 0.25 is a usual
 * choice. Where a hash lives then depends on the loads, so it suits what is placed once (slots) and where a hash may
 * live in two places (caches, requests).
 *
 * <p>Immutable and thread-safe. A lookup costs that of the hash and one look at a load, and more only where the owner is
 * full: about 1/&epsilon;&sup2; steps at worst.
 */
public final class BoundedLoad {

    private final ConsistentHash hash;
    private final double epsilon;
    private final double weights;

    private BoundedLoad(ConsistentHash hash, double epsilon) {
        this.hash = hash;
        this.epsilon = epsilon;
        this.weights = NodeOrder.totalWeight(hash.nodes());
    }

    /**
     * Bounds the loads of nodes.
     *
     * @param hash orders the nodes
     * @param epsilon how far above the average a node may be filled, 0.01 to 100; 0.25 means by a quarter
     * @return the rule
     * @throws IllegalArgumentException if epsilon is out of range
     */
    public static BoundedLoad of(ConsistentHash hash, double epsilon) {
        if (!(epsilon >= 0.01 && epsilon <= 100)) {
            throw new IllegalArgumentException("epsilon: " + epsilon + " (expected: 0.01 to 100)");
        }
        return new BoundedLoad(hash, epsilon);
    }

    /**
     * Returns who orders the nodes.
     *
     * @return as given
     */
    public ConsistentHash hash() {
        return hash;
    }

    /**
     * Returns how far above the average a node may be filled.
     *
     * @return 0.25 for a quarter
     */
    public double epsilon() {
        return epsilon;
    }

    /**
     * Returns the most that a node may hold.
     *
     * @param node its index in the nodes of {@link #hash()}
     * @param total what all nodes hold together
     * @return &lceil;(1 + &epsilon;) &times; total &times; its share of the weights&rceil;
     */
    public long cap(int node, long total) {
        double cap = (1 + epsilon) * total * (hash.nodes().get(node).weight() / weights);
        // What is an integer but for rounding stays it.
        return (long) Math.ceil(cap - 1e-9 * cap);
    }

    /**
     * Finds the first node with room for one more.
     *
     * @param key a hash, as from a {@link KeyHash}
     * @param load what a node holds now, by its index
     * @param total what all nodes hold now, together
     * @return the index of the first node in the hash's order of preference that, with this one, holds no more than its
     *     cap. There is always one if {@code total} is the sum of the loads; if loads changed meanwhile so that there is
     *     none, the owner
     */
    public int owner(long key, IntToLongFunction load, long total) {
        int owner = hash.owner(key);
        if (load.applyAsLong(owner) < cap(owner, total + 1)) {
            return owner;
        }
        int next = hash.owner(key, node -> load.applyAsLong(node) < cap(node, total + 1));
        return next < 0 ? owner : next;
    }

    /**
     * Places hashes that are all known, one after the other.
     *
     * @param keys hashes
     * @return for each its node's index; no node has more than its {@linkplain #cap cap} for this many
     */
    public int[] place(long[] keys) {
        long[] loads = new long[hash.nodes().size()];
        int[] places = new int[keys.length];
        for (int i = 0; i < keys.length; i++) {
            places[i] = hash.owner(keys[i], node -> loads[node] < cap(node, keys.length));
            loads[places[i]]++;
        }
        return places;
    }
}
