package dev.tenfold.replication;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthGroup;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.replication.FailoverDrive.Promotion;
import dev.tenfold.replication.ReplicaTopology.Branch;
import dev.tenfold.replication.ReplicaTopology.Member;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.SnapshotCell;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Watches the nodes: asks each at an interval, derives the topology from the answers, and starts a failover where the
 * primary is gone.
 *
 * <p><b>Invariant:</b> the topology is changed by one task at a time, {@link #evaluate}, on the control scheduler; the
 * count {@code wanted} makes it one even where that scheduler has many threads. <b>Probes</b> write only the state of
 * their node. <b>Order:</b> a probe writes its answer before it asks for an evaluation, and one asked for while another
 * runs follows it; so no answer goes unseen. Fields without {@code volatile} belong to {@code evaluate}.
 */
final class Monitor<N> implements AutoCloseable {

    /** How long a switchover lets calls under way end before it ends them. */
    private static final long DRAIN_NANOS = 100_000_000;

    private final ReplicationEngine<N> engine;
    private final ReplicaSettings settings;
    private final TimeSource time;
    private final Events events;
    private final Signal changes;
    private final Scheduler control;
    private final SnapshotCell<ReplicaTopology<N>> topology;
    private final List<NodeState<N>> nodes = new ArrayList<>();
    private final List<Scheduler> schedulers = new ArrayList<>();
    private final List<AtomicBoolean> extraProbe = new ArrayList<>();
    private final List<PhiAccrual> detectors = new ArrayList<>();
    private final HealthGroup health;
    private final PrimaryHistory history = new PrimaryHistory();
    /** Raised after each change of what a selection is made from. */
    private final AtomicLong stateChanges = new AtomicLong();

    private final FailoverDrive<N> drive;
    private final Reattachment<N> reattachment;
    private final Upkeep<N> upkeep;
    private final Switchover<N> switchover;
    private final AtomicReference<@Nullable HandOver> requested = new AtomicReference<>();
    private volatile boolean holdsWrites;
    private final AtomicInteger wanted = new AtomicInteger();
    private volatile boolean closed;
    private boolean lost;
    private long lostSince;
    private long nextTry;

    Monitor(ReplicaSetBuilder<N> builder, Schedules schedules, Signal changes) {
        this.engine = builder.engine();
        this.settings = builder.settings();
        this.time = builder.time();
        this.events = new Events(builder.name(), builder.observer(), time);
        this.changes = changes;
        this.control = schedules.control();
        List<Member<N>> members = new ArrayList<>();
        this.health = new HealthGroup(
                "replicas/" + builder.name(),
                settings.health(),
                time,
                new EventRelay(builder.observer()),
                stateChanges::incrementAndGet);
        Map<String, HealthCell> cells =
                health.update(builder.nodes().stream().map(Endpoint::id).toList());
        for (Endpoint<N> endpoint : builder.nodes()) {
            nodes.add(new NodeState<>(
                    nodes.size(),
                    endpoint,
                    time.nanoTime(),
                    stateChanges,
                    Objects.requireNonNull(cells.get(endpoint.id()))));
            detectors.add(new PhiAccrual(settings.probeInterval().toNanos(), settings.silenceNanos(), time.nanoTime()));
            schedulers.add(schedules.of("probe-" + endpoint.id()));
            extraProbe.add(new AtomicBoolean());
            members.add(new Member<>(endpoint, Role.UNKNOWN));
        }
        this.nextTry = time.nanoTime();
        this.topology = new SnapshotCell<>(new ReplicaTopology<>(0, 0, members, List.of()));
        this.upkeep = new Upkeep<>(builder, nodes, events, schedules.of("upkeep"));
        this.drive = new FailoverDrive<>(builder, nodes, events, upkeep::quorum);
        this.switchover = new Switchover<>(builder, nodes, events, upkeep::quorum);
        this.reattachment = new Reattachment<>(builder, nodes, events, upkeep);
    }

    void begin() {
        for (int i = 0; i < nodes.size(); i++) {
            int node = i;
            schedulers.get(i).schedule(Duration.ZERO, () -> loop(node));
        }
        schedule(control, tickInterval(), this::tick);
    }

    List<NodeState<N>> nodes() {
        return nodes;
    }

    PrimaryHistory history() {
        return history;
    }

    AtomicLong changes() {
        return stateChanges;
    }

    double suspicion(NodeState<N> node) {
        return detectors.get(node.index()).phi(time.nanoTime());
    }

    SnapshotCell<ReplicaTopology<N>> topology() {
        return topology;
    }

    boolean isClosed() {
        return closed;
    }

    /** Takes a node out until it answers again, and asks it at once. */
    void suspect(NodeState<N> node) {
        node.suspected();
        int i = node.index();
        if (!closed && extraProbe.get(i).compareAndSet(false, true)) {
            schedule(schedulers.get(i), Duration.ZERO, () -> {
                extraProbe.get(i).set(false);
                probe(i, false);
            });
        }
    }

    @Override
    public void close() {
        closed = true;
        changes.fire();
    }

    private void loop(int i) {
        if (closed) {
            return;
        }
        try {
            probe(i, true);
        } finally {
            schedule(schedulers.get(i), settings.probeInterval(), () -> loop(i));
        }
    }

    private void probe(int i, boolean regular) {
        NodeState<N> node = nodes.get(i);
        try {
            long askedAt = time.nanoTime();
            Probe answer = engine.probe(node.endpoint());
            long now = time.nanoTime();
            detectors.get(i).answered(now, regular);
            node.answered(answer, askedAt, now);
        } catch (Exception failure) {
            node.missed(failure);
        }
        evaluateSoon();
    }

    /** Silence is looked at four times as often as anybody is asked, so that a node that hangs is found without delay. */
    private Duration tickInterval() {
        return settings.probeInterval().dividedBy(4).plusNanos(1);
    }

    /** Evaluates even if no probe ends, which is what a hung node looks like. */
    private void tick() {
        if (!closed) {
            evaluateSoon();
            schedule(control, tickInterval(), this::tick);
        }
    }

    private void evaluateSoon() {
        if (!closed && wanted.getAndIncrement() == 0) {
            schedule(control, Duration.ZERO, this::drain);
        }
    }

    /** Whoever works while the set is being closed finds its threads gone; there is nothing left to do then. */
    private void schedule(Scheduler scheduler, Duration delay, Runnable task) {
        try {
            if (!closed) {
                scheduler.schedule(delay, task);
            }
        } catch (RejectedExecutionException ended) {
            if (!closed) {
                throw ended;
            }
        }
    }

    private void drain() {
        int seen = wanted.get();
        try {
            evaluate();
        } finally {
            if (wanted.addAndGet(-seen) != 0) {
                schedule(control, Duration.ZERO, this::drain);
            }
        }
    }

    private void evaluate() {
        long now = time.nanoTime();
        if (health.isDue(now)) {
            health.advance();
        }
        nodes.forEach(node -> node.silent(isSilent(node, now)));
        for (NodeState<N> node : nodes) {
            // Until everybody was asked once, a zombie could be taken for the primary.
            if (!node.status().probed() && !isSilent(node, now)) {
                return;
            }
        }
        discover(now);
        recordPrimary();
        handOver();
        watchPrimary(now);
        changes.fire();
    }

    /** Notes how far the primary was, for the age of the replicas' views. */
    private void recordPrimary() {
        ReplicaTopology<N> current = topology.current();
        int primary = current.primaryIndex();
        if (primary >= 0) {
            NodeState.Status status = nodes.get(primary).status();
            Probe probe = status.probe();
            if (probe != null && probe.writable() && probe.received().timeline() == current.epoch()) {
                history.record(status.askedAt(), probe.received().offset());
                stateChanges.incrementAndGet();
            }
        }
    }

    private void discover(long now) {
        ReplicaTopology<N> before = topology.current();
        List<@Nullable Probe> probes = new ArrayList<>();
        List<Boolean> answering = new ArrayList<>();
        for (NodeState<N> node : nodes) {
            probes.add(node.status().probe());
            answering.add(!isSilent(node, now));
        }
        Roles roles = Roles.of(probes, answering, before.epoch(), before.primaryIndex());
        if (roles.rivals().size() > 1) {
            int settled = upkeep.rivals().primaryAmong(roles.rivals(), roles.newest(), now);
            roles = settled < 0 ? roles : Roles.of(probes, answering, roles.newest(), settled);
        }
        ReplicaTopology<N> next = before;
        if (roles.primary() >= 0) {
            Probe probe = probes.get(roles.primary());
            if (probe != null && probe.received().timeline() > before.epoch()) {
                next = branched(before, nodes.get(roles.primary()), probe);
                if (next == null) {
                    return;
                }
            }
        }
        offer(before, next.withRoles(roles.roles()));
    }

    /** The topology after a promotion somebody made, or null if its start cannot be read yet. */
    private @Nullable ReplicaTopology<N> branched(ReplicaTopology<N> before, NodeState<N> primary, Probe probe) {
        try {
            LogPosition start = engine.timelineStart(primary.endpoint());
            if (start.timeline() != probe.received().timeline()) {
                return null;
            }
            // Whoever promoted, the first discovery included, is bound by the same rules where this set would drive.
            boolean lossless =
                    settings.failover().drives() && !settings.failover().allowsDataLoss();
            return before.branch(new Branch(start, lossless));
        } catch (Exception failure) {
            suspect(primary);
            return null;
        }
    }

    private void watchPrimary(long now) {
        ReplicaTopology<N> current = topology.current();
        int primary = current.primaryIndex();
        if (primary >= 0 && !isSilent(nodes.get(primary), now)) {
            if (lost) {
                lost = false;
                events.tell(Level.INFO, "primary.back", "a primary answers again", Map.of("epoch", current.epoch()));
            }
            if (settings.failover().drives() && nodes.get(primary).isHealthy()) {
                reattachment.run(current, now);
                upkeep.run(current, now);
            }
            return;
        }
        if (!lost) {
            lost = true;
            lostSince = now;
            String who = primary < 0
                    ? "no node"
                    : "'" + nodes.get(primary).endpoint().id() + "' no longer";
            events.tell(
                    Level.WARNING,
                    "primary.lost",
                    who + " answers as the primary of epoch " + current.epoch(),
                    Map.of("epoch", current.epoch()));
        }
        // A primary that is known has been silent for that long already; an unknown one is given the same time.
        boolean due = primary >= 0 || now - lostSince >= settings.silenceNanos();
        if (settings.failover().drives() && due && now - nextTry >= 0 && drive.isMissed(primary)) {
            Promotion promotion = drive.run(current, primary);
            if (promotion == null) {
                nextTry = time.nanoTime() + settings.failover().pause().toNanos();
            } else {
                promoted(current, promotion);
            }
        }
    }

    private void promoted(ReplicaTopology<N> before, Promotion promotion) {
        detectors.get(promotion.node()).answered(time.nanoTime(), false);
        nodes.get(promotion.node()).became(Probe.primary(promotion.start()), time.nanoTime());
        List<Role> roles = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            Role role = before.members().get(i).role();
            roles.add(i == promotion.node() ? Role.PRIMARY : role == Role.PRIMARY ? Role.UNKNOWN : role);
        }
        lost = false;
        offer(
                before,
                before.branch(new Branch(promotion.start(), promotion.lossless()))
                        .withRoles(roles));
        changes.fire();
    }

    /** A switchover that somebody waits for. */
    private record HandOver(int target, Deadline deadline, CompletableFuture<ReplicaSet.Switchover> done) {}

    /** Whether writes must wait although there is a primary: it is being replaced. */
    boolean holdsWrites() {
        return holdsWrites;
    }

    /** Asks for a switchover, which the control task makes; at most one at a time. */
    CompletableFuture<ReplicaSet.Switchover> switchover(int target, Deadline deadline) {
        HandOver wanted = new HandOver(target, deadline, new CompletableFuture<>());
        if (closed || !requested.compareAndSet(null, wanted)) {
            throw new UnavailableException("a switchover is under way already, or the set is closed", List.of(), null);
        }
        evaluateSoon();
        return wanted.done();
    }

    void rejoin(int node, boolean read) throws Exception {
        upkeep.rejoinAsked(topology.current(), node, read);
    }

    private void handOver() {
        HandOver wanted = requested.get();
        if (wanted == null) {
            return;
        }
        ReplicaTopology<N> current = topology.current();
        long[] began = {0};
        try {
            Promotion promotion = switchover.run(current, wanted.target(), wanted.deadline(), () -> {
                began[0] = time.nanoTime();
                holdsWrites = true;
                drain(nodes.get(current.primaryIndex()));
            });
            drive.follow(promotion);
            promoted(current, promotion);
            Duration gap = Duration.ofNanos(time.nanoTime() - began[0]);
            String from = nodes.get(current.primaryIndex()).endpoint().id();
            String to = nodes.get(promotion.node()).endpoint().id();
            long epoch = promotion.start().timeline();
            events.tell(
                    Level.INFO,
                    "switchover.finished",
                    "'" + to + "' took the place of '" + from + "'; no write was taken for " + gap.toMillis() + " ms",
                    Map.of("from", from, "to", to, "epoch", epoch, "gap", gap));
            wanted.done().complete(new ReplicaSet.Switchover(from, to, epoch, gap));
        } catch (Exception failure) {
            wanted.done().completeExceptionally(failure);
        } finally {
            holdsWrites = false;
            requested.set(null);
            changes.fire();
        }
    }

    /** Lets calls under way on the primary end, for a moment; those that do not are ended with their sessions. */
    private void drain(NodeState<N> primary) {
        long began = time.nanoTime();
        while (primary.inFlight() > 0 && time.nanoTime() - began < DRAIN_NANOS) {
            changes.await(changes.next(), DRAIN_NANOS / 50, "the calls under way to end");
        }
    }

    private void offer(ReplicaTopology<N> before, ReplicaTopology<N> next) {
        if (before.epoch() != next.epoch() && !next.branches().isEmpty()) {
            history.branch(
                    next.branches().get(next.branches().size() - 1).start().offset());
        }
        if (!topology.offer(next)) {
            return;
        }
        stateChanges.incrementAndGet();
        for (int i = 0; i < nodes.size(); i++) {
            Role was = before.members().get(i).role();
            Role is = next.members().get(i).role();
            String id = nodes.get(i).endpoint().id();
            if (is == Role.PRIMARY && (was != is || before.epoch() != next.epoch())) {
                events.tell(
                        Level.INFO,
                        "primary.changed",
                        "'" + id + "' is the primary of epoch " + next.epoch(),
                        Map.of("node", id, "epoch", next.epoch(), "before", before.epoch()));
            } else if (is == Role.ZOMBIE && was != is) {
                events.tell(
                        Level.WARNING,
                        "zombie.found",
                        "'" + id + "' takes writes on an older history than epoch " + next.epoch()
                                + "; it gets none from here, and must be made to follow again",
                        Map.of("node", id, "epoch", next.epoch()));
            }
        }
    }

    /**
     * Whether a node counts as missing: it has failed enough probes in a row, or its silence is too suspicious for the rhythm of
     * its answers so far, or it has been silent for so long that rhythm matters no more.
     */
    private boolean isSilent(NodeState<N> node, long now) {
        NodeState.Status status = node.status();
        return status.misses() >= settings.failover().misses()
                || now - status.answeredAt() > settings.silenceNanos()
                || (status.probe() != null && detectors.get(node.index()).phi(now) >= settings.suspicion());
    }
}
