package dev.tenfold.sharding;

import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import java.util.List;
import java.util.Set;

/** What a change asks of keys and ranges, rather than of shards; resolved once it is complete. */
sealed interface KeyChanges<K> permits HashChanges, RangeChanges {

    static <K> KeyChanges<K> of(ShardMap map, Slotting<K> slotting) {
        slotting.check(map);
        return slotting instanceof HashSlotting<K> hashed
                ? new HashChanges<>(map, hashed)
                : new RangeChanges<>(map, (RangeSlotting<K>) slotting);
    }

    /** Asks for a slot of the key's own on a shard. */
    void own(K key, String label, String onto);

    /** Asks that the key have none. */
    void release(K key);

    /** Returns the shards that are to receive something. */
    Set<String> named();

    /** Returns what divides the slots that must be divided, none of which was. */
    List<Division> divisions();

    /** Names new owners, by slot of the divided map. */
    void place(ShardMap divided, String[] owners);

    /** Returns what merges the slots that shall be merged, after moving each to the owner of what it becomes part of. */
    List<Merge> merges(ShardMap divided, String[] owners);
}
