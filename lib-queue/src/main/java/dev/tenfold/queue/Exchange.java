package dev.tenfold.queue;

import dev.tenfold.Publisher;
import dev.tenfold.observe.Measured;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Takes messages and puts each into the queues its routing key leads to.
 *
 * <p>Thread-safe. Bindings may change while messages flow: a message sees every change that ended before its publishing
 * began. A queue gets one copy of a message, however many of its bindings match.
 *
 * @param <E> the kind of message
 */
public interface Exchange<E> extends Publisher<E>, Measured {

    /**
     * Returns the name.
     *
     * @return as declared; empty for the default exchange
     */
    String name();

    /**
     * Returns the kind of message.
     *
     * @return as declared
     */
    Class<E> type();

    /**
     * Lets messages flow to a queue; does nothing if this binding exists.
     *
     * @param queue of the same broker
     * @param bindingKey at most 255 bytes of UTF-8; a fanout exchange only tells bindings apart by it
     * @throws IllegalArgumentException if the key is too long, the queue belongs to another broker or cannot hold this
     *     exchange's messages
     * @throws UnsupportedOperationException on the default exchange
     */
    void bind(Queue<? super E> queue, String bindingKey);

    /**
     * Ends a binding; other bindings of the queue stay.
     *
     * @param queue a queue
     * @param bindingKey the key it was bound with
     * @return whether there was such a binding
     * @throws UnsupportedOperationException on the default exchange
     */
    boolean unbind(Queue<? super E> queue, String bindingKey);

    /**
     * Publishes a message without headers.
     *
     * @param routingKey at most 255 bytes of UTF-8
     * @param message what to deliver
     * @return as {@link #publish(String, Object, Map)}
     * @throws IllegalArgumentException if the key is too long
     */
    @Override
    default CompletionStage<Confirm> publish(String routingKey, E message) {
        return publish(routingKey, message, Map.of());
    }

    /**
     * Publishes a message.
     *
     * <p>Blocks only while a queue declared with {@link Overflow#BLOCK} is full. A failed stage may still mean that some
     * of the queues have the message: the exception says which refused it.
     *
     * @param routingKey at most 255 bytes of UTF-8
     * @param message what to deliver
     * @param headers what to tell the consumer beside it; copied, so neither names nor values may be null
     * @return {@link Confirm#ROUTED} once every queue it leads to has it, {@link Confirm#UNROUTED} if it leads to none,
     *     or a {@link PublishRejectedException} if a queue refused it or the broker is closed
     * @throws IllegalArgumentException if the key is too long
     */
    CompletionStage<Confirm> publish(String routingKey, E message, Map<String, ?> headers);
}
