package dev.tenfold.replication;

import dev.tenfold.error.LostWriteException;
import dev.tenfold.session.Position;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who is what in a replica set at one moment. Immutable; readable without a lock.
 *
 * <p>The epoch is the timeline of the primary, which every process reads off the servers: so all of them mean the same by it.
 * In one epoch one primary acknowledges writes, whatever goes wrong, as long as promotions keep the rules of a synchronous
 * quorum. Nor is an epoch reused by a promotion of which nobody heard, where the quorum is one, or the engine {@linkplain
 * ReplicationEngine#reserve reserves} timelines. With a larger quorum and an engine that does not, that can happen once in a
 * while, since fewer nodes have to be asked: two are promoted to one timeline. The node of the two that acknowledges nothing is
 * found and made to join again; until a process has heard of the other, its reads there may be older than a session demands. The
 * version counts the changes this process saw.
 *
 * @param <N> the kind of node
 * @param version grows with each change of anything here
 * @param epoch the timeline of the primary, or of the last one while there is none; 0 before the first
 * @param members every node and its role, in the order of the builder
 * @param branches where the newest timelines left their predecessors, oldest first, at most {@value #MAXIMUM_BRANCHES}
 */
public record ReplicaTopology<N>(long version, long epoch, List<Member<N>> members, List<Branch> branches)
        implements Snapshot {

    /** How many promotions are remembered; a session older than that is answered by the primary. */
    public static final int MAXIMUM_BRANCHES = 16;

    /** Of {@link #required}: the caller knows of a newer epoch than this topology does. */
    static final long AHEAD = -1;

    /** Copies the lists. */
    public ReplicaTopology {
        members = List.copyOf(members);
        branches = List.copyOf(branches);
    }

    /**
     * A node and its role.
     *
     * @param <N> the kind of node
     * @param endpoint the node
     * @param role what it is
     */
    public record Member<N>(Endpoint<N> endpoint, Role role) {}

    /**
     * The place at which a promotion left the history before it.
     *
     * @param start the new timeline, and the offset at which it began
     * @param lossless whether it is known that every acknowledged write lies before the start
     */
    public record Branch(LogPosition start, boolean lossless) {}

    /**
     * Returns the node that takes the writes.
     *
     * @return the primary of this epoch, or empty while there is none
     */
    public Optional<Endpoint<N>> primary() {
        int index = primaryIndex();
        return index < 0 ? Optional.empty() : Optional.of(members.get(index).endpoint());
    }

    int primaryIndex() {
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).role() == Role.PRIMARY) {
                return i;
            }
        }
        return -1;
    }

    ReplicaTopology<N> withRoles(List<Role> roles) {
        List<Member<N>> next = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            next.add(new Member<>(members.get(i).endpoint(), roles.get(i)));
        }
        return next.equals(members) ? this : new ReplicaTopology<>(version + 1, epoch, next, branches);
    }

    ReplicaTopology<N> branch(Branch branch) {
        List<Branch> next = new ArrayList<>(branches);
        next.add(branch);
        if (next.size() > MAXIMUM_BRANCHES) {
            next.remove(0);
        }
        return new ReplicaTopology<>(version + 1, branch.start().timeline(), members, next);
    }

    /**
     * Translates where a node stands into an offset on the current history: -1 if it lies outside of it.
     */
    long reach(LogPosition position) {
        if (position.timeline() == epoch) {
            return position.offset();
        }
        Branch next = branchAfter(position.timeline());
        boolean shared = next != null && position.offset() <= next.start().offset();
        return shared ? position.offset() : -1;
    }

    /**
     * Translates what a session has seen into the offset a node must have reached on the current history.
     *
     * @return an offset, {@link Long#MAX_VALUE} if only the primary will do, or {@link #AHEAD}
     */
    long required(Position minimum) {
        boolean anyPrimary = minimum.isPrimaryOnly() && minimum.timeline() == Long.MAX_VALUE;
        if (minimum.offset() == 0 || anyPrimary || minimum.timeline() == epoch) {
            return minimum.offset();
        }
        if (minimum.timeline() > epoch) {
            return AHEAD;
        }
        if (minimum.isPrimaryOnly()) {
            return Long.MAX_VALUE;
        }
        Branch next = branchAfter(minimum.timeline());
        if (next == null) {
            return Long.MAX_VALUE;
        }
        if (minimum.offset() <= next.start().offset()) {
            return minimum.offset();
        }
        // A position is taken after a commit, and may count bytes of later transactions that nobody acknowledged. Where
        // the promotion is known to have kept all that was acknowledged, only those bytes can be missing.
        if (next.lossless()) {
            return next.start().offset();
        }
        throw new LostWriteException("replica set '" + minimum.shard() + "': the session has seen "
                + new LogPosition(minimum.timeline(), minimum.offset()) + ", but the primary of epoch "
                + next.start().timeline() + " started from " + next.start()
                + "; a write it had seen acknowledged may be lost");
    }

    boolean knowsBranchAfter(long timeline) {
        return timeline == epoch || branchAfter(timeline) != null;
    }

    /** Where the history after a timeline began, if it is known that nothing lies between the two. */
    private @Nullable Branch branchAfter(long timeline) {
        for (Branch branch : branches) {
            if (branch.start().timeline() == timeline + 1) {
                return branch;
            }
        }
        return null;
    }
}
