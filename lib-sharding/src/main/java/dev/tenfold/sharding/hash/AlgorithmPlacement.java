package dev.tenfold.sharding.hash;

import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.Node;
import java.util.List;
import java.util.function.Function;

/** An algorithm that asks for nothing but the nodes. */
record AlgorithmPlacement(String name, String parameters, Function<List<Node>, ConsistentHash> algorithm)
        implements Placement {

    @Override
    public ConsistentHash over(List<Shard> shards) {
        return algorithm.apply(Placements.nodes(shards));
    }
}
