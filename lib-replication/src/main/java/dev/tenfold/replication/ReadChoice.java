package dev.tenfold.replication;

import dev.tenfold.health.Health;
import dev.tenfold.replication.ServerSelection.Server;
import dev.tenfold.replication.ServerSelection.Suitable;
import java.util.ArrayList;
import java.util.List;

/**
 * What reads of one preference may go to, computed once for a state of the set and then used by every read until something
 * changes: a read only looks at positions and at calls in flight. Immutable; choosing takes no lock and allocates nothing, and
 * costs a few nanoseconds for each node that may answer.
 */
final class ReadChoice<N> {

    /** No node qualifies. */
    static final int NONE = -1;

    private final long version;
    private final ReplicaTopology<N> topology;
    private final NodeState<N>[] nodes;
    private final Suitable suitable;
    private final long[] nearTiers;
    private final long replicas;
    /** How far each node's reads see the current history; the primary sees all of it. */
    private final long[] reach;

    private final long[] roundTrips;
    private final double[] costs;
    /** Which part of its reads a node is to get, while it is in probation or starts slowly; 1 for the others. */
    private final double[] shares;
    /** The nodes whose share is below 1. */
    private final long warming;

    private final long window;

    private ReadChoice(
            long version,
            ReplicaTopology<N> topology,
            NodeState<N>[] nodes,
            Suitable suitable,
            long[] reach,
            long[] roundTrips,
            double[] costs,
            double[] shares,
            long window) {
        this.version = version;
        this.topology = topology;
        this.nodes = nodes;
        this.suitable = suitable;
        this.reach = reach;
        this.roundTrips = roundTrips;
        this.costs = costs;
        this.shares = shares;
        this.window = window;
        this.nearTiers = new long[suitable.tiers().length];
        long all = 0;
        for (int i = 0; i < nearTiers.length; i++) {
            nearTiers[i] = ServerSelection.near(suitable.tiers()[i], roundTrips, window);
            all |= suitable.tiers()[i];
        }
        long some = 0;
        for (int i = 0; i < shares.length; i++) {
            some |= shares[i] < 1 ? 1L << i : 0;
        }
        this.warming = some & all;
        int primary = topology.primaryIndex();
        this.replicas = primary < 0 ? all : all & ~(1L << primary);
    }

    /**
     * Computes the choice for a state.
     *
     * @param version the number of changes seen before anything else was read
     */
    static <N> ReadChoice<N> of(
            long version,
            ReplicaTopology<N> topology,
            NodeState<N>[] nodes,
            PrimaryHistory history,
            ReadPreference preference,
            long probeInterval,
            long now) {
        List<Server> servers = new ArrayList<>(nodes.length);
        long[] reach = new long[nodes.length];
        long[] roundTrips = new long[nodes.length];
        double[] costs = new double[nodes.length];
        double[] shares = new double[nodes.length];
        for (int i = 0; i < nodes.length; i++) {
            NodeState.Status status = nodes[i].status();
            Role role = topology.members().get(i).role();
            boolean healthy = status.probe() != null && status.misses() == 0 && !status.suspect() && !status.silent();
            boolean leads = role == Role.PRIMARY;
            Probe probe = status.probe();
            // A replica is compared with what the primary has written, be it shown there or not.
            long offset = probe == null ? -1 : topology.reach(leads ? probe.received() : probe.replayed());
            reach[i] = leads ? Long.MAX_VALUE : offset;
            roundTrips[i] = status.roundTrip();
            Health health = nodes[i].health();
            // The primary is not ejected: there is no other to write to.
            boolean taken = leads || health.state().takesCalls();
            shares[i] = leads ? 1 : health.share(now);
            costs[i] = 1 / nodes[i].endpoint().weight();
            servers.add(new Server(
                    role,
                    healthy && taken && (leads || offset >= 0),
                    status.roundTrip(),
                    nodes[i].endpoint().tags(),
                    history.seenUpTo(offset),
                    status.askedAt(),
                    offset));
        }
        Suitable suitable = ServerSelection.suitable(servers, preference, probeInterval);
        long window = preference.latencyWindow().toNanos();
        return new ReadChoice<>(version, topology, nodes, suitable, reach, roundTrips, costs, shares, window);
    }

