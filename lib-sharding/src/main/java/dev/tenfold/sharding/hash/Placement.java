package dev.tenfold.sharding.hash;

import dev.tenfold.hash.BoundedLoad;
import dev.tenfold.hash.BucketHash;
import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.HashRing;
import dev.tenfold.hash.KeyHash;
import java.util.List;

/**
 * Decides which shard a slot belongs to when a map is made. Its name and parameters are stored in the map, so an
 * implementation never changes what it returns: a changed algorithm is another name.
 *
 * <p>Later changes start from the map itself, not from the placement, and move only what they must (see {@code
 * Sharder.plan}), whatever the algorithm. So a placement matters for the first map, for maps that every process computes on
 * its own, and for choosing among caches or servers without a map. Time, memory, balance and movement of each: {@link
 * ConsistentHash}.
 *
 * <p><b>Balance</b> does not depend on how short or alike names are. Of 2 to 30 shards of one weight, the fullest holds at
 * most 1.15 times the average with {@link #ring()}, 1.35 with {@link #ketama()}, 1.07 with the others, and as much as was
 * asked for with {@link #boundedLoad}; with few slots to a shard, chance among the slots adds to that (4,096 slots and 30
 * shards: to 1.25 or so), except for bounded loads.
 *
 * <p>Implementations are thread-safe and pure: the same shards in any order give every slot the same shard.
 */
public interface Placement {

    /**
     * Returns the algorithm's name with its version.
     *
     * @return such as {@code "ring_v1"}: {@code a-z 0-9 _}
     */
    String name();

    /**
     * Returns what the result depends on besides the shards.
     *
     * @return such as {@code "points=1024"}, of the characters {@code a-z 0-9 _ . = ,}; empty where there is nothing
     */
    String parameters();

    /**
     * Says how shards share hashes.
     *
     * @param shards the shards, with distinct names, at least one
     * @return the algorithm over nodes with the shards' names and weights, in an order of its own
     * @throws IllegalArgumentException if the shards do not fit the parameters
     */
    ConsistentHash over(List<Shard> shards);

    /**
     * Places every slot: slot <i>n</i> belongs to the owner of {@code KeyHash.xxh3().hash((long) n)}.
     *
     * @param shards the shards, with distinct names, at least one
     * @param slots how many slots there are, >= 1
     * @return for each slot, the index of its shard in {@code shards}
     */
    default int[] place(List<Shard> shards, int slots) {
        ConsistentHash hash = over(shards);
        int[] owners = new int[slots];
        for (int slot = 0; slot < slots; slot++) {
            owners[slot] = hash.owner(KeyHash.xxh3().hash((long) slot));
        }
        return Placements.indexes(owners, hash, shards);
    }

    /**
     * Returns the default placement: a {@link HashRing} with {@value HashRing#DEFAULT_POINTS} points per unit of weight. It
     * holds 4,096 units; for more take fewer points, or {@link #rendezvous()}.
     *
     * @return {@code ring_v1}
     */
    static Placement ring() {
        return ring(HashRing.DEFAULT_POINTS);
    }

    /**
     * Returns the placement by a {@link HashRing}.
     *
     * @param points per unit of weight, 1 to {@value HashRing#MAX_POINTS}; more are better balanced
     * @return {@code ring_v1} with these points
     * @throws IllegalArgumentException if {@code points} is out of range
     */
    static Placement ring(int points) {
        return Placements.of(nodes -> HashRing.of(nodes, points));
    }

    /**
     * Returns the placement by the ring of libketama, {@link HashRing#ketama}.
     *
     * @return {@code ketama_v1}
     */
    static Placement ketama() {
        return Placements.of(HashRing::ketama);
    }

    /**
     * Returns the placement by {@linkplain ConsistentHash#rendezvous rendezvous hashing}: the best balanced of those that
     * allow any change, weights included.
     *
     * @return {@code rendezvous_v1}
     */
    static Placement rendezvous() {
        return Placements.of(ConsistentHash::rendezvous);
    }

    /**
     * Returns the placement by a {@linkplain ConsistentHash#maglev Maglev table}.
     *
     * @param size of the table, a prime; with another one nearly every slot moves
     * @return {@code maglev_v1} with this size
     * @throws IllegalArgumentException if {@code size} is out of range or no prime
     */
    static Placement maglev(int size) {
        return Placements.of(nodes -> ConsistentHash.maglev(nodes, size));
    }

    /**
     * Returns the placement by {@linkplain BucketHash#jump jump hash}: the shards, in the order of their names, take as many
     * buckets as they weigh. So for few moves a new shard's name comes last.
     *
     * @return {@code jump_v1}
     */
    static Placement jump() {
        return Placements.buckets(BucketHash::jump);
    }

    /**
     * Returns the placement by {@linkplain BucketHash#jumpBack JumpBackHash}: the shards, in the order of their names, take
     * as many buckets as they weigh. So for few moves a new shard's name comes last.
     *
     * @return {@code jumpback_v1}
     */
    static Placement jumpBack() {
        return Placements.buckets(BucketHash::jumpBack);
    }

    /**
     * Returns the placement by JumpBackHash {@linkplain BucketHash#without without some buckets}: the shards, in the order
     * of their names, take the others, as many as they weigh. So a shard in the middle goes, and nothing moves between those
     * that stay, if its buckets are named here.
     *
     * @param removed the buckets of shards that are gone, in the order in which they went
     * @return {@code memento_jumpback_v1} with these removals
     * @throws IllegalArgumentException if a number is negative or named twice, or none is given
     */
    static Placement memento(int... removed) {
        return MementoPlacement.of(removed);
    }

    /**
     * Returns the placement by {@linkplain BoundedLoad bounded loads} on the default ring.
     *
     * @param epsilon how far above its share a shard may be filled, 0.01 to 100
     * @return as {@link #boundedLoad(double, Placement)}
     * @throws IllegalArgumentException if epsilon is out of range
     */
    static Placement boundedLoad(double epsilon) {
        return boundedLoad(epsilon, ring());
    }

    /**
     * Returns a placement that gives no shard more than &lceil;(1 + &epsilon;) &times; its share of the slots&rceil;: slots
     * are placed from 0 upwards, each with the first shard in its order of preference that has room. A change moves a few
     * more slots than without bounds.
     *
     * @param epsilon how far above its share a shard may be filled, 0.01 to 100
     * @param order gives each slot its order of preference
     * @return {@code bounded_v1} with epsilon and the order's name and parameters
     * @throws IllegalArgumentException if epsilon is out of range
     */
    static Placement boundedLoad(double epsilon, Placement order) {
        return new BoundedPlacement(epsilon, order);
    }
}
