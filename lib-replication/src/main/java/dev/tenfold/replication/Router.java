package dev.tenfold.replication;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.replication.ReplicaSettings.PrimaryReads;
import dev.tenfold.session.Position;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import java.time.Duration;
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
     * @param choices of the read's preference
     * @param tried bit i set: node i failed this read already
     * @param failure what the last of those failed with
     */
    Route<N> read(
            ReadChoices<N> choices, Position minimum, Deadline deadline, long tried, @Nullable Throwable failure) {
        Route<N> now = readNow(choices, minimum, tried);
        return now != null ? now : readWaiting(choices, minimum, deadline, tried, failure);
    }

    /** Picks a node for a read if there is one; does not wait. */
    @Nullable
    Route<N> readNow(ReadChoices<N> choices, Position minimum, long tried) {
        ReadChoice<N> choice = choices.current();
        long required = choice.topology().required(minimum);
        int chosen = choose(choice, required, tried);
        return chosen == ReadChoice.NONE ? null : route(choice, chosen);
    }

    /** Says where a read would go now, or null. */
    @Nullable
    NodeState<N> peek(ReadChoices<N> choices, Position minimum) {
        ReadChoice<N> choice = choices.current();
        int chosen = choose(choice, choice.topology().required(minimum), 0);
        return chosen == ReadChoice.NONE ? null : nodes.get(chosen);
    }

    private int choose(ReadChoice<N> choice, long required, long tried) {
        return required == ReplicaTopology.AHEAD ? ReadChoice.NONE : choice.choose(required, tried, random.nextInt());
    }

    private Route<N> readWaiting(
            ReadChoices<N> choices, Position minimum, Deadline deadline, long tried, @Nullable Throwable failure) {
        long began = time.nanoTime();
        long poll = FIRST_POLL_NANOS;
        boolean waited = false;
        while (true) {
            CompletableFuture<Void> change = changes.next();
            ReadChoice<N> choice = choices.current();
            ReplicaTopology<N> topology = choice.topology();
            long required = topology.required(minimum);
            int chosen = choose(choice, required, tried);
            if (chosen != ReadChoice.NONE) {
                return route(choice, chosen);
            }
            boolean mayFallBack = required != ReplicaTopology.AHEAD && choice.mayFallBack(tried);
            boolean named = required != Long.MAX_VALUE && required != ReplicaTopology.AHEAD;
            int lagging = named ? choice.furthestReplica(tried) : ReadChoice.NONE;
            boolean patient = time.nanoTime() - began < settings.catchUp().toNanos();
            if (lagging != ReadChoice.NONE && (patient || !mayFallBack)) {
                if (!waited) {
                    counters.catchUpWaits.increment();
                }
                // Ask before waiting: the last probe may be old, and often the replica is there already.
                long left = Math.min(
                        patient ? settings.catchUp().toNanos() - (time.nanoTime() - began) : LONGEST_POLL_NANOS,
                        deadline.remainingNanos());
                if (pollAll(choice, required, tried, Math.max(0, left))) {
                    continue;
                }
            } else if (mayFallBack) {
                return fallback(topology);
            }
            waited = true;
            if (Long.bitCount(tried) >= nodes.size()) {
                throw new UnavailableException(
                        "replica set '" + set.name() + "': the read failed on every node", reasons(topology), failure);
            }
            long pause = lagging != ReadChoice.NONE ? poll : Long.MAX_VALUE;
            poll = Math.min(poll * 2, LONGEST_POLL_NANOS);
            await(change, deadline, pause, stage(choices.preference(), topology, minimum), failure);
        }
    }

    private Route<N> route(ReadChoice<N> choice, int chosen) {
        ReplicaTopology<N> topology = choice.topology();
        NodeState<N> node = nodes.get(chosen);
        if (chosen == topology.primaryIndex()) {
            counters.primaryReads.increment();
            return Route.to(set, node, Role.PRIMARY, topology, shown(topology, node));
        }
        counters.replicaReads.increment();
        return Route.to(set, node, Role.REPLICA, topology, choice.reach(chosen));
    }

    /** Picks the primary for a write. */
    Route<N> write(Deadline deadline, @Nullable Throwable failure) {
        while (true) {
            CompletableFuture<Void> change = changes.next();
            Route<N> now = writeNow();
            if (now != null) {
                return now;
            }
            await(change, deadline, Long.MAX_VALUE, "a primary of replica set '" + set.name() + "'", failure);
        }
    }

    /** Picks the primary for a write if there is one; does not wait. */
    @Nullable
    Route<N> writeNow() {
        ReplicaTopology<N> topology = set.topology();
        int primary = topology.primaryIndex();
        if (primary < 0 || !nodes.get(primary).isHealthy() || monitor.holdsWrites()) {
            return null;
        }
        counters.writes.increment();
        NodeState<N> node = nodes.get(primary);
        return Route.to(set, node, Role.PRIMARY, topology, shown(topology, node));
    }

    /** How far the node's reads see the history of a topology, as far as its last answer tells. */
    private static <N> long shown(ReplicaTopology<N> topology, NodeState<N> node) {
        return Math.max(0, topology.reach(node.replayed()));
    }

    /**
     * Reads a position that a read about to be made certainly shows, and that covers the read's minimum if that can be said:
     * only a primary has to be asked, where the minimum is beyond its last answer. What the minimum itself names is no such
     * position. It was read off a log, in which a commit may stand that waits for its replicas and is shown to nobody yet.
     */
    Position positionBeforeRead(Route<N> route, Position minimum) {
        Position last = route.position();
        long required = route.topology().required(minimum);
        if (route.role() == Role.REPLICA || required <= last.offset()) {
            return last;
        }
        try {
            Probe now = set.engine().probe(route.endpoint());
            if (now.writable() && now.replayed().timeline() == route.epoch()) {
                return new Position(
                        set.name(), now.replayed().timeline(), now.replayed().offset());
            }
        } catch (Exception failure) {
            // The read itself will meet the same failure and be judged by it. Should it not, nothing is claimed.
            return Position.none();
        }
        return Position.none();
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
        return Position.primaryOnly(set.name(), route.epoch());
    }

    /**
     * Reads a position that covers what a read has just seen, on the history of the epoch it was made in; where it cannot be
     * known, only the primary covers it.
     */
    Position positionAfterRead(Route<N> route) {
        try {
            LogPosition after = set.engine().position(route.endpoint());
            route.node().reached(after);
            return new Position(set.name(), after.timeline(), after.offset());
        } catch (Exception failure) {
            return Position.primaryOnly(set.name(), route.epoch());
        }
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

    private Route<N> fallback(ReplicaTopology<N> topology) {
        NodeState<N> node = nodes.get(topology.primaryIndex());
        // A set of one has nothing to fall back from.
        boolean capped = nodes.size() > 1;
        if (capped) {
            admitFallback(node);
        }
        counters.primaryReads.increment();
        long shown = shown(topology, node);
        return capped ? Route.instead(set, node, topology, shown) : Route.to(set, node, Role.PRIMARY, topology, shown);
    }

    /** Takes one of the primary's places for such reads, or fails at once. */
    private void admitFallback(NodeState<N> primary) {
        PrimaryReads share = settings.primaryReads();
        int others = primary.inFlight();
        if (fallbacks.incrementAndGet() > share.limit() || others >= share.capacity()) {
            fallbacks.decrementAndGet();
            counters.refusedReads.increment();
            String taken = others >= share.capacity()
                    ? others + " calls are on the primary already, which is its capacity"
                    : share.limit() + " such reads are on the primary already, which is its share for them";
            throw new OverloadedException("replica set '" + set.name() + "': no replica may answer, and " + taken
                    + "; bring replicas back, raise primaryReads, or repeat later");
        }
    }

    /** Asks the replicas where they are, the furthest first, until one is there. */
    private boolean pollAll(ReadChoice<N> choice, long required, long tried, long patience) {
        long asked = tried;
        while (true) {
            int next = choice.furthestReplica(asked);
            if (next == ReadChoice.NONE) {
                return false;
            }
            // Only the furthest is waited for, where the store can wait; the others are asked.
            if (poll(nodes.get(next), choice.topology(), required, asked == tried ? patience : 0)) {
                return true;
            }
            asked |= 1L << next;
        }
    }

    private boolean poll(NodeState<N> node, ReplicaTopology<N> topology, long required, long patience) {
        try {
            LogPosition wanted = new LogPosition(topology.epoch(), required);
            LogPosition now = set.engine().awaitPosition(node.endpoint(), wanted, Duration.ofNanos(patience));
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

    private String stage(ReadPreference preference, ReplicaTopology<N> topology, Position minimum) {
        return "a node of replica set '" + set.name() + "' for " + preference.mode() + " at "
                + new LogPosition(minimum.timeline(), minimum.offset()) + " " + reasons(topology);
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
