package dev.tenfold.replication;

import dev.tenfold.coordination.Lease;
import dev.tenfold.topology.Endpoint;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Replaces a primary that is gone, in the only order that loses nothing: agree, take the lease, freeze, compare, promote,
 * re-point.
 *
 * <p>With a synchronous quorum of {@code k} among {@code n} replicas, every acknowledged write is on at least {@code k} of
 * them. Once {@code n - k + 1} are frozen, the old primary can gather at most {@code k - 1} acknowledgements, so it can
 * acknowledge nothing more even if it lives; and every {@code k} replicas share one with the frozen, so the most advanced
 * of those has everything that was ever acknowledged. Fewer prove nothing, and then nobody is promoted unless data loss is
 * allowed. (Vitess follows the same rule, see its issues 6206 and 18896.) They must be more than half of all nodes, too: then
 * the {@linkplain EpochReservation timeline} of the promotion is its own.
 *
 * <p>Used by one thread at a time.
 */
final class FailoverDrive<N> {

    /** Longer than a failover takes; it is renewed before the step that cannot be undone. */
    static final Duration LEASE = Duration.ofSeconds(30);

    /** How often the others are told to follow, until a quorum of them has taken note. */
    private static final int MOST_ROUNDS = 5;

    private final ReplicationEngine<N> engine;
    private final Failover failover;
    private final @Nullable Lease lease;
    private final List<NodeState<N>> nodes;
    private final Events events;
    private final String name;

    private final IntSupplier quorum;
    private final EpochReservation<N> reservation;

    FailoverDrive(ReplicaSetBuilder<N> builder, List<NodeState<N>> nodes, Events events, IntSupplier quorum) {
        this.quorum = quorum;
        this.engine = builder.engine();
        this.failover = builder.settings().failover();
        this.lease = builder.lease();
        this.nodes = nodes;
        this.events = events;
        this.name = builder.name();
        this.reservation = new EpochReservation<>(engine, nodes, events);
    }

    /**
     * What was promoted.
     *
     * @param node the index of the new primary
     * @param start the new timeline and where it began
     * @param lossless whether it is proven that no acknowledged write is missing
     * @param others the indexes of the replicas to be told to follow it
     * @param token the fencing token to tell them with
     */
    record Promotion(int node, LogPosition start, boolean lossless, List<Integer> others, long token) {}

    private record Frozen(int node, LogPosition at) {}

    /** How many replicas have an acknowledged write, and so how many must be frozen to have all of them. */
    private record Proof(int quorum, int needed) {}

    /**
     * Whether a majority of the replicas missed the primary when they were probed last. Costs nothing, so it is asked again
     * and again until it is worth taking the lease and asking them anew.
     *
     * <p>Where all nodes answer and none takes writes on the newest timeline, there is none to miss: a switchover broke off,
     * somebody started the former primary as the replica it was made, and the others receive from it what will never come.
     */
    boolean isMissed(int primary) {
        List<Probe> answers = new ArrayList<>();
        int agreeing = 0;
        for (NodeState<N> node : nodes) {
            Probe probe = node.status().probe();
            if (probe != null && node.isHealthy()) {
                answers.add(probe);
                agreeing += node.index() != primary && isAdrift(probe) ? 1 : 0;
            }
        }
        return isNobodyPrimary(answers) || agreeing * 2 > nodes.size() - 1;
    }

    private static boolean isAdrift(Probe probe) {
        return !probe.writable() && !probe.streaming();
    }

    /** Whether these are answers of all, and whoever takes writes was replaced. */
    private boolean isNobodyPrimary(List<Probe> answers) {
        return answers.size() == nodes.size() && !isWritten(answers, newest(answers));
    }

    private static long newest(List<Probe> answers) {
        return answers.stream()
                .mapToLong(answer -> answer.received().timeline())
                .max()
                .orElse(0);
    }

    private static boolean isWritten(List<Probe> answers, long timeline) {
        return answers.stream()
                .anyMatch(answer -> answer.writable() && answer.received().timeline() >= timeline);
    }

