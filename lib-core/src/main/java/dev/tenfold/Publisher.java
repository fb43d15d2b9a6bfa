package dev.tenfold;

import java.util.concurrent.CompletionStage;

/**
 * Publishes messages under a routing key. An exchange is a publisher.
 *
 * @param <E> the kind of message
 */
@FunctionalInterface
public interface Publisher<E> {

    /**
     * Publishes a message.
     *
     * @param routingKey decides who gets it
     * @param message what they get
     * @return completes when the broker has taken responsibility for the message, exceptionally when it refused
     */
    CompletionStage<?> publish(String routingKey, E message);

    /**
     * Stores messages in transactions of the application's, to be published once those have committed and never if they roll
     * back. An outbox is one: {@code (connection, change) -> outbox.record(connection, "user-" + change.key(), "user.changed",
     * change)}.
     *
     * @param <T> the kind of transaction, such as a {@code java.sql.Connection}
     * @param <E> the kind of message
     */
    @FunctionalInterface
    interface Recorder<T, E> {

        /**
         * Stores a message.
         *
         * @param transaction begun, and not yet committed
         * @param message what is to be published
         * @throws Exception if it could not be stored; the transaction is to be rolled back then
         */
        void record(T transaction, E message) throws Exception;
    }

    /**
     * The announcement of one write, to be stored in the transaction that writes.
     *
     * @param <T> the kind of transaction
     */
    @FunctionalInterface
    interface Announcement<T> {

        /**
         * Stores it, once.
         *
         * @param transaction the one that writes, before it commits
         * @throws IllegalStateException if it was stored already
         * @throws Exception if it could not be stored; the transaction is to be rolled back then
         */
        void recordIn(T transaction) throws Exception;
    }

    /**
     * Writes a value to a node and stores its announcement in the same transaction.
     *
     * @param <N> the kind of node
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param <T> the kind of transaction
     */
    @FunctionalInterface
    interface RecordedWriting<N, K, V, T> {

        /**
         * Writes, stores the announcement, and commits.
         *
         * @param node where
         * @param key which
         * @param value what
         * @param announcement to be stored before the commit
         * @throws Exception if it cannot be written
         */
        void write(N node, K key, V value, Announcement<T> announcement) throws Exception;
    }

    /**
     * Removes a value from a node and stores its announcement in the same transaction.
     *
     * @param <N> the kind of node
     * @param <K> the kind of key
     * @param <T> the kind of transaction
     */
    @FunctionalInterface
    interface RecordedRemoving<N, K, T> {

        /**
         * Removes, stores the announcement, and commits.
         *
         * @param node where
         * @param key which
         * @param announcement to be stored before the commit
         * @throws Exception if it cannot be removed
         */
        void remove(N node, K key, Announcement<T> announcement) throws Exception;
    }
}
