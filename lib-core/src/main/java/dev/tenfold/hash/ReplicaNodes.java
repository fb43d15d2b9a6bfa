package dev.tenfold.hash;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;

/** Nodes for replicas, spread over zones. */
final class ReplicaNodes {

    private ReplicaNodes() {}

    static int[] choose(ConsistentHash hash, int first, long key, int count, IntFunction<?> zoneOf) {
        if (count < 1) {
            throw new IllegalArgumentException("count: " + count + " (expected: >= 1)");
        }
        int[] chosen = new int[Math.min(count, hash.nodes().size())];
        Map<Object, Integer> held = new HashMap<>();
        boolean[] taken = new boolean[hash.nodes().size()];
        int next = first;
        int most = 1;
        for (int i = 0; i < chosen.length; i++) {
            if (i > 0) {
                next = next(hash, key, taken, held, zoneOf, most);
                if (next < 0) {
                    // Every zone that has a node left holds as many: one more each.
                    most++;
                    next = next(hash, key, taken, held, zoneOf, most);
                }
            }
            chosen[i] = next;
            taken[next] = true;
            held.merge(zoneOf.apply(next), 1, Integer::sum);
        }
        return chosen;
    }

    private static int next(
            ConsistentHash hash,
            long key,
            boolean[] taken,
            Map<Object, Integer> held,
            IntFunction<?> zoneOf,
            int most) {
        return hash.owner(key, node -> !taken[node] && held.getOrDefault(zoneOf.apply(node), 0) < most);
    }
}
