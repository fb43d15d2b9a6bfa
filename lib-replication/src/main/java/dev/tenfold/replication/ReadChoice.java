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
     * @param tie which of several equally loaded ones to take, modulo their number; drawn by chance, it shares evenly
     * @return its index, or {@link #NONE}
     */
    static <N> int freshReplica(
            ReplicaTopology<N> topology, List<NodeState<N>> nodes, long required, long excluded, int tie) {
        double least = Double.POSITIVE_INFINITY;
        int equals = 0;
        for (int i = 0; i < nodes.size(); i++) {
            NodeState<N> node = nodes.get(i);
            if (isFresh(topology, node, required, excluded)) {
                double load = load(node);
                equals = load < least ? 1 : load == least ? equals + 1 : equals;
                least = Math.min(least, load);
            }
        }
        // Loads move meanwhile; whoever is met last then stands in.
        int chosen = NONE;
        int skip = equals == 0 ? 0 : tie % equals;
        for (int i = 0; i < nodes.size() && skip >= 0; i++) {
            NodeState<N> node = nodes.get(i);
            if (isFresh(topology, node, required, excluded) && load(node) <= least) {
                chosen = i;
                skip--;
            }
        }
        return chosen;
    }

    private static <N> boolean isFresh(ReplicaTopology<N> topology, NodeState<N> node, long required, long excluded) {
        return qualifies(topology, node, excluded) && topology.reach(node.replayed()) >= required;
    }

    private static <N> double load(NodeState<N> node) {
        return (node.inFlight() + 1) / node.endpoint().weight();
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
            if (qualifies(topology, node, excluded)) {
                long reach = topology.reach(node.replayed());
                if (reach > furthest) {
                    furthest = reach;
                    best = i;
                }
            }
        }
        return best;
    }

    private static <N> boolean qualifies(ReplicaTopology<N> topology, NodeState<N> node, long excluded) {
        int i = node.index();
        return (excluded & (1L << i)) == 0 && topology.members().get(i).role() == Role.REPLICA && node.isHealthy();
    }
}
