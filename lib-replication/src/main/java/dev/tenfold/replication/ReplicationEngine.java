package dev.tenfold.replication;

import dev.tenfold.topology.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a {@link ReplicaSet} must be able to ask of one kind of replicated store. An engine serves one set, which closes it.
 *
 * <p>Methods block and are called from several threads, for one node also at once; each must end by itself within a
 * timeout of the engine's own (a second or so, {@link #promote} more), because a hung node is one of the cases they exist
 * for. A method that fails throws what the store's client throws; {@link #probe} failing is how a dead node looks. An
 * engine keeps no opinion about who is primary: that is the set's.
 *
 * <p><b>Fencing.</b> A process may stand still for longer than its lease lasts, and its next command must not undo what
 * another has relied on since. So {@link #freeze}, {@link #reserve}, {@link #promote}, {@link #follow} and {@link #rejoin} carry the {@linkplain
 * dev.tenfold.coordination.Lease.Grant#token() fencing token} of the lease they are given under, and <em>the node</em>, not
 * the sender, refuses a token below the highest it has been given. Token 0 is that of a set without a lease, which drives
 * alone: it is not compared.
 *
 * @param <N> the kind of node
 */
public interface ReplicationEngine<N> extends AutoCloseable {

    /**
     * Asks a node for its role and position.
     *
     * @param node whom to ask
     * @return what it says
     * @throws Exception if it does not answer
     */
    Probe probe(Endpoint<N> node) throws Exception;

    /**
     * Returns the position up to which a read on the node sees the history now; on a primary, one that covers every write it
     * shows or has acknowledged. It may cover commits, too, that the primary does not show yet: what its reads show for certain
     * is {@link Probe#replayed}.
     *
     * @param node whom to ask
     * @return its position now
     * @throws Exception if it does not answer
     */
    LogPosition position(Endpoint<N> node) throws Exception;

    /**
     * Waits until a read on the node sees the history up to a position, where the store can do so itself. By default it asks
     * for the position once and does not wait; whoever needs it asks again.
     *
     * @param node whom to ask
     * @param wanted how far it must have come
     * @param patience how long to wait at most; zero asks only
     * @return its position now, which may be less than wanted
     * @throws Exception if it does not answer
     */
    default LogPosition awaitPosition(Endpoint<N> node, LogPosition wanted, Duration patience) throws Exception {
        return position(node);
    }

    /**
     * Returns where the current timeline of a primary left its predecessor.
     *
     * @param primary a node that is writable
     * @return its timeline, and the offset at which that began; {@link LogPosition#offset} 0 for a first timeline
     * @throws Exception if it does not answer
     */
    LogPosition timelineStart(Endpoint<N> primary) throws Exception;

    /**
     * Stops a replica from receiving anything more from whoever it follows, and returns only once that is certain: then
     * it acknowledges nothing to the old primary any more. Freezing a frozen replica takes it from whoever froze it before.
     *
     * @param replica a node that is not writable
     * @param token the fencing token, or 0
     * @return up to where it holds the history, final until it follows again
     * @throws Exception if it does not answer or does not stop in time, when it may be frozen or not; or if it has been
     *     given a higher token
     */
    LogPosition freeze(Endpoint<N> replica, long token) throws Exception;

    /**
     * Writes down on a node that timelines up to one are taken: a promotion of that node, by whomever, begins a later one. It
     * outlasts a crash, is never lowered, and need not outlast {@link #rejoin}. So that no two promotions begin the same
     * timeline, a driver reserves its own on more than half of the nodes before it promotes.
     *
     * <p>An engine that keeps no such number (the default) leaves a gap where commits wait for two replicas or more: two nodes
     * may be promoted to one timeline by drivers that could not reach each other's. Only one of them can acknowledge a write.
     *
     * @param node a replica, or the primary
     * @param timeline the highest that is taken; 0 only reads
     * @param token the fencing token, or 0
     * @return the highest that the node was ever told; 0 if nothing, -1 if the engine does not keep it
     * @throws Exception if it does not answer, has been given a higher token, or was frozen by this process and by somebody
     *     else since
     */
    default long reserve(Endpoint<N> node, long timeline, long token) throws Exception {
        return -1;
    }

    /**
     * Turns a frozen replica into the primary of a new timeline and returns once it takes writes.
     *
     * @param candidate the node to promote
     * @param token the fencing token it was frozen with, or 0
     * @return the new timeline and the offset at which it began
     * @throws Exception if that did not happen or is not certain; the next probe tells. It certainly did not happen if
     *     somebody else has frozen the node since
     */
    LogPosition promote(Endpoint<N> candidate, long token) throws Exception;

    /**
     * Makes a replica, frozen or not, follow a primary. Returns once it was told, not once it streams.
     *
     * @param replica a node that is not writable
     * @param primary whom to follow
     * @param token the fencing token, or 0
     * @throws Exception if it does not answer, or has been given a higher token
     */
    void follow(Endpoint<N> replica, Endpoint<N> primary, long token) throws Exception;

    /**
     * Says what a failed call means.
     *
     * @param failure what a user's call on a node threw
     * @return whose fault it was and whether something may have happened
     */
    CallFailure classify(Throwable failure);

    /**
     * Returns how many replicas have a write before the primary acknowledges it: the {@code k} of a synchronous quorum
     * {@code ANY k of n}, 0 where replication is asynchronous. With it, a promotion is known to lose nothing once {@code
     * n - k + 1} replicas were frozen and the most advanced of them is promoted.
     *
     * @return 0 to the number of replicas
     */
    int synchronousReplicas();

    /**
     * Checks that the engine can serve these nodes. Opens nothing.
     *
     * @param nodes the members of the set
     * @param failover what the set will do without a primary
     * @return what is wrong, one sentence each; empty if nothing is
     */
    default List<String> problems(List<Endpoint<N>> nodes, Failover failover) {
        return List.of();
    }

    /**
     * Looks at how the servers are set up, which is asked at the start and after each promotion.
     *
     * @param primary who takes the writes now
     * @param replicas the other members that answer
     * @return what was found
     * @throws Exception if the primary does not answer
     */
    default Setup inspect(Endpoint<N> primary, List<Endpoint<N>> replicas) throws Exception {
        return new Setup(synchronousReplicas(), List.of());
    }

    /**
     * How servers were found to be set up.
     *
     * @param synchronousReplicas how many replicas a write really waits for; where that is less than the engine was told,
     *     the proof of a promotion rests on this
     * @param problems what differs from what the engine was told, or will hinder a failover; one sentence each
     */
    record Setup(int synchronousReplicas, List<String> problems) {

        /** Copies the list. */
        public Setup {
            problems = List.copyOf(problems);
        }
    }

    /**
     * Returns who receives the history from a node now. Asked only where two nodes take writes on one timeline: the one that
     * enough others follow is the primary then.
     *
     * @param primary a node that is writable
     * @return the ids of those that follow it; nobody by default, and then such nodes are told apart by hand
     * @throws Exception if it does not answer
     */
    default Set<String> followers(Endpoint<N> primary) throws Exception {
        return Set.of();
    }

    /**
     * Says what keeps {@link #rejoin} from working on a node, and what a person has to do instead.
     *
     * @param node a node whose history left the primary's
     * @return what to do by hand, or empty if the engine can do it
     */
    default Optional<String> obstacleToRejoin(Endpoint<N> node) {
        return Optional.of("copy the primary's data to it and start it as a replica");
    }

    /**
     * Says whether a node cannot start because an earlier {@link #rejoin} of it broke off. Does not ask the node.
     *
     * @param node a node that does not answer
     * @return true if it has to be re-joined before it can answer again
     */
    default boolean awaitsRejoin(Endpoint<N> node) {
        return false;
    }

    /**
     * Makes a node follow the primary whatever its history is, running or not, and returns once it does. What its history
     * has beyond the primary's is gone then; {@link #recoveryReport} reads it before. May take as long as copying all of
     * the data. One process at a time does that to a node; a node that follows the primary already is left alone.
     *
     * @param node what was a primary, or a replica that has more than the primary, or one that was stopped
     * @param primary whom to follow
     * @param token the fencing token, or 0
     * @return false if another process is at it, so that nothing was done
     * @throws Exception if that failed, and then it can be tried again, with another primary too; or if the node answers and
     *     has been given a higher token, or holds history that is newer than the primary's, and then nothing was removed
     */
    default boolean rejoin(Endpoint<N> node, Endpoint<N> primary, long token) throws Exception {
        throw new UnsupportedOperationException(
                "'" + node.id() + "': " + obstacleToRejoin(node).orElse("this engine cannot make a node join again"));
    }

    /**
     * Reads what a node has that the history of the set does not.
     *
     * @param node a node that left the history
     * @param primary who takes the writes now
     * @return what will be lost when the node joins again
     * @throws Exception if one of the two does not answer
     */
    default Failover.RecoveryReport recoveryReport(Endpoint<N> node, Endpoint<N> primary) throws Exception {
        return new Failover.RecoveryReport(
                node.id(), timelineStart(primary), probe(node).received(), List.of());
    }

    /**
     * Ends a primary in order for a switchover: returns once it takes no writes any more, its replicas were given the
     * time to receive everything it wrote, and it would not come back as a primary if somebody started it. On PostgreSQL that
     * takes power over the server's process and files: SQL can promote a standby and point it elsewhere, but nothing said over
     * a connection turns a running primary into a standby or stops it.
     *
     * @param primary who takes the writes now
     * @param fence to be run once, as late as possible, while the primary still takes writes: it keeps new ones away
     * @return the end of its history; a replica that holds it has everything
     * @throws UnsupportedOperationException if the engine cannot; nothing was done
     * @throws Exception if that is not certain, or if the node takes no writes by now, and then nothing was done
     */
    default LogPosition retire(Endpoint<N> primary, Runnable fence) throws Exception {
        throw new UnsupportedOperationException("this engine cannot retire a primary");
    }

    /**
     * Takes {@link #retire} back: the node takes writes again.
     *
     * @param retired a primary that was retired, and whose place nobody took
     * @throws Exception if it does not start; or if somebody has started it since, and then nothing was done: it may follow
     *     another by now, and would be a second primary on that one's timeline
     */
    default void reinstate(Endpoint<N> retired) throws Exception {
        throw new UnsupportedOperationException("this engine cannot reinstate a primary");
    }

    /** Closes what the engine opened for its own use; the nodes stay the caller's. */
    @Override
    void close();
}
