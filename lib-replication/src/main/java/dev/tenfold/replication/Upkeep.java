package dev.tenfold.replication;

import dev.tenfold.coordination.Lease;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.replication.Failover.RecoveryReport;
import dev.tenfold.replication.ReplicaTopology.Branch;
import dev.tenfold.replication.ReplicationEngine.Setup;
import dev.tenfold.time.Scheduler;
import dev.tenfold.topology.Endpoint;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What takes long and must not hold up a failover: looks at how the servers are set up, at the start, after each promotion
 * and now and then; makes nodes join again whose history left the set's.
 *
 * <p>{@link #run} and {@link #lost} are called by the control task alone, and the fields without {@code volatile} are its;
 * the work runs on a scheduler of its own, one piece after another. A node is worked on by one thread at a time, which the
 * node's flag in {@code busy} tells.
 */
final class Upkeep<N> {

    private static final Duration INSPECTION = Duration.ofSeconds(30);

    private final ReplicationEngine<N> engine;
    private final Failover failover;
    private final @Nullable Consumer<? super RecoveryReport> reports;
    private final List<NodeState<N>> nodes;
    private final Events events;
    private final Scheduler scheduler;
    private final @Nullable Lease lease;
    private final String name;
    private final Rivals<N> rivals;
    private final List<AtomicBoolean> busy = new ArrayList<>();
    private final long[] triedAt;
    private final boolean[] tried;
    private final AtomicBoolean inspecting = new AtomicBoolean();
    private volatile @Nullable Setup setup;
    private volatile long inspectedEpoch = -1;
    private long inspectedAt;

    Upkeep(ReplicaSetBuilder<N> builder, List<NodeState<N>> nodes, Events events, Scheduler scheduler) {
        this.engine = builder.engine();
        this.failover = builder.settings().failover();
        this.reports = builder.recoveryReports();
        this.nodes = nodes;
        this.events = events;
        this.scheduler = scheduler;
        this.lease = builder.lease();
        this.name = builder.name();
        this.triedAt = new long[nodes.size()];
        this.tried = new boolean[nodes.size()];
        nodes.forEach(node -> busy.add(new AtomicBoolean()));
        this.rivals = new Rivals<>(builder, nodes, events, this::quorum);
    }

    Rivals<N> rivals() {
        return rivals;
    }

    /** How many replicas have an acknowledged write for certain: as the engine was told, or fewer if servers say so. */
    int quorum() {
        Setup found = setup;
        int told = engine.synchronousReplicas();
        return found == null ? told : Math.min(told, found.synchronousReplicas());
    }

    /** Starts what is due while the primary answers. */
    void run(ReplicaTopology<N> topology, long now) {
        boolean due = inspectedEpoch != topology.epoch() || now - inspectedAt >= INSPECTION.toNanos();
        if (due && inspecting.compareAndSet(false, true)) {
            inspectedAt = now;
            submit(() -> inspect(topology), () -> inspecting.set(false));
        }
        // Rivals first: who joins the primary's timeline before them hides that nobody had anything of it.
        boolean rivals = nodes.stream().anyMatch(node -> isRival(topology, node));
        for (int i = 0; i < nodes.size(); i++) {
            NodeState<N> node = nodes.get(i);
            Role role = topology.members().get(i).role();
            if (role == Role.ZOMBIE && node.isHealthy()) {
                if (!rivals || isRival(topology, node)) {
                    lost(topology, i, now);
                }
            } else if (role != Role.PRIMARY
                    && !node.isHealthy()
                    && isDue(i, now)
                    && engine.awaitsRejoin(node.endpoint())) {
                lost(topology, i, now);
            }
        }
    }

    private boolean isRival(ReplicaTopology<N> topology, NodeState<N> node) {
        Probe probe = node.status().probe();
        return topology.members().get(node.index()).role() == Role.ZOMBIE
                && node.isHealthy()
                && probe != null
                && probe.received().timeline() == topology.epoch();
    }

    /** Notes that a node cannot follow as it is; makes it join again, once per pause. */
    void lost(ReplicaTopology<N> topology, int node, long now) {
        if (!isDue(node, now) || !busy.get(node).compareAndSet(false, true)) {
            return;
        }
        tried[node] = true;
        triedAt[node] = now;
        submit(() -> rejoinUnasked(topology, node), () -> busy.get(node).set(false));
    }

    private boolean isDue(int node, long now) {
        return !tried[node] || now - triedAt[node] >= failover.pause().toNanos();
    }

    private void submit(Runnable task, Runnable afterwards) {
        try {
            scheduler.schedule(Duration.ZERO, () -> {
                try {
                    task.run();
                } finally {
                    afterwards.run();
                }
            });
        } catch (RejectedExecutionException closing) {
            afterwards.run(); // the set is being closed, and this is not worth waiting for
        }
    }

    private void inspect(ReplicaTopology<N> topology) {
        int primary = topology.primaryIndex();
        List<Endpoint<N>> replicas = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            if (i != primary
                    && nodes.get(i).isHealthy()
                    && topology.members().get(i).role() == Role.REPLICA) {
                replicas.add(nodes.get(i).endpoint());
            }
        }
        try {
            Setup found = engine.inspect(nodes.get(primary).endpoint(), replicas);
            Setup before = setup;
            setup = found;
            inspectedEpoch = topology.epoch();
            if (before != null && before.problems().equals(found.problems())) {
                return;
            }
            for (String problem : found.problems()) {
                events.tell(Level.WARNING, "setup.problem", problem, Map.of("problem", problem));
            }
            if (found.problems().isEmpty()) {
                events.tell(
                        Level.INFO,
                        "setup.verified",
                        "every write waits for " + found.synchronousReplicas() + " replicas, as it should",
                        Map.of("synchronousReplicas", found.synchronousReplicas()));
            }
        } catch (Exception failure) {
            events.tell(Level.WARNING, "setup.unknown", "the servers could not be inspected: " + failure, Map.of());
        }
    }

    /** Decides alone whether a node may join again: not if acknowledged writes would be gone that nobody has seen. */
    private void rejoinUnasked(ReplicaTopology<N> topology, int node) {
        Endpoint<N> endpoint = nodes.get(node).endpoint();
        Optional<String> obstacle = engine.obstacleToRejoin(endpoint);
        if (obstacle.isPresent()) {
            mustRejoin(endpoint, obstacle.get());
            return;
        }
        try {
            boolean unfinished = engine.awaitsRejoin(endpoint);
            boolean replica = false;
            if (!unfinished) {
                Probe now = engine.probe(endpoint);
                replica = !now.writable();
                if (!hasLeft(topology, now)) {
                    return;
                }
                if (reports == null && now.writable() && !lostNothing(topology, now.received())) {
                    mustRejoin(
                            endpoint,
                            "it may hold acknowledged writes that the primary lacks: set recoveryReports(...) to have them"
                                    + " written out first, or call rejoin(\"" + endpoint.id() + "\") to give them up");
                    return;
                }
            }
            // A replica may be one of those that a driver froze and counts on; what was never one is not.
            OptionalLong token = token(replica ? topology : null);
            if (token.isPresent()) {
                rejoin(topology, node, token.getAsLong(), !unfinished);
            }
        } catch (Exception failure) {
            events.tell(
                    Level.WARNING,
                    "rejoin.failed",
                    "'" + endpoint.id() + "' could not join again and will be tried anew: " + failure,
                    Map.of("node", endpoint.id(), "failure", failure));
        }
    }

    /**
     * A fencing token, or empty while another process drives.
     *
     * @param topology not null: only if no promotion can have been missed or be under way
     */
    private OptionalLong token(@Nullable ReplicaTopology<N> topology) {
        Optional<Lease.Grant> grant =
                lease == null ? Optional.empty() : lease.tryAcquire("re-joining in " + name, FailoverDrive.LEASE);
        if (lease != null && grant.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            long token = grant.map(Lease.Grant::token).orElse(0L);
            boolean possible = topology != null
                    && UnseenPromotion.isPossible(
                            engine,
                            nodes,
                            topology.epoch(),
                            topology.primaryIndex(),
                            quorum(),
                            replica -> engine.freeze(replica.endpoint(), token));
            return possible ? OptionalLong.empty() : OptionalLong.of(token);
        } finally {
            // Not held while data is copied: the node is down then, and no driver counts on it.
            grant.ifPresent(Lease.Grant::close);
        }
    }

    private void mustRejoin(Endpoint<N> endpoint, String how) {
        events.tell(
                Level.WARNING,
                "rejoin.needed",
                "'" + endpoint.id() + "' has left the set's history and must join again: " + how,
                Map.of("node", endpoint.id(), "how", how));
    }

    /** Whether a node is certainly not of the set's history; one that is a primary of the same epoch needs proof. */
    private boolean hasLeft(ReplicaTopology<N> topology, Probe now) {
        if (!now.writable()) {
            return !now.streaming() || topology.reach(now.received()) < 0;
        }
        long timeline = now.received().timeline();
        return timeline < topology.epoch()
                || (timeline == topology.epoch() && rivals.isProven(topology.primaryIndex(), timeline));
    }

    private static boolean lostNothing(ReplicaTopology<?> topology, LogPosition former) {
        if (former.timeline() == topology.epoch()) {
            return true; // a rival that is proven to have acknowledged nothing
        }
        for (Branch branch : topology.branches()) {
            if (branch.start().timeline() == former.timeline() + 1) {
                return branch.lossless();
            }
        }
        return false;
    }

    /**
     * Makes a node join again because somebody said so.
     *
     * @param read whether what it has of its own is read first
     */
    void rejoinAsked(ReplicaTopology<N> topology, int node, boolean read) throws Exception {
        Endpoint<N> endpoint = nodes.get(node).endpoint();
        Optional<String> obstacle = engine.obstacleToRejoin(endpoint);
        if (obstacle.isPresent()) {
            throw new UnsupportedOperationException("'" + endpoint.id() + "': " + obstacle.get());
        }
        if (!busy.get(node).compareAndSet(false, true)) {
            throw new UnavailableException("'" + endpoint.id() + "' is joining again already", List.of(), null);
        }
        try {
            // Under no lease: who asks for it says that it may be done now.
            rejoin(topology, node, 0, read);
        } finally {
            busy.get(node).set(false);
        }
    }

    private void rejoin(ReplicaTopology<N> topology, int node, long token, boolean read) throws Exception {
        Endpoint<N> endpoint = nodes.get(node).endpoint();
        Endpoint<N> primary = nodes.get(topology.primaryIndex()).endpoint();
        if (read && (reports != null || nodes.get(node).isHealthy())) {
            RecoveryReport report = engine.recoveryReport(endpoint, primary);
            if (reports != null) {
                // What it throws ends this: then nothing of the node is removed.
                reports.accept(report);
            }
            events.tell(
                    Level.WARNING,
                    "rejoin.diverged",
                    "'" + endpoint.id() + "' has log up to " + report.to() + ", but the set went on from "
                            + report.from()
                            + ": " + report.lostBytes() + " bytes and "
                            + report.rows().size()
                            + " reported rows are not in its history",
                    Map.of("node", endpoint.id(), "report", report));
        }
        events.tell(
                Level.INFO,
                "rejoin.started",
                "'" + endpoint.id() + "' is made to follow '" + primary.id() + "' again",
                Map.of("node", endpoint.id(), "primary", primary.id()));
        if (engine.rejoin(endpoint, primary, token)) {
            events.tell(
                    Level.INFO,
                    "rejoin.finished",
                    "'" + endpoint.id() + "' follows '" + primary.id() + "'",
                    Map.of("node", endpoint.id(), "primary", primary.id()));
        }
    }
}
