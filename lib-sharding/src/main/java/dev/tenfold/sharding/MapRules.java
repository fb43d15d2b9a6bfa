package dev.tenfold.sharding;

import dev.tenfold.sharding.hash.Shard;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What holds for every map, whether a change made it or it was read. */
final class MapRules {

    private MapRules() {}

    static void check(long epoch, Keyspace keyspace, List<Shard> shards, int[] owners) {
        if (epoch < 1) {
            throw new IllegalArgumentException("epoch: " + epoch + " (expected: >= 1)");
        }
        Set<String> ids = new HashSet<>();
        shards.forEach(shard -> ids.add(shard.id()));
        if (shards.isEmpty() || ids.size() != shards.size()) {
            throw new IllegalArgumentException("shards: " + shards + " (expected: at least one, with distinct names)");
        }
        if (owners.length > ShardMap.MAX_ALL_SLOTS) {
            throw new IllegalArgumentException(
                    "slots with merged ones: " + owners.length + " (expected: at most " + ShardMap.MAX_ALL_SLOTS + ")");
        }
        checkOwners(keyspace.live(), shards.size(), owners);
    }

    /** Each slot in use has an owner, and no other has one. */
    private static void checkOwners(int[] live, int shards, int[] owners) {
        long owned = 0;
        for (int owner : owners) {
            if (owner < ShardMap.NOBODY || owner >= shards) {
                throw new IllegalArgumentException("owner: " + owner + " (expected: 0 to " + (shards - 1) + ")");
            }
            owned += owner == ShardMap.NOBODY ? 0 : 1;
        }
        for (int slot : live) {
            if (slot >= owners.length || owners[slot] == ShardMap.NOBODY) {
                throw new IllegalArgumentException("slot " + slot + ": no owner (expected: one for each slot in use)");
            }
        }
        if (owned != live.length) {
            throw new IllegalArgumentException(
                    "owners: of " + owned + " slots (expected: of the " + live.length + " in use)");
        }
    }
}
