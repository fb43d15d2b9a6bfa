package dev.tenfold.sharding.hash;

import dev.tenfold.hash.BucketHash;
import dev.tenfold.hash.ConsistentHash;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Buckets of which some are gone. */
record MementoPlacement(List<Integer> removed) implements Placement {

    static MementoPlacement of(int... removed) {
        List<Integer> buckets = Arrays.stream(removed).boxed().toList();
        if (removed.length == 0
                || buckets.stream().distinct().count() < removed.length
                || Arrays.stream(removed).min().orElseThrow() < 0) {
            throw new IllegalArgumentException(
                    "removed: " + buckets + " (expected: at least one number, each >= 0 and once)");
        }
        return new MementoPlacement(buckets);
    }

    @Override
    public String name() {
        return "memento_jumpback_v1";
    }

    @Override
    public String parameters() {
        return "removed=" + removed.stream().map(String::valueOf).collect(Collectors.joining("_"));
    }

    @Override
    public ConsistentHash over(List<Shard> shards) {
        return Placements.overBuckets(this::without, Placements.nodes(shards));
    }

    private BucketHash without(int left) {
        BucketHash buckets = BucketHash.jumpBack(left + removed.size());
        for (int bucket : removed) {
            buckets = buckets.without(bucket);
        }
        return buckets;
    }
}
