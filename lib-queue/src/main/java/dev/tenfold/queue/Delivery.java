package dev.tenfold.queue;

import java.util.Map;

/**
 * A message in the hands of a consumer.
 *
 * <p>A consumer started with {@link Queue#consumeManually} ends each delivery by one of {@link #ack}, {@link #nack}, {@link
 * #reject} and {@link #fail}, once, from any thread; a second one throws {@link IllegalStateException}. With {@link
 * Queue#consume} the handler's outcome settles it and these methods throw.
 *
 * @param <E> the kind of message
 */
public interface Delivery<E> {

    /**
     * Returns the message itself.
     *
     * @return what was published
     */
    E body();

    /**
     * Returns what was said beside it. A dead letter has its history here, see {@link Death}.
     *
     * @return unmodifiable
     */
    Map<String, Object> headers();

    /**
     * Returns the key it was published with.
     *
     * @return the routing key; for a dead letter the name of the queue
     */
    String routingKey();

    /**
     * Returns where it was published.
     *
     * @return the name of the exchange; empty for the default exchange and for a dead letter
     */
    String exchange();

    /**
     * Returns which attempt this is. Only failures count: a message that was given back, or held and never begun, comes
     * again with the same number.
     *
     * @return 1 for the first
     */
    int attempt();

    /**
     * Says whether a handler was given this message before.
     *
     * @return true if its effects may have happened already, in whole or in part
     */
    boolean redelivered();

    /**
     * Says that the work is done; the message is gone.
     *
     * @throws IllegalStateException if the delivery is settled already or settles by outcome
     */
    void ack();

    /**
     * Gives the message back without having failed.
     *
     * @param requeue true puts it back where it was, to be delivered again at once, its attempt not counted; false does
     *     as {@link #reject}
     * @throws IllegalStateException if the delivery is settled already or settles by outcome
     */
    void nack(boolean requeue);

    /**
     * Says that the message can never be worked on: it becomes a dead letter, without further attempts.
     *
     * @throws IllegalStateException if the delivery is settled already or settles by outcome
     */
    void reject();

    /**
     * Says that this attempt failed, as throwing from the handler does: the message is tried again after a delay, or
     * becomes a dead letter after the last attempt.
     *
     * @param cause why, for the observer
     * @throws IllegalStateException if the delivery is settled already or settles by outcome
     */
    void fail(Throwable cause);
}
