package dev.tenfold.sharding;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.topology.Snapshot;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A map made ready for routing: for each slot its route and its target, so that a lookup allocates nothing. Immutable.
 *
 * @param <S> the kind of shard
 */
final class Routing<S> implements Snapshot {

    private final ShardMap map;
    private final Map<String, S> targets;
    private final ShardRoute[] routes;
    private final @Nullable Object[] bySlot;
    private final int slots;
    /** Open addressing over isolated hashes: the slot where one stands, -1 where none does; empty without any. */
    private final int[] isolatedSlots;

    private final long[] isolatedHashes;

    Routing(ShardMap map, Map<String, S> targets) {
        this.map = map;
        this.targets = targets;
        this.slots = map.slots();
        this.routes = new ShardRoute[map.allSlots()];
        this.bySlot = new Object[map.allSlots()];
        for (int slot = 0; slot < routes.length; slot++) {
            String owner = map.owner(slot);
            routes[slot] = new ShardRoute(owner, slot, map.epoch());
            bySlot[slot] = targets.get(owner);
        }
        int isolated = map.isolated().size();
        // At most half full, so that a search ends soon.
        int size = isolated == 0 ? 0 : Integer.highestOneBit(isolated) * 4;
        this.isolatedHashes = new long[size];
        this.isolatedSlots = new int[size];
        Arrays.fill(isolatedSlots, -1);
        for (ShardMap.IsolatedKey key : map.isolated()) {
            int at = (int) key.hash() & (size - 1);
            while (isolatedSlots[at] >= 0) {
                at = (at + 1) & (size - 1);
            }
            isolatedSlots[at] = key.slot();
            isolatedHashes[at] = key.hash();
        }
    }

    ShardMap map() {
        return map;
    }

    Map<String, S> targets() {
        return targets;
    }

    @Override
    public long version() {
        return map.epoch();
    }

    int slotOf(long hash) {
        int mask = isolatedSlots.length - 1;
        if (mask >= 0) {
            // The low bits of the hash are free: slots are chosen by the top ones.
            for (int at = (int) hash & mask; isolatedSlots[at] >= 0; at = (at + 1) & mask) {
                if (isolatedHashes[at] == hash) {
                    return isolatedSlots[at];
                }
            }
        }
        return (int) (((hash >>> 32) * slots) >>> 32);
    }

    ShardRoute route(int slot) {
        return routes[slot];
    }

    S target(String shard) {
        S target = targets.get(shard);
        if (target == null) {
            throw new UnavailableException(
                    "shard " + shard + " has no target here; name it with shard(...) or make it with targets(...)",
                    List.of(),
                    null);
        }
        return target;
    }

    S target(int slot) {
        @SuppressWarnings("unchecked")
        S target = (S) bySlot[slot];
        if (target == null) {
            throw new UnavailableException(
                    "shard " + routes[slot].shard() + ", which owns slot " + slot
                            + ", has no target here; name it with shard(...) or make it with targets(...)",
                    List.of(),
                    null);
        }
        return target;
    }
}
