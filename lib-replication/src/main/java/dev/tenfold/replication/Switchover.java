package dev.tenfold.replication;

import dev.tenfold.coordination.Lease;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.replication.FailoverDrive.Promotion;
import dev.tenfold.time.Deadline;
import dev.tenfold.topology.Endpoint;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Hands the primary's place over while it is well: end it in order, see that the target has everything, promote. The old
 * primary is ended first, because one that is stopped after a promotion has written at least its own shutdown record on
 * a history that nobody continues. Where the target lacks something, the old primary takes its place again.
 *
 * <p>Used by one thread at a time, the control task.
 */
final class Switchover<N> {

    private final ReplicationEngine<N> engine;
    private final @Nullable Lease lease;
    private final List<NodeState<N>> nodes;
    private final Events events;
    private final String name;
    private final IntSupplier quorum;
    private final EpochReservation<N> reservation;

    Switchover(ReplicaSetBuilder<N> builder, List<NodeState<N>> nodes, Events events, IntSupplier quorum) {
        this.quorum = quorum;
        this.engine = builder.engine();
        this.lease = builder.lease();
        this.nodes = nodes;
        this.events = events;
        this.name = builder.name();
        this.reservation = new EpochReservation<>(engine, nodes, events);
    }

    /**
     * Makes the target the primary.
     *
     * @param fence keeps new writes away and lets those under way end, once
     * @throws Exception if it is not; then the old primary is the primary, unless the message says otherwise
     */
    Promotion run(ReplicaTopology<N> topology, int target, Deadline deadline, Runnable fence) throws Exception {
        int primary = topology.primaryIndex();
        requireReady(topology, primary, target);
        if (lease == null) {
            return handOver(topology, primary, target, deadline, fence, null);
        }
        Optional<Lease.Grant> granted = lease.tryAcquire("switchover of " + name, FailoverDrive.LEASE);
        if (granted.isEmpty()) {
            throw unavailable("another process is failing over or switching over");
        }
        try (Lease.Grant grant = granted.get()) {
            return handOver(topology, primary, target, deadline, fence, grant);
        }
    }

    private void requireReady(ReplicaTopology<N> topology, int primary, int target) throws Exception {
        if (primary < 0 || !nodes.get(primary).isHealthy()) {
            throw unavailable("there is no primary that answers, so this would be a failover");
        }
        Endpoint<N> candidate = nodes.get(target).endpoint();
        Probe probe = engine.probe(candidate);
        if (probe.writable() || !probe.streaming() || topology.reach(probe.received()) < 0) {
            throw unavailable("'" + candidate.id() + "' does not follow the primary: " + probe);
        }
        Optional<String> obstacle = engine.obstacleToRejoin(nodes.get(primary).endpoint());
        if (obstacle.isPresent()) {
            throw new UnsupportedOperationException(
                    of("the old primary could not be made a replica: " + obstacle.get()));
        }
    }

    private Promotion handOver(
            ReplicaTopology<N> topology,
            int primary,
            int target,
            Deadline deadline,
            Runnable fence,
            Lease.@Nullable Grant grant)
            throws Exception {
        Endpoint<N> old = nodes.get(primary).endpoint();
        Endpoint<N> candidate = nodes.get(target).endpoint();
        long token = grant == null ? 0 : grant.token();
        events.tell(
                Level.INFO,
                "switchover.started",
                "'" + candidate.id() + "' is to take the place of '" + old.id() + "'",
                Map.of("from", old.id(), "to", candidate.id()));
        reserve(topology, target, token);
        try {
            LogPosition end = engine.retire(old, fence);
            LogPosition at = engine.freeze(candidate, token);
            if (at.timeline() != end.timeline() || at.offset() < end.offset()) {
                throw unavailable(
                        "'" + candidate.id() + "' is at " + at + " and lacks what the primary wrote up to " + end);
            }
            if (deadline.isExpired()) {
                throw new DeadlineExceededException("the switchover of '" + name + "'", deadline.budget(), null);
            }
            if (!isHeld(grant)) {
                throw unavailable("the lease was lost");
            }
        } catch (Exception failure) {
            takeBack(primary, target, grant, failure);
            throw failure;
        }
        List<Integer> others = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            if (i != primary && i != target && topology.members().get(i).role() == Role.REPLICA) {
                others.add(i);
            }
        }
        return new Promotion(target, engine.promote(candidate, token), true, others, token);
    }

    /** While the old primary lives: later it would prolong the time without one. */
    private void reserve(ReplicaTopology<N> topology, int target, long token) {
        List<Integer> all = IntStream.range(0, nodes.size()).boxed().toList();
        int needed = EpochReservation.needed(nodes.size(), quorum.getAsInt());
        if (!reservation.make(target, topology.epoch(), all, needed, token)) {
            throw unavailable("too few nodes could be told of the next timeline (expected: " + needed + ")");
        }
    }

    private static boolean isHeld(Lease.@Nullable Grant grant) {
        try {
            return grant == null || (grant.renew() && grant.isHeld());
        } catch (RuntimeException unreachable) {
            return grant.isHeld(); // it lasts as long as before
        }
    }

    /**
     * Not without the lease: another process may have promoted by now, or made the old primary follow, and it would be a
     * second one. Who has the lease does what is left to be done.
     */
    private void takeBack(int primary, int target, Lease.@Nullable Grant grant, Exception reason) {
        String id = nodes.get(primary).endpoint().id();
        if (!isHeld(grant)) {
            events.tell(
                    Level.ERROR,
                    "switchover.lost",
                    "'" + id + "' was stopped, and the lease was lost since; it is left to who has it: " + reason,
                    Map.of("node", id, "failure", reason));
            return;
        }
        events.tell(
                Level.WARNING,
                "switchover.abandoned",
                "'" + id + "' takes its place again: " + reason,
                Map.of("failure", reason));
        try {
            engine.reinstate(nodes.get(primary).endpoint());
        } catch (Exception failure) {
            reason.addSuppressed(failure);
        }
        follow(target, primary, grant == null ? 0 : grant.token());
    }

    /** One that cannot be told is made to follow once it answers again. */
    private void follow(int replica, int primary, long token) {
        Endpoint<N> node = nodes.get(replica).endpoint();
        try {
            engine.follow(node, nodes.get(primary).endpoint(), token);
        } catch (Exception failure) {
            events.tell(
                    Level.WARNING,
                    "switchover.unpointed",
                    "'" + node.id() + "' could not be told to follow: " + failure,
                    Map.of("node", node.id()));
        }
    }

    private UnavailableException unavailable(String what) {
        return new UnavailableException(of(what), List.of(), null);
    }

    private String of(String what) {
        return "switchover of replica set '" + name + "': " + what;
    }
}
