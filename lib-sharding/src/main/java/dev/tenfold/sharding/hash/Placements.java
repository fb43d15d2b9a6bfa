package dev.tenfold.sharding.hash;

import dev.tenfold.hash.BoundedLoad;
import dev.tenfold.hash.BucketHash;
import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.hash.Node;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/** Makes placements of the algorithms of the core. */
final class Placements {

    private Placements() {}

    static Placement of(Function<List<Node>, ConsistentHash> algorithm) {
        // Made for one node first, so that parameters out of range are refused at once.
        ConsistentHash sample = algorithm.apply(List.of(Node.of("sample")));
        return new AlgorithmPlacement(sample.name(), sample.parameters(), algorithm);
    }

    static Placement buckets(IntFunction<BucketHash> buckets) {
        return of(nodes -> overBuckets(buckets, nodes));
    }

    static ConsistentHash overBuckets(IntFunction<BucketHash> buckets, List<Node> nodes) {
        int weights = Math.toIntExact(nodes.stream().mapToLong(Node::weight).sum());
        return ConsistentHash.of(
                buckets.apply(weights),
                nodes.stream().sorted(Comparator.comparing(Node::name)).toList());
    }

    static List<Node> nodes(List<Shard> shards) {
        return shards.stream()
                .map(shard -> new Node(shard.id(), shard.weight()))
                .toList();
    }

    /** Turns indexes of nodes, in place, into those of the shards they stand for. */
    static int[] indexes(int[] owners, ConsistentHash hash, List<Shard> shards) {
        Map<String, Integer> byName = new HashMap<>();
        for (int i = 0; i < shards.size(); i++) {
            byName.put(shards.get(i).id(), i);
        }
        int[] indexes =
                hash.nodes().stream().mapToInt(node -> byName.get(node.name())).toArray();
        Arrays.setAll(owners, slot -> indexes[owners[slot]]);
        return owners;
    }
}

/** An algorithm that asks for nothing but the nodes. */
record AlgorithmPlacement(String name, String parameters, Function<List<Node>, ConsistentHash> algorithm)
        implements Placement {

    @Override
    public ConsistentHash over(List<Shard> shards) {
        return algorithm.apply(Placements.nodes(shards));
    }
}

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
