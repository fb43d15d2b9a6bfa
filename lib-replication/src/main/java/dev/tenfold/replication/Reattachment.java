package dev.tenfold.replication;

import dev.tenfold.coordination.Lease;
import dev.tenfold.topology.Endpoint;
import java.lang.System.Logger.Level;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes replicas that follow nobody follow the primary: one that was away during a failover, or one that a failover which
 * broke off had frozen. Under the same lease as a failover, because unfreezing a replica during another's would break the
 * proof that one rests on. Used by one thread at a time.
 */
final class Reattachment<N> {

    /** How often a replica is told to follow until it counts as one that cannot. */
    private static final int MOST_ATTEMPTS = 10;

    private final ReplicationEngine<N> engine;
    private final ReplicaSettings settings;
    private final @Nullable Lease lease;
    private final List<NodeState<N>> nodes;
    private final Events events;
    private final String name;
    private final long[] adriftSince;
    private final boolean[] adrift;
    private final int[] attempts;
    private final @Nullable LogPosition[] received;
    private final Upkeep<N> upkeep;

    Reattachment(ReplicaSetBuilder<N> builder, List<NodeState<N>> nodes, Events events, Upkeep<N> upkeep) {
        this.upkeep = upkeep;
        this.attempts = new int[nodes.size()];
        this.received = new LogPosition[nodes.size()];
        this.engine = builder.engine();
        this.settings = builder.settings();
        this.lease = builder.lease();
        this.nodes = nodes;
        this.events = events;
        this.name = builder.name();
        this.adriftSince = new long[nodes.size()];
        this.adrift = new boolean[nodes.size()];
    }

    /** Tells every replica that has been adrift for the failover's pause to follow the primary, once per pause. */
    void run(ReplicaTopology<N> topology, long now) {
        for (int i = 0; i < nodes.size(); i++) {
            Probe probe = nodes.get(i).status().probe();
            if (probe == null) {
                continue;
            }
            boolean other = topology.members().get(i).role() != Role.REPLICA
                    || !nodes.get(i).isHealthy();
            if (other || follows(topology, i, probe)) {
                adrift[i] = false;
            } else if (!adrift[i]) {
                adrift[i] = true;
                adriftSince[i] = now;
                attempts[i] = 0;
            } else if (now - adriftSince[i] >= settings.failover().pause().toNanos()) {
                adriftSince[i] = now;
                attach(topology, i, probe, now);
            }
        }
    }

    /**
     * Whether a replica receives the primary's history. That it says so is no proof: one whose requests are refused again
     * and again says so in between. It must lie in that history, and get on or be where the primary is.
     */
    private boolean follows(ReplicaTopology<N> topology, int replica, Probe probe) {
        LogPosition before = received[replica];
        received[replica] = probe.received();
        Probe primary = nodes.get(topology.primaryIndex()).status().probe();
        boolean behind = primary != null
                && probe.received().offset() < primary.received().offset();
        return probe.streaming()
                && topology.reach(probe.received()) >= 0
                && (!behind || !probe.received().equals(before));
    }

    private void attach(ReplicaTopology<N> topology, int replica, Probe probe, long now) {
        String id = nodes.get(replica).endpoint().id();
        if (topology.reach(probe.received()) < 0
                && topology.knowsBranchAfter(probe.received().timeline())) {
            events.tell(
                    Level.WARNING,
                    "replica.diverged",
                    "'" + id + "' is at " + probe.received() + ", which epoch " + topology.epoch()
                            + " does not continue; it must be copied anew",
                    Map.of("node", id, "at", probe.received()));
            upkeep.lost(topology, replica, now);
            return;
        }
        if (attempts[replica] >= MOST_ATTEMPTS) {
            // The primary may no longer have the log it needs, or has gone another way unseen by this process.
            upkeep.lost(topology, replica, now);
            return;
        }
        try {
            Optional<Lease.Grant> grant =
                    lease == null ? Optional.empty() : lease.tryAcquire("reattachment in " + name, FailoverDrive.LEASE);
            if (lease != null && grant.isEmpty()) {
                return;
            }
            try {
                attachAll(
                        topology,
                        nodes.get(replica),
                        grant.map(Lease.Grant::token).orElse(0L),
                        now);
            } finally {
                grant.ifPresent(Lease.Grant::close);
            }
        } catch (RuntimeException failure) {
            failed(id, failure);
        }
    }

    /** Lets a replica follow, and with it all that were taken control of for that: they would not stream otherwise. */
    private void attachAll(ReplicaTopology<N> topology, NodeState<N> replica, long token, long now) {
        Set<NodeState<N>> taken = new LinkedHashSet<>();
        taken.add(replica);
        int primary = topology.primaryIndex();
        boolean possible =
                UnseenPromotion.isPossible(engine, nodes, topology.epoch(), primary, upkeep.quorum(), node -> {
                    engine.freeze(node.endpoint(), token);
                    taken.add(node);
                });
        if (possible) {
            return;
        }
        // Not counted while another holds the lease: a process that died with it keeps it for a while.
        attempts[replica.index()]++;
        for (NodeState<N> node : taken) {
            adriftSince[node.index()] = now;
            follow(node.endpoint(), nodes.get(primary).endpoint(), token);
        }
    }

    private void follow(Endpoint<N> replica, Endpoint<N> primary, long token) {
        try {
            engine.follow(replica, primary, token);
            events.tell(
                    Level.INFO,
                    "replica.reattached",
                    "'" + replica.id() + "' followed nobody and was told to follow '" + primary.id() + "'",
                    Map.of("node", replica.id(), "primary", primary.id()));
        } catch (Exception failure) {
            failed(replica.id(), failure);
        }
    }

    private void failed(String id, Exception failure) {
        events.tell(
                Level.WARNING,
                "replica.adrift",
                "'" + id + "' could not be told to follow: " + failure,
                Map.of("node", id));
    }
}
