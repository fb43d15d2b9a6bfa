package dev.tenfold.replication;

import dev.tenfold.coordination.Lease;
import dev.tenfold.topology.Endpoint;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells which of several nodes that all write on the newest timeline is the primary, so that the others can be made to join
 * again.
 *
 * <p>How it comes to that: an operator promotes two, or the engine cannot {@linkplain EpochReservation reserve} timelines. Then
 * {@code a} is promoted and gone before anybody has heard of it, and enough others are left for another promotion, which counts
 * from the same timeline. (With a quorum of one there never are: then all other nodes must be frozen.)
 *
 * <p>Under the rules of {@link FailoverDrive} at most one of them has ever acknowledged anything on that timeline: what it
 * acknowledged is on {@code k} others, and whoever froze enough for another promotion met one of those and went on to the
 * next timeline. So, under the lease that keeps others from driving meanwhile:
 *
 * <ul>
 *   <li>The one that {@code k} others stream from is the primary. The rest cannot acknowledge, and has not.
 *   <li>Where fewer than {@code k} other nodes hold anything of that timeline or are silent, nobody has acknowledged anything on
 *       it: the first will do. Whoever received from another joins again.
 *   <li>Otherwise nothing is proven. Nobody is taken for the primary by whoever did not know one before, and none is
 *       demoted, until more nodes answer; the event says so.
 * </ul>
 *
 * <p>Used by the control task and by the upkeep's, whose questions may overlap; each answer stands for itself.
 */
final class Rivals<N> {

    private static final int UNPROVEN = -1;
    /** Another process holds the lease, or it cannot be asked for. */
    private static final int UNASKED = -2;

    private final ReplicationEngine<N> engine;
    private final Failover failover;
    private final @Nullable Lease lease;
    private final List<NodeState<N>> nodes;
    private final Events events;
    private final String name;
    private final IntSupplier quorum;
    /** Of the control task, as those below: when it looked last, and what for. */
    private long lookedAt;

    private long lookedFor = -1;
    private long toldOf = -1;
    private int winner = UNPROVEN;

    Rivals(ReplicaSetBuilder<N> builder, List<NodeState<N>> nodes, Events events, IntSupplier quorum) {
        this.engine = builder.engine();
        this.failover = builder.settings().failover();
        this.lease = builder.lease();
        this.nodes = nodes;
        this.events = events;
        this.name = builder.name();
        this.quorum = quorum;
    }

    /**
     * The primary among claimants as far as it is known by now; looks again once per pause. For the control task.
     *
     * @param claimants the indexes of those that answer, and of the primary so far if it does not
     * @param timeline the one that all of them write on
     * @return the index, or -1
     */
    int primaryAmong(List<Integer> claimants, long timeline, long now) {
        boolean known = lookedFor == timeline && claimants.contains(winner);
        if (known || (lookedFor == timeline && now - lookedAt < failover.pause().toNanos())) {
            return known ? winner : -1;
        }
        lookedFor = timeline;
        lookedAt = now;
        winner = failover.drives() ? settle(timeline) : UNPROVEN;
        String who = names(claimants);
        if (winner >= 0) {
            String id = nodes.get(winner).endpoint().id();
            events.tell(
                    Level.WARNING,
                    "primary.settled",
                    who + " take writes on timeline " + timeline + "; '" + id
                            + "' alone can have acknowledged any on it and is the primary",
                    Map.of("node", id, "timeline", timeline));
        } else if (winner == UNPROVEN && toldOf != timeline) {
            toldOf = timeline;
            events.tell(
                    Level.ERROR,
                    "primary.ambiguous",
                    who + " take writes on timeline " + timeline
                            + ", and it is not proven which of them has acknowledged"
                            + " any; the replicas that follow neither must answer, or stop the wrong one by hand",
                    Map.of("nodes", who, "timeline", timeline));
        }
        return Math.max(winner, UNPROVEN);
    }

    /** Whether it is proven, now, that a node on the primary's timeline has acknowledged nothing on it and cannot. */
    boolean isProven(int primary, long timeline) {
        return settle(timeline) == primary;
    }

    private int settle(long timeline) {
        try {
            Optional<Lease.Grant> grant = lease == null
                    ? Optional.empty()
                    : lease.tryAcquire("two primaries in " + name, FailoverDrive.LEASE);
            if (lease != null && grant.isEmpty()) {
                return UNASKED;
            }
            try {
                return decide(timeline);
            } finally {
                grant.ifPresent(Lease.Grant::close);
            }
        } catch (RuntimeException unreachable) {
            return UNASKED; // the lease's storage is away; it is asked again after the pause
        }
    }

    private int decide(long timeline) {
        List<Integer> claimants = new ArrayList<>();
        int silent = 0;
        int held = 0;
        for (NodeState<N> node : nodes) {
            try {
                Probe probe = engine.probe(node.endpoint());
                if (probe.received().timeline() > timeline) {
                    return UNPROVEN; // all of them were replaced
                }
                boolean on = probe.received().timeline() == timeline;
                if (on && probe.writable()) {
                    claimants.add(node.index());
                } else if (on) {
                    held++;
                }
            } catch (Exception unreachable) {
                silent++;
            }
        }
        List<Integer> followed = new ArrayList<>();
        int needed = quorum.getAsInt();
        for (int claimant : claimants) {
            if (needed > 0 && followers(claimant) >= needed) {
                followed.add(claimant);
            }
        }
        if (followed.size() == 1) {
            return followed.get(0);
        }
        boolean unacknowledged = followed.isEmpty() && held + silent < needed;
        return unacknowledged && !claimants.isEmpty() ? claimants.get(0) : UNPROVEN;
    }

    private int followers(int claimant) {
        Endpoint<N> endpoint = nodes.get(claimant).endpoint();
        try {
            Set<String> members =
                    nodes.stream().map(node -> node.endpoint().id()).collect(Collectors.toSet());
            members.remove(endpoint.id());
            Set<String> following = new HashSet<>(engine.followers(endpoint));
            following.retainAll(members);
            return following.size();
        } catch (Exception unreachable) {
            nodes.get(claimant).suspected();
            return 0;
        }
    }

    private String names(List<Integer> indexes) {
        return indexes.stream()
                .map(i -> "'" + nodes.get(i).endpoint().id() + "'")
                .collect(Collectors.joining(" and "));
    }
}
