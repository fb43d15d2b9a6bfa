package dev.tenfold.replication;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.session.Position;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Finds a node for a call, waiting where there is none yet. The first look is lock-free and never waits; only where it
 * finds nothing does the caller's thread poll a replica or wait for a change, until its deadline.
 */
final class Router<N> {

    /** Between two polls of a replica's position, doubling up to the second. */
    private static final long FIRST_POLL_NANOS = 500_000;

    private static final long LONGEST_POLL_NANOS = 16_000_000;

    private final ReplicaSet<N> set;
    private final ReplicaSettings settings;
    private final Monitor<N> monitor;
    private final List<NodeState<N>> nodes;
    private final Signal changes;
    private final Counters counters;
    private final TimeSource time;
    private final RandomGenerator random;
    private final AtomicInteger fallbacks = new AtomicInteger();

    Router(ReplicaSet<N> set, ReplicaSetBuilder<N> builder, Monitor<N> monitor, Signal changes, Counters counters) {
        this.set = set;
        this.settings = builder.settings();
        this.monitor = monitor;
        this.nodes = monitor.nodes();
        this.changes = changes;
        this.counters = counters;
        this.time = builder.time();
        this.random = builder.random();
    }

    /**
     * Picks a node for a read.
     *
     * @param tried bit i set: node i failed this read already
     * @param failure what the last of those failed with
     */
    Route<N> read(Position minimum, Deadline deadline, long tried, @Nullable Throwable failure) {
        long began = 0;
        long poll = FIRST_POLL_NANOS;
        boolean waited = false;
        while (true) {
            CompletableFuture<Void> change = changes.next();
            ReplicaTopology<N> topology = set.topology();
            long required = topology.required(minimum);
            Route<N> replica = fresh(topology, required, tried);
            if (replica != null) {
                return replica;
            }
            if (!waited) {
                began = time.nanoTime();
            }
            int lagging =
                    mayWaitForReplica(required) ? ReadChoice.furthestReplica(topology, nodes, tried) : ReadChoice.NONE;
            boolean patient = time.nanoTime() - began < settings.catchUp().toNanos();
            if (lagging != ReadChoice.NONE && (patient || !primaryMayAnswer(topology, required, tried))) {
                if (!waited) {
                    counters.catchUpWaits.increment();
                }
                // Ask before waiting: the last probe may be old, and often the replica is there already.
                if (pollAll(topology, required, tried)) {
                    continue;
                }
            } else if (primaryMayAnswer(topology, required, tried)) {
                return fallback(topology, minimum, required);
            }
            waited = true;
            if (Long.bitCount(tried) >= nodes.size()) {
                throw new UnavailableException(
                        "replica set '" + set.name() + "': the read failed on every node", reasons(topology), failure);
            }
            long pause = lagging != ReadChoice.NONE ? poll : Long.MAX_VALUE;
            poll = Math.min(poll * 2, LONGEST_POLL_NANOS);
            await(change, deadline, pause, stage(topology, minimum), failure);
        }
    }

    /** Picks the primary for a write. */
    Route<N> write(Deadline deadline, @Nullable Throwable failure) {
        while (true) {
            CompletableFuture<Void> change = changes.next();
            ReplicaTopology<N> topology = set.topology();
            int primary = topology.primaryIndex();
            if (primary >= 0 && nodes.get(primary).isHealthy()) {
                counters.writes.increment();
                return new Route<>(
                        set, nodes.get(primary), Role.PRIMARY, topology.epoch(), known(topology, primary), false);
            }
            await(change, deadline, Long.MAX_VALUE, "a primary of replica set '" + set.name() + "'", failure);
        }
    }

    /** Reads the position that covers a write; where it cannot be known, only the primary does. */
    Position positionAfterWrite(Route<N> route) {
        Endpoint<N> primary = route.endpoint();
        try {
            LogPosition after = set.engine().position(primary);
            if (after.timeline() == route.epoch()) {
                return new Position(set.name(), after.timeline(), after.offset());
            }
        } catch (Exception failure) {
            route.failed(failure);
        }
        return Position.primaryOnly(set.name());
    }

    boolean serves(Route<N> route, Position minimum) {
        ReplicaTopology<N> topology = set.topology();
        if (topology.epoch() != route.epoch()) {
            return false;
        }
        NodeState<N> node = route.node();
        long required = topology.required(minimum);
        return node.isHealthy()
                && required != ReplicaTopology.AHEAD
                && (route.role() == Role.PRIMARY
                        || (required != Long.MAX_VALUE && topology.reach(node.replayed()) >= required));
    }

    long bit(Route<N> route) {
        return 1L << route.node().index();
    }

    void endFallback() {
        fallbacks.decrementAndGet();
    }

