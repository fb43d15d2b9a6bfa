package dev.tenfold.sharding.hash;

import dev.tenfold.hash.HashRing;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.hash.Node;
import java.util.List;

/** Slots placed by a ring. */
record RingPlacement(int points) implements Placement {

    RingPlacement {
        if (points < 1 || points > HashRing.MAX_POINTS) {
            throw new IllegalArgumentException("points: " + points + " (expected: 1 to " + HashRing.MAX_POINTS + ")");
        }
    }

    @Override
    public String name() {
        return "ring_v1";
    }

    @Override
    public String parameters() {
        return "points=" + points;
    }

    @Override
    public int[] place(List<Shard> shards, int slots) {
        HashRing ring = HashRing.of(
                shards.stream()
                        .map(shard -> new Node(shard.id(), shard.weight()))
                        .toList(),
                points);
        KeyHash hash = KeyHash.xxh3();
        int[] owners = new int[slots];
        for (int slot = 0; slot < slots; slot++) {
            owners[slot] = ring.owner(hash.hash((long) slot));
        }
        return owners;
    }
}
