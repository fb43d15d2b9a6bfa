package dev.tenfold.sharding.hash;

import dev.tenfold.hash.HashRing;
import java.util.List;

/**
 * Decides which shard a slot belongs to when a map is made. Its name and parameters are stored in the map, so an
 * implementation never changes what it returns: a changed algorithm is another name.
 *
 * <p>Later changes start from the map itself, not from the placement, and move only what they must (see {@code
 * Sharder.plan}). So a placement matters for the first map, for maps that every process computes on its own, and for
 * choosing among caches or servers without a map.
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
     * @return such as {@code "points=1024"}, of the characters {@code a-z 0-9 _ = ,}; empty where there is nothing
     */
    String parameters();

    /**
     * Places every slot.
     *
     * @param shards the shards, with distinct names, at least one
     * @param slots how many slots there are, >= 1
     * @return for each slot, the index of its shard in {@code shards}
     */
    int[] place(List<Shard> shards, int slots);

    /**
     * Returns the default placement: a {@link HashRing} with {@value HashRing#DEFAULT_POINTS} points per unit of weight.
     *
     * @return {@code ring_v1}
     */
    static Placement ring() {
        return ring(HashRing.DEFAULT_POINTS);
    }

    /**
     * Returns the placement by a {@link HashRing}: slot <i>n</i> belongs to the owner of the ring at {@code
     * KeyHash.xxh3().hash((long) n)}.
     *
     * @param points per unit of weight, 1 to {@value HashRing#MAX_POINTS}; more are better balanced
     * @return {@code ring_v1} with these points
     * @throws IllegalArgumentException if {@code points} is out of range
     */
    static Placement ring(int points) {
        return new RingPlacement(points);
    }
}
