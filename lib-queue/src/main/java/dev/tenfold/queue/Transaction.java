package dev.tenfold.queue;

import java.util.concurrent.CompletionStage;

/**
 * Several publishes and acknowledgements that happen together or not at all. Nothing of it is seen before {@link #commit},
 * and then all at once: no consumer is given one of its messages while another one is not in its queue yet.
 *
 * <p>Not thread-safe: one thread fills it. Closing one that was not committed rolls it back.
 */
public interface Transaction extends AutoCloseable {

    /**
     * Adds a message.
     *
     * @param <E> the kind of message
     * @param exchange of the same broker
     * @param routingKey at most 255 bytes of UTF-8
     * @param message what to deliver
     * @return this
     * @throws IllegalArgumentException if the key is too long or the exchange is another broker's
     * @throws IllegalStateException if it is committed or rolled back already
     */
    default <E> Transaction publish(Exchange<E> exchange, String routingKey, E message) {
        return publish(exchange, routingKey, Message.of(message));
    }

    /**
     * Adds a message.
     *
     * @param <E> the kind of message
     * @param exchange of the same broker
     * @param routingKey at most 255 bytes of UTF-8
     * @param message what to deliver
     * @return this
     * @throws IllegalArgumentException if the key is too long or the exchange is another broker's
     * @throws IllegalStateException if it is committed or rolled back already
     */
    <E> Transaction publish(Exchange<E> exchange, String routingKey, Message<? extends E> message);

    /**
     * Adds an acknowledgement. The delivery counts as settled from here on; rolling back makes it unsettled again.
     *
     * @param delivery of a consumer of the same broker that settles itself
     * @return this
     * @throws IllegalArgumentException if the delivery is another broker's
     * @throws IllegalStateException if the delivery is settled, or this is committed or rolled back already
     */
    Transaction ack(Delivery<?> delivery);

    /**
     * Does all of it. Where a queue has no room for its part, nothing is done: it never waits, even where the overflow is
     * {@link QueueOptions.Overflow#BLOCK}. Messages that lead nowhere are no reason to fail.
     *
     * @return completes when all of it is done, and on disk where the broker is durable; fails with {@link
     *     PublishRejectedException} if nothing was done, and then the transaction is rolled back
     * @throws IllegalStateException if it is committed or rolled back already
     */
    CompletionStage<Void> commit();

    /** Forgets all of it, and makes its deliveries unsettled again; does nothing after {@link #commit}. */
    void rollback();

    /** Rolls back unless committed. */
    @Override
    default void close() {
        rollback();
    }
}
