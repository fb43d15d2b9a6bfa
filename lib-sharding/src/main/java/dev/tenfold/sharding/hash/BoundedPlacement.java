package dev.tenfold.sharding.hash;

import dev.tenfold.hash.BoundedLoad;
import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.hash.Node;
import java.util.Arrays;
import java.util.List;

/** Slots placed within bounds. */
record BoundedPlacement(double epsilon, Placement order) implements Placement {

    BoundedPlacement {
        // Refuses an epsilon out of range.
        BoundedLoad.of(ConsistentHash.rendezvous(List.of(Node.of("sample"))), epsilon);
    }

    @Override
    public String name() {
        return "bounded_v1";
    }

    @Override
    public String parameters() {
        String more = order.parameters().isEmpty() ? "" : "," + order.parameters();
        return "epsilon=" + epsilon + ",of=" + order.name() + more;
    }

    @Override
    public ConsistentHash over(List<Shard> shards) {
        return order.over(shards);
    }

    @Override
    public int[] place(List<Shard> shards, int slots) {
        ConsistentHash hash = over(shards);
        long[] keys = new long[slots];
        Arrays.setAll(keys, slot -> KeyHash.xxh3().hash((long) slot));
        return Placements.indexes(BoundedLoad.of(hash, epsilon).place(keys), hash, shards);
    }
}
