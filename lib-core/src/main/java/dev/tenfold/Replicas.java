package dev.tenfold;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.time.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes one set of nodes that hold the same data. A replica set is one; a lone database is too, through {@link
 * #single}.
 *
 * @param <N> the kind of node
 */
public interface Replicas<N> {

    /**
     * Returns the name that the set's positions carry.
     *
     * @return the shard's name
     */
    String name();

    /**
     * Runs a read on a node that has reached a position. A node that fails may be left for another, so the call may run
     * more than once.
     *
     * @param <R> the kind of answer
     * @param <X> what the call may throw
     * @param minimum what the node must have seen
     * @param deadline by when to have answered, waiting for a node included
     * @param call reads from the node it is given
     * @return the answer, and a position the node had reached before the read; where it is known, also one the node had not
     *     passed when the read was over (else {@link Positioned#seen} equals the first, and a session may read a key twice
     *     and see it go back by as much as the node moved during the read)
     * @throws X what the call threw, where another node would not have helped
     * @throws dev.tenfold.error.UnavailableException if no node may answer
     * @throws dev.tenfold.error.DeadlineExceededException if no node reached the position in time
     * @throws dev.tenfold.error.LostWriteException if a failover lost what the position had seen
     */
    <R extends @Nullable Object, X extends Exception> Positioned<R> read(
            Position minimum, Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X;

    /**
     * Runs a read as {@link #read} does, and takes the later mark whatever it costs: for copies and sessions, which promise that
     * nobody sees time run backwards.
     *
     * @param <R> the kind of answer
     * @param <X> what the call may throw
     * @param minimum what the node must have seen
     * @param deadline by when to have answered, waiting for a node included
     * @param call reads from the node it is given
     * @return the answer, a position the node had reached before the read, and one it had not passed when the read was over;
     *     where that cannot be known, {@link Position#primaryOnly}. The default is for sets whose {@link #read} takes both
     * @throws X as {@link #read}
     */
    default <R extends @Nullable Object, X extends Exception> Positioned<R> readMarked(
            Position minimum, Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        return this.<R, X>read(minimum, deadline, call);
    }

    /**
     * Runs a write on the primary, once.
     *
     * @param <R> the kind of answer
     * @param <X> what the call may throw
     * @param deadline by when to have begun, waiting for a primary included
     * @param call writes and commits on the node it is given
     * @return the answer, and the position after the commit
     * @throws X what the call threw, where the write certainly did not happen or the failure says nothing of it
     * @throws dev.tenfold.error.OutcomeUnknownException if the write may or may not have happened
     * @throws dev.tenfold.error.UnavailableException if there is no primary; nothing was sent
     * @throws dev.tenfold.error.DeadlineExceededException if no primary appeared in time; nothing was sent
     */
    <R extends @Nullable Object, X extends Exception> Positioned<R> write(
            Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X;

    /**
     * Makes a set of one node, where every read sees every write.
     *
     * <p>Its positions count the writes of this process. So a session that moves to another process with a cache of its
     * own may meet copies there as old as that cache keeps them; where that matters, use a replica set that reads the
     * node's own log position, even over one node.
     *
     * @param <N> the kind of node
     * @param name the shard's name
     * @param node the node
     * @return a set that always uses it
     */
    static <N> Replicas<N> single(String name, N node) {
        return new SingleNode<>(name, node);
    }

    /**
     * Reads a value from a node.
     *
     * @param <N> the kind of node
     * @param <K> the kind of key
     * @param <V> the kind of value
     */
    @FunctionalInterface
    interface Reading<N, K, V> {

        /**
         * Reads.
         *
         * @param node where
         * @param key which
         * @return the value, or null where there is none
         * @throws Exception if it cannot be read
         */
        @Nullable
        V read(N node, K key) throws Exception;
    }

    /**
     * Writes a value to a node and commits.
     *
     * @param <N> the kind of node
     * @param <K> the kind of key
     * @param <V> the kind of value
     */
    @FunctionalInterface
    interface Writing<N, K, V> {

        /**
         * Writes and commits.
         *
         * @param node where
         * @param key which
         * @param value what
         * @throws Exception if it cannot be written
         */
        void write(N node, K key, V value) throws Exception;
    }

    /**
     * Removes a value from a node and commits.
     *
     * @param <N> the kind of node
     * @param <K> the kind of key
     */
    @FunctionalInterface
    interface Removing<N, K> {

        /**
         * Removes and commits.
         *
         * @param node where
         * @param key which
         * @throws Exception if it cannot be removed
         */
        void remove(N node, K key) throws Exception;
    }
}