    /**
     * Tries once.
     *
     * @param primary the index of the primary that is gone, or -1 where none is known
     * @return the promotion, or null if there was none
     */
    @Nullable
    Promotion run(ReplicaTopology<N> topology, int primary) {
        if (lease == null) {
            return agreed(topology, primary) ? promoteAndFollow(topology, primary, null) : null;
        }
        Optional<Lease.Grant> granted;
        try {
            granted = lease.tryAcquire("failover of " + name, LEASE);
        } catch (RuntimeException failure) {
            failed("failover.lease", "the lease cannot be asked for", failure);
            return null;
        }
        if (granted.isEmpty()) {
            return null;
        }
        Lease.Grant grant = granted.get();
        try {
            // Asked only now: another process may just have finished the same failover.
            return agreed(topology, primary) ? promoteAndFollow(topology, primary, grant) : null;
        } finally {
            release(grant);
        }
    }

    /** Whatever keeps the lease from being given back must not hide what was done under it: it lapses by itself. */
    private void release(Lease.Grant grant) {
        try {
            grant.close();
        } catch (RuntimeException failure) {
            failed("failover.lease", "the lease cannot be given back", failure);
        }
    }

    private boolean renewed(Lease.Grant grant) {
        try {
            return grant.renew() && grant.isHeld();
        } catch (RuntimeException failure) {
            failed("failover.lease", "the lease cannot be renewed", failure);
            return false;
        }
    }

    private @Nullable Promotion promoteAndFollow(
            ReplicaTopology<N> topology, int primary, Lease.@Nullable Grant grant) {
        Promotion promotion = promote(topology, primary, grant);
        if (promotion != null) {
            follow(promotion);
        }
        return promotion;
    }

    /**
     * Tells the others to follow the new primary. Not before it is one: PostgreSQL counts no acknowledgement of a replica
     * that connected to it as a standby's until its settings are loaded anew.
     *
     * <p>After a failover still under its lease, and again where one did not take note: the new primary acknowledges nothing until
     * a quorum follows, and once the lease is given up nobody may tell a frozen replica to follow while the former primary is
     * silent, since that one might have been promoted unseen ({@link UnseenPromotion}).
     */
    void follow(Promotion promotion) {
        List<Integer> left = new ArrayList<>(promotion.others());
        int enough = Math.min(quorum.getAsInt(), left.size());
        for (int round = 0; round < MOST_ROUNDS && promotion.others().size() - left.size() < enough; round++) {
            left.removeIf(i -> follow(i, promotion.node(), promotion.token()));
        }
        if (enough == 0) {
            left.forEach(i -> follow(i, promotion.node(), promotion.token()));
        }
    }

    /** Whether a majority of the replicas, asked now, miss the primary too, and nobody was promoted meanwhile. */
    private boolean agreed(ReplicaTopology<N> topology, int primary) {
        List<Probe> answers = new ArrayList<>();
        for (NodeState<N> node : nodes) {
            if (node.index() != primary) {
                try {
                    answers.add(engine.probe(node.endpoint()));
                } catch (Exception unreachable) {
                    // It cannot agree; whether enough others do is counted below.
                    node.suspected();
                }
            }
        }
        long newest = newest(answers);
        boolean replaced = topology.epoch() > 0 && newest > topology.epoch();
        // Whoever still writes on an older timeline than somebody has is no primary.
        if (replaced || (primary < 0 && isWritten(answers, Math.max(newest, topology.epoch())))) {
            return false;
        }
        long agreeing = answers.stream().filter(FailoverDrive::isAdrift).count();
        return isNobodyPrimary(answers) || agreeing * 2 > nodes.size() - 1;
    }

