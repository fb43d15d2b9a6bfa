package dev.tenfold.hash;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/** Buckets with names; see {@link ConsistentHash#of}. */
final class NodeBuckets implements ConsistentHash {

    private final BucketHash buckets;
    private final List<Node> nodes;
    /** For each bucket its node; none asks for a removed one's. */
    private final int[] nodeOf;

    NodeBuckets(BucketHash buckets, List<Node> nodes) {
        int[] removed = buckets.removed();
        int working = buckets.range() - removed.length;
        long weights = NodeOrder.totalWeight(nodes);
        if (weights != working) {
            throw new IllegalArgumentException(
                    "buckets: " + working + " (expected: as many as all weights together, " + weights + ")");
        }
        this.buckets = buckets;
        this.nodes = nodes;
        this.nodeOf = new int[buckets.range()];
        Arrays.stream(removed).forEach(bucket -> nodeOf[bucket] = -1);
        int bucket = 0;
        for (int node = 0; node < nodes.size(); node++) {
            for (int i = 0; i < nodes.get(node).weight(); bucket++) {
                if (nodeOf[bucket] >= 0) {
                    nodeOf[bucket] = node;
                    i++;
                }
            }
        }
    }

    @Override
    public String name() {
        return buckets.name();
    }

    @Override
    public String parameters() {
        int[] removed = buckets.removed();
        return removed.length == 0
                ? ""
                : "removed="
                        + Arrays.stream(removed).mapToObj(Integer::toString).collect(Collectors.joining("_"));
    }

    @Override
    public List<Node> nodes() {
        return nodes;
    }

    @Override
    public int owner(long hash) {
        return nodeOf[buckets.bucket(hash)];
    }

    /** The order: the owner, then the owners of hashes derived from this one. */
    @Override
    public int owner(long hash, IntPredicate accepts) {
        return Preference.first(
                nodes.size(),
                4 * nodes.size() + 16,
                step -> owner(step == 0 ? hash : Mix.derived(hash, step)),
                accepts);
    }

    @Override
    public String toString() {
        return buckets + "" + nodes;
    }
}
