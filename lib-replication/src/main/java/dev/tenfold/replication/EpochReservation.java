package dev.tenfold.replication;

import dev.tenfold.topology.Endpoint;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Gives each promotion a timeline of its own, so that an epoch has one primary, whoever else was promoted unseen.
 *
 * <p>A server counts its timelines by itself: it takes the next number after its own. With a quorum of one that is enough,
 * since all but the primary are frozen for a promotion, among them whoever was promoted before. With more, two drivers may
 * each promote a node that the other does not reach, and both servers count to the same number. So a driver first writes down
 * the number on the servers that it has frozen:
 *
 * <ol>
 *   <li>It reads the highest number that any of them was told. One above it, and above the timeline of the candidate, is its.
 *   <li>It tells that number to the others, and to the candidate the one before, which makes the candidate take it.
 *   <li>Only if {@code needed} of them have it down, it promotes.
 * </ol>
 *
 * <p><b>Why no two promotions get one number.</b> Each is written down on {@code needed} nodes or more, which is more than half
 * of all: any two promotions share a node {@code x}. The fencing token of the lease is compared by {@code x}; of two drivers
 * the one with the lower token can do nothing there once the other has begun. So one of them did both of its steps on {@code x}
 * before the other's first, and the other read its number, unless {@code x} is the candidate of the earlier: then the later has
 * frozen it, and it is not promoted any more, or it was promoted and cannot be frozen. It is the argument of Paxos and Raft for
 * the number of a ballot or term (L. Lamport, "The Part-Time Parliament", 1998).
 *
 * <p>It holds as long as the engine can {@linkplain ReplicationEngine#reserve reserve}, everybody drives under one lease, and
 * nobody promotes by hand. What then happens to two on one timeline is the work of {@link Rivals}.
 *
 * <p>Used by one thread at a time.
 */
final class EpochReservation<N> {

    private final ReplicationEngine<N> engine;
    private final List<NodeState<N>> nodes;
    private final Events events;

    EpochReservation(ReplicationEngine<N> engine, List<NodeState<N>> nodes, Events events) {
        this.engine = engine;
        this.nodes = nodes;
        this.events = events;
    }

    /** How many must be frozen for a promotion: enough to have every acknowledged write, and more than half. */
    static int needed(int nodes, int quorum) {
        int most = nodes - 1; // the primary that is replaced is not frozen
        return Math.max(nodes - quorum, Math.min(most, nodes / 2 + 1));
    }

    /**
     * Makes the next promotion of a node begin a timeline that no other has.
     *
     * @param candidate the index of the node to promote
     * @param timeline the newest that any of the members has
     * @param members the indexes of those to ask, the candidate among them
     * @param needed how many of them must have it down
     * @return whether the candidate may be promoted
     */
    boolean make(int candidate, long timeline, List<Integer> members, int needed, long token) {
        long taken = timeline;
        List<Integer> reached = new ArrayList<>();
        for (int i : members) {
            try {
                long told = engine.reserve(nodes.get(i).endpoint(), 0, token);
                if (told < 0) {
                    return true; // the engine cannot; its servers count by themselves
                }
                taken = Math.max(taken, told);
                reached.add(i);
            } catch (Exception failure) {
                failed(i, failure);
            }
        }
        int reserved = 0;
        for (int i : reached) {
            try {
                engine.reserve(nodes.get(i).endpoint(), i == candidate ? taken : taken + 1, token);
                reserved++;
            } catch (Exception failure) {
                failed(i, failure);
                if (i == candidate) {
                    return false;
                }
            }
        }
        return reached.contains(candidate) && reserved >= needed;
    }

    private void failed(int node, Exception failure) {
        Endpoint<N> endpoint = nodes.get(node).endpoint();
        events.tell(
                Level.WARNING,
                "failover.unreserved",
                "'" + endpoint.id() + "' could not be told of the next timeline: " + failure,
                Map.of("node", endpoint.id(), "failure", String.valueOf(failure)));
    }
}
