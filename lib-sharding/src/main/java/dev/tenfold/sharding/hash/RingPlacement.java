package dev.tenfold.sharding.hash;

import java.util.List;

/** Slots placed by a ring. */
record RingPlacement(int points) implements Placement {

    RingPlacement {
        HashRing.checkPoints(points);
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
        HashRing ring = HashRing.of(shards, points);
        KeyHash hash = KeyHash.xxh3();
        int[] owners = new int[slots];
        for (int slot = 0; slot < slots; slot++) {
            owners[slot] = ring.owner(hash.hash((long) slot));
        }
        return owners;
    }
}
