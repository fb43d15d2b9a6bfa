package dev.tenfold.sharding.hash;

import dev.tenfold.hash.BucketHash;
import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.Node;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

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