    private @Nullable Promotion promote(ReplicaTopology<N> topology, int primary, Lease.@Nullable Grant grant) {
        long epoch = topology.epoch();
        events.tell(
                Level.WARNING,
                "failover.started",
                "a majority of the replicas miss the primary of epoch " + epoch,
                Map.of("epoch", epoch));
        int quorum = this.quorum.getAsInt();
        int needed = EpochReservation.needed(nodes.size(), quorum);
        long token = grant == null ? 0 : grant.token();
        List<Frozen> frozen = freeze(topology, primary, needed, token);
        boolean proven = quorum > 0 && frozen.size() >= needed;
        if (frozen.isEmpty() || (!proven && !failover.allowsDataLoss())) {
            refuse(topology, primary, frozen, new Proof(quorum, needed), token);
            return null;
        }
        Frozen best = frozen.get(0);
        for (Frozen each : frozen) {
            best = each.at().compareTo(best.at()) > 0 ? each : best;
        }
        String id = nodes.get(best.node()).endpoint().id();
        int chosen = best.node();
        List<Integer> members = frozen.stream().map(Frozen::node).toList();
        boolean reserved = reservation.make(chosen, best.at().timeline(), members, proven ? needed : 1, token);
        if (!reserved || (grant != null && !renewed(grant))) {
            // Another may drive by now and count on the frozen ones: leave them.
            String why = reserved ? "the lease was lost" : "too few nodes could be told of the next timeline";
            events.tell(Level.WARNING, "failover.abandoned", why + " before promoting", Map.of());
            return null;
        }
        try {
            LogPosition start = engine.promote(nodes.get(chosen).endpoint(), token);
            events.tell(
                    Level.WARNING,
                    "failover.promoted",
                    "'" + id + "' was promoted at " + best.at() + ", the most advanced of " + frozen.size()
                            + " frozen replicas" + (proven ? "" : "; acknowledged writes may be lost"),
                    Map.of("node", id, "epoch", start.timeline(), "at", best.at(), "lossless", proven));
            List<Integer> others =
                    members.stream().filter(node -> node != chosen).toList();
            return new Promotion(chosen, start, proven, others, token);
        } catch (Exception failure) {
            // It may have been promoted all the same. The frozen stay frozen, and the next probes tell.
            failed("failover.failed", "'" + id + "' could not be promoted", failure);
            return null;
        }
    }

    /** Freezes who answers, and then, only as far as the proof needs them, who does not: each of those takes its time. */
    private List<Frozen> freeze(ReplicaTopology<N> topology, int primary, int needed, long token) {
        List<Frozen> frozen = new ArrayList<>();
        List<Integer> silent = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            if (i == primary || topology.members().get(i).role() == Role.ZOMBIE) {
                continue;
            }
            if (nodes.get(i).isHealthy()) {
                freeze(i, frozen, token);
            } else {
                silent.add(i);
            }
        }
        for (int i : silent) {
            if (frozen.size() < needed) {
                freeze(i, frozen, token);
            }
        }
        return frozen;
    }

    private void freeze(int i, List<Frozen> frozen, long token) {
        Endpoint<N> node = nodes.get(i).endpoint();
        try {
            LogPosition at = engine.freeze(node, token);
            frozen.add(new Frozen(i, at));
            events.tell(
                    Level.INFO,
                    "failover.frozen",
                    "'" + node.id() + "' is frozen at " + at,
                    Map.of("node", node.id(), "at", at));
        } catch (Exception failure) {
            failed("failover.unfrozen", "'" + node.id() + "' could not be frozen", failure);
        }
    }

    /** Undoes the freeze, so that a primary that lives after all is not left without replicas. */
    private void refuse(ReplicaTopology<N> topology, int primary, List<Frozen> frozen, Proof proof, long token) {
        events.tell(
                Level.ERROR,
                "failover.refused",
                frozen.size() + " replicas were frozen (expected: "
                        + (proof.quorum() == 0 ? "synchronous replication" : proof.needed())
                        + "), so acknowledged writes could be lost; bring replicas back, or allowDataLoss()",
                Map.of("frozen", frozen.size(), "needed", proof.needed(), "quorum", proof.quorum()));
        long epoch = topology.epoch();
        int told = engine.synchronousReplicas();
        // Control of all that answer was taken just now, or tried to.
        if (primary >= 0 && !UnseenPromotion.isPossible(engine, nodes, epoch, primary, told, node -> {})) {
            for (Frozen each : frozen) {
                follow(each.node(), primary, token);
            }
        }
    }

    /** @return whether it took note */
    private boolean follow(int replica, int primary, long token) {
        Endpoint<N> node = nodes.get(replica).endpoint();
        Endpoint<N> leader = nodes.get(primary).endpoint();
        try {
            engine.follow(node, leader, token);
            events.tell(
                    Level.INFO,
                    "failover.repointed",
                    "'" + node.id() + "' was told to follow '" + leader.id() + "'",
                    Map.of("node", node.id(), "primary", leader.id()));
            return true;
        } catch (Exception failure) {
            failed(
                    "failover.unpointed",
                    "'" + node.id() + "' could not be told to follow '" + leader.id() + "'",
                    failure);
            return false;
        }
    }

    private void failed(String kind, String message, Exception failure) {
        events.tell(Level.WARNING, kind, message + ": " + failure, Map.of("failure", String.valueOf(failure)));
    }
}
