package dev.tenfold.sharding;

import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.hash.Node;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Shards for replicas of a slot. The first is the slot's owner, which only the map knows; the others follow by rendezvous
 * hashing over the map's shards, so that a shard which comes or goes changes no more of them than it must.
 */
final class ShardReplicas {

    private ShardReplicas() {}

    static List<String> of(ShardMap map, int slot, int count, Function<? super String, ?> zoneOf) {
        List<Node> nodes = map.shards().stream()
                .map(shard -> new Node(shard.id(), shard.weight()))
                .toList();
        int owner = 0;
        while (!nodes.get(owner).name().equals(map.owner(slot))) {
            owner++;
        }
        int[] chosen = ConsistentHash.rendezvous(nodes)
                .owners(
                        owner,
                        KeyHash.xxh3().hash((long) slot),
                        count,
                        node -> zoneOf.apply(nodes.get(node).name()));
        return Arrays.stream(chosen).mapToObj(node -> nodes.get(node).name()).toList();
    }
}
