package dev.tenfold.sharding.scatter;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.hash.Shard;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Slots of one shard by one map, and the keys sought among them, if keys are. The bits are never changed.
 *
 * @param attempt how often these slots have been asked for, this time included
 * @param refused why they have to be asked for again
 */
record Part<K>(
        ShardMap map,
        String shard,
        BitSet slots,
        List<K> keys,
        int attempt,
        @Nullable Throwable refused) {

    /** Divides slots by their owners. */
    static <K> List<Part<K>> of(ShardMap map, BitSet slots, List<K> keys, ToIntBiFunction<ShardMap, K> slotting) {
        return divide(map, slots, keys, slotting, 1, null);
    }

    /** Divides these slots by their owners in another map. */
    List<Part<K>> divide(ShardMap by, ToIntBiFunction<ShardMap, K> slotting) {
        return divide(by, slots, keys, slotting, attempt + 1, refused);
    }

    private static <K> List<Part<K>> divide(
            ShardMap map,
            BitSet slots,
            List<K> keys,
            ToIntBiFunction<ShardMap, K> slotting,
            int attempt,
            @Nullable Throwable refused) {
        Map<String, BitSet> owned = new HashMap<>();
        slots.stream()
                .forEach(slot -> owned.computeIfAbsent(map.owner(slot), owner -> new BitSet())
                        .set(slot));
        Map<String, List<K>> sought = new HashMap<>();
        for (K key : keys) {
            int slot = slotting.applyAsInt(map, key);
            if (slots.get(slot)) {
                sought.computeIfAbsent(map.owner(slot), owner -> new ArrayList<>())
                        .add(key);
            }
        }
        List<Part<K>> parts = new ArrayList<>();
        for (Shard shard : map.shards()) {
            BitSet here = owned.get(shard.id());
            if (here != null) {
                List<K> keysHere = List.copyOf(sought.getOrDefault(shard.id(), List.of()));
                parts.add(new Part<>(map, shard.id(), here, keysHere, attempt, refused));
            }
        }
        return parts;
    }

    Part<K> refusedBy(Throwable refusal) {
        return new Part<>(map, shard, slots, keys, attempt, refusal);
    }

    /** Whether a slot means the same keys in another map. */
    boolean numberedAs(ShardMap other) {
        return map.sameSlots(other);
    }
}
