package dev.tenfold.replication;

import java.util.List;

/**
 * Which node answers a read, as a pure function of its arguments: no clock, no chance, no I/O, no allocation. In the
 * spirit of MongoDB's server-selection specification.
 */
final class ReadChoice {

    /** No node qualifies. */
    static final int NONE = -1;

    private ReadChoice() {}

    /**
     * Returns the healthy replica with the least load for its weight among those that have reached an offset.
     *
     * @param required the offset to have reached
     * @param excluded bit i set: node i was tried
     * @param start where to begin looking, which breaks ties evenly when drawn by chance
     * @return its index, or {@link #NONE}
     */
    static <N> int freshReplica(
            ReplicaTopology<N> topology, List<NodeState<N>> nodes, long required, long excluded, int start) {
        int best = NONE;
        double least = Double.POSITIVE_INFINITY;
        int size = nodes.size();
        for (int step = 0; step < size; step++) {
            int i = (start + step) % size;
            NodeState<N> node = nodes.get(i);
            if (qualifies(topology, node, i, excluded) && topology.reach(node.replayed()) >= required) {
                double load = (node.inFlight() + 1) / node.endpoint().weight();
                if (load < least) {
                    least = load;
                    best = i;
                }
            }
        }
        return best;
    }

    /**
     * Returns the healthy replica that has come furthest, for a read that would rather wait for it than ask the primary.
     *
     * @return its index, or {@link #NONE}
     */
    static <N> int furthestReplica(ReplicaTopology<N> topology, List<NodeState<N>> nodes, long excluded) {
        int best = NONE;
        long furthest = -1;
        for (int i = 0; i < nodes.size(); i++) {
            NodeState<N> node = nodes.get(i);
            if (qualifies(topology, node, i, excluded)) {
                long reach = topology.reach(node.replayed());
                if (reach > furthest) {
                    furthest = reach;
                    best = i;
                }
            }
        }
        return best;
    }

    private static <N> boolean qualifies(ReplicaTopology<N> topology, NodeState<N> node, int i, long excluded) {
        return (excluded & (1L << i)) == 0 && topology.members().get(i).role() == Role.REPLICA && node.isHealthy();
    }
}