    private @Nullable Route<N> fresh(ReplicaTopology<N> topology, long required, long tried) {
        if (!mayWaitForReplica(required)) {
            return null;
        }
        int tie = random.nextInt(Integer.MAX_VALUE);
        int chosen = ReadChoice.freshReplica(topology, nodes, required, tried, tie);
        if (chosen == ReadChoice.NONE) {
            return null;
        }
        counters.replicaReads.increment();
        NodeState<N> node = nodes.get(chosen);
        // Where it stands on the current history; the probe it was chosen by may be newer by now, never older.
        long reach = Math.max(required, topology.reach(node.replayed()));
        Position position = new Position(set.name(), topology.epoch(), reach);
        return new Route<>(set, node, Role.REPLICA, topology.epoch(), position, false);
    }

    private boolean mayWaitForReplica(long required) {
        return settings.preference() != ReadPreference.PRIMARY
                && required != Long.MAX_VALUE
                && required != ReplicaTopology.AHEAD;
    }

    private boolean primaryMayAnswer(ReplicaTopology<N> topology, long required, long tried) {
        int primary = topology.primaryIndex();
        return primary >= 0
                && settings.preference() != ReadPreference.REPLICA
                && required != ReplicaTopology.AHEAD
                && (tried & (1L << primary)) == 0
                && nodes.get(primary).isHealthy();
    }

    private Route<N> fallback(ReplicaTopology<N> topology, Position minimum, long required) {
        // A set of one, or one that was told to read from the primary, has nothing to fall back from.
        boolean capped = nodes.size() > 1 && settings.preference() != ReadPreference.PRIMARY;
        if (capped && fallbacks.incrementAndGet() > settings.primaryReads()) {
            fallbacks.decrementAndGet();
            counters.refusedReads.increment();
            throw new OverloadedException(
                    "replica set '" + set.name() + "': no replica is fresh enough, and " + settings.primaryReads()
                            + " reads are on the primary already; raise primaryReads, or repeat later");
        }
        counters.primaryReads.increment();
        int primary = topology.primaryIndex();
        NodeState<N> node = nodes.get(primary);
        Position position = covering(topology, node, minimum, required);
        return new Route<>(set, node, Role.PRIMARY, topology.epoch(), position, capped);
    }

    /** The primary covers every minimum; only one that names no place has to be asked for. */
    private Position covering(ReplicaTopology<N> topology, NodeState<N> node, Position minimum, long required) {
        if (required != Long.MAX_VALUE) {
            long offset = Math.max(required, node.replayed().offset());
            return new Position(set.name(), topology.epoch(), offset);
        }
        try {
            LogPosition now = set.engine().position(node.endpoint());
            return now.timeline() == topology.epoch()
                    ? new Position(set.name(), now.timeline(), now.offset())
                    : minimum;
        } catch (Exception failure) {
            // The read itself will meet the same failure and be judged by it; until then nothing is claimed.
            return minimum;
        }
    }

    private Position known(ReplicaTopology<N> topology, int primary) {
        return new Position(
                set.name(), topology.epoch(), nodes.get(primary).replayed().offset());
    }

    /** Asks the replicas where they are, the furthest first, until one is there. */
    private boolean pollAll(ReplicaTopology<N> topology, long required, long tried) {
        long asked = tried;
        while (true) {
            int next = ReadChoice.furthestReplica(topology, nodes, asked);
            if (next == ReadChoice.NONE) {
                return false;
            }
            if (poll(nodes.get(next), topology, required)) {
                return true;
            }
            asked |= 1L << next;
        }
    }

    private boolean poll(NodeState<N> node, ReplicaTopology<N> topology, long required) {
        try {
            LogPosition now = set.engine().position(node.endpoint());
            node.reached(now);
            return topology.reach(now) >= required;
        } catch (Exception failure) {
            if (set.engine().classify(failure) != CallFailure.CALLER) {
                monitor.suspect(node);
            }
            return false;
        }
    }

    private void await(
            CompletableFuture<Void> change, Deadline deadline, long pause, String stage, @Nullable Throwable failure) {
        if (monitor.isClosed()) {
            throw new UnavailableException("replica set '" + set.name() + "' is closed", List.of(), failure);
        }
        long left = deadline.remainingNanos();
        if (left == 0) {
            throw new DeadlineExceededException(stage, deadline.budget(), failure);
        }
        changes.await(change, Math.min(left, pause), stage);
    }

    private String stage(ReplicaTopology<N> topology, Position minimum) {
        return "a node of replica set '" + set.name() + "' at " + new LogPosition(minimum.timeline(), minimum.offset())
                + " " + reasons(topology);
    }

    private List<String> reasons(ReplicaTopology<N> topology) {
        List<String> reasons = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            NodeState<N> node = nodes.get(i);
            reasons.add(node.endpoint().id() + ": " + topology.members().get(i).role() + " at " + node.replayed()
                    + (node.isHealthy() ? "" : ", unhealthy"));
        }
        return reasons;
    }
}
