package dev.tenfold.sharding;

import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import java.util.List;

/** Which slots there are, and which keys are in them. Immutable; maps share one as long as no slot is divided or merged. */
sealed interface Keyspace permits HashKeyspace, RangeKeyspace {

    /** Returns the name of the hash or of the order. */
    String name();

    /** Returns the seed of the hash, or 0. */
    long seed();

    /** Returns how many slots keys hash to, or 0. */
    int hashed();

    /** Returns the slots in use, rising. */
    int[] live();

    /** Returns the slots that are counted when shards are compared: those that are no key's own. */
    int[] counted();

    /** Returns the divisions that made slots in use, rising by slot. */
    List<Division> divisions();

    /** Says whether a division was made. */
    boolean has(Division division);

    /**
     * Divides slots.
     *
     * @throws IllegalArgumentException if a division does not fit
     */
    Keyspace divided(List<Division> divisions);

    /**
     * Merges slots.
     *
     * @throws IllegalArgumentException if a merge does not fit
     */
    Keyspace merged(List<Merge> merges);
}