    /** The number of changes it was computed at; it has seen all up to that. */
    long version() {
        return version;
    }

    ReplicaTopology<N> topology() {
        return topology;
    }

    /** Whether a replica may answer at all. */
    boolean mayAskReplica() {
        return replicas != 0;
    }

    /** Whether the primary may answer only as a last resort. */
    boolean mayFallBack(long excluded) {
        return (suitable.fallback() & ~excluded) != 0;
    }

    /** How far a node's reads see the current history, at least. */
    long reach(int node) {
        return reach[node];
    }

    /**
     * Picks the node with the least load for its weight, among the nearest of the first tier that has reached an offset.
     *
     * @param required the offset to have reached
     * @param excluded bit i set: node i was tried
     * @param chance drawn anew for each read; shares reads evenly among equals
     * @return its index, or {@link #NONE}
     */
    int choose(long required, long excluded, int chance) {
        long[] tiers = suitable.tiers();
        for (int i = 0; i < tiers.length; i++) {
            long tier = tiers[i];
            long open = tier & ~excluded;
            if (required > 0) {
                open = reaching(open, required);
            }
            if (open != 0) {
                long near = open == tier ? nearTiers[i] : ServerSelection.near(open, roundTrips, window);
                return leastLoaded((near & warming) == 0 ? near : sparing(near, chance), chance);
            }
        }
        return NONE;
    }

    /** The replica that has come furthest of those that may answer, for a read that would rather wait for it. */
    int furthestReplica(long excluded) {
        int best = NONE;
        for (long left = replicas & ~excluded; left != 0; left &= left - 1) {
            int i = Long.numberOfTrailingZeros(left);
            best = best == NONE || reach[i] > reach[best] ? i : best;
        }
        return best;
    }

    private long reaching(long open, long required) {
        long there = 0;
        for (long left = open; left != 0; left &= left - 1) {
            there |= reach[Long.numberOfTrailingZeros(left)] >= required ? Long.lowestOneBit(left) : 0;
        }
        return there;
    }

    /**
     * Leaves out those that are to get a part of their reads only, for the rest of the reads. By chance rather than by weight:
     * of two idle nodes the one with the lesser weight would never be chosen, and so never prove itself.
     */
    private long sparing(long near, int chance) {
        long kept = near;
        for (long left = near & warming; left != 0; left &= left - 1) {
            int i = Long.numberOfTrailingZeros(left);
            double draw = (rank(~chance, i) >>> 1) / (double) Integer.MAX_VALUE;
            kept &= draw < shares[i] ? -1L : ~Long.lowestOneBit(left);
        }
        return kept == 0 ? near : kept;
    }

    private int leastLoaded(long open, int chance) {
        int best = Long.numberOfTrailingZeros(open);
        long left = open & (open - 1);
        if (left == 0) {
            return best;
        }
        double least = load(best);
        int rank = rank(chance, best);
        for (; left != 0; left &= left - 1) {
            int i = Long.numberOfTrailingZeros(left);
            double load = load(i);
            int other = rank(chance, i);
            if (load < least || (load == least && other < rank)) {
                best = i;
                least = load;
                rank = other;
            }
        }
        return best;
    }

    /** Calls in flight with the next one, for the weight. */
    private double load(int node) {
        return (nodes[node].inFlight() + 1) * costs[node];
    }

    /** Another order of the nodes for each draw, so that none of the equals is preferred. */
    private static int rank(int chance, int node) {
        return (chance ^ (node * 0x9e3779b9)) * 0x85ebca6b;
    }
}
