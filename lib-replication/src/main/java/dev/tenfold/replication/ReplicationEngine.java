package dev.tenfold.replication;

import dev.tenfold.topology.Endpoint;
import java.util.List;

/**
 * What a {@link ReplicaSet} must be able to ask of one kind of replicated store. An engine serves one set, which closes it.
 *
 * <p>Methods block and are called from several threads, for one node also at once; each must end by itself within a
 * timeout of the engine's own (a second or so, {@link #promote} more), because a hung node is one of the cases they exist
 * for. A method that fails throws what the store's client throws; {@link #probe} failing is how a dead node looks. An
 * engine keeps no opinion about who is primary: that is the set's.
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
     * Returns the position up to which a read on the node sees the history now; on a primary, one that covers every write
     * it has acknowledged.
     *
     * @param node whom to ask
     * @return its position now
     * @throws Exception if it does not answer
     */
    LogPosition position(Endpoint<N> node) throws Exception;

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
     * it acknowledges nothing to the old primary any more. Freezing a frozen replica does nothing.
     *
     * @param replica a node that is not writable
     * @return up to where it holds the history, final until it follows again
     * @throws Exception if it does not answer or does not stop in time; it may be frozen or not
     */
    LogPosition freeze(Endpoint<N> replica) throws Exception;

    /**
     * Turns a frozen replica into the primary of a new timeline and returns once it takes writes.
     *
     * @param candidate the node to promote
     * @return the new timeline and the offset at which it began
     * @throws Exception if that did not happen or is not certain; the next probe tells
     */
    LogPosition promote(Endpoint<N> candidate) throws Exception;

    /**
     * Makes a replica, frozen or not, follow a primary. Returns once it was told, not once it streams.
     *
     * @param replica a node that is not writable
     * @param primary whom to follow
     * @throws Exception if it does not answer
     */
    void follow(Endpoint<N> replica, Endpoint<N> primary) throws Exception;

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

    /** Closes what the engine opened for its own use; the nodes stay the caller's. */
    @Override
    void close();
}
