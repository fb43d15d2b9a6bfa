package dev.tenfold.queue;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Measured;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Holds messages, in the order they came, until consumers have settled them. Consumers compete: each message goes to one.
 *
 * <p>Thread-safe. A deleted queue refuses messages and has no consumers.
 *
 * @param <E> the kind of message
 */
public interface Queue<E> extends Measured {

    /**
     * Returns the name.
     *
     * @return as declared
     */
    String name();

    /**
     * Returns the kind of message.
     *
     * @return as declared
     */
    Class<E> type();

    /**
     * Returns how it was declared.
     *
     * @return every option, defaults included
     */
    QueueOptions options();

    /**
     * Starts a consumer with one worker that settles by outcome: when the handler returns, the message is done; when it
     * throws, the message is tried again as {@link QueueOptions#retry()} says and dead-lettered after the last attempt.
     *
     * <p>The handler is called with one message at a time, in order, on the broker's executor. It occupies a thread only
     * while there are messages.
     *
     * @param prefetch how many messages it may hold, 1 to {@value Consumer#MAX_PREFETCH}: more cost less per message, but
     *     those it holds wait for its handler while others idle; take 1 where handling is slow
     * @param handler works on a message
     * @return the running consumer
     * @throws InvalidConfigurationException if {@code prefetch} is out of range
     * @throws IllegalStateException if the broker is closed, the queue deleted or another consumer exclusive
     */
    default Consumer consume(int prefetch, Consumer.Handler<E> handler) {
        return consume(options -> options.prefetch(prefetch), handler);
    }

    /**
     * Starts a consumer with one worker that settles each {@link Delivery} itself, from any thread. A handler that throws
     * before it settled has failed the delivery.
     *
     * @param prefetch how many unsettled messages it may hold, 1 to {@value Consumer#MAX_PREFETCH}
     * @param handler works on a message, or hands it on
     * @return the running consumer
     * @throws InvalidConfigurationException if {@code prefetch} is out of range
     * @throws IllegalStateException if the broker is closed, the queue deleted or another consumer exclusive
     */
    default Consumer consumeManually(int prefetch, Consumer.Handler<E> handler) {
        return consume(options -> options.prefetch(prefetch).manual(), handler);
    }

    /**
     * Starts a consumer.
     *
     * @param options changes the default options
     * @param handler works on a message
     * @return the running consumer
     * @throws InvalidConfigurationException if the options do not fit
     * @throws IllegalStateException if the broker is closed, the queue deleted, another consumer exclusive, or this one is to
     *     be exclusive and there is another
     */
    Consumer consume(UnaryOperator<Consumer.Options<E>> options, Consumer.Handler<E> handler);

    /**
     * Takes the first ready message without a consumer. The caller settles it; until then it counts as unsettled.
     *
     * @return the delivery, or empty if no message is ready
     * @throws IllegalStateException if the broker is closed, the queue deleted, or a consumer exclusive
     */
    Optional<Delivery<E>> poll();

    /**
     * Looks at messages that are ready, without disturbing them.
     *
     * @param limit how many at most, from 0
     * @return the first ones, in the order in which they would be delivered
     */
    List<Message<E>> browse(int limit);

    /**
     * Removes every message that waits, for a consumer or for its time, but none that a consumer holds. Removed messages
     * are not dead-lettered.
     *
     * @return how many were removed
     */
    int purge();

    /**
     * Deletes the queue with its bindings and what is in it; nothing is dead-lettered. Consumers are closed and told, see
     * {@link Consumer.Options#onCancel}; settling what they hold has no effect any more. A deletion that a condition
     * prevents, and a second one, do nothing.
     *
     * @param conditions all must hold
     * @return whether the queue is deleted now
     */
    boolean delete(DeleteIf... conditions);

    /**
     * Returns what is in the queue at one instant.
     *
     * @return a consistent picture
     */
    State inspect();

    /** When to delete a queue. */
    enum DeleteIf {
        /** It has no consumer. */
        UNUSED,
        /** No message is in it, with a consumer or not. */
        EMPTY
    }

    /**
     * What is in a queue at one instant.
     *
     * @param name the queue's name
     * @param ready messages that wait for a consumer
     * @param delayed messages that wait for their time or their retry, or for room in the queue for dead letters
     * @param unsettled messages that consumers hold
     * @param consumers consumers that are open
     * @param blockedPublishers threads that wait for room
     * @param bytes what the bodies of the ready and delayed messages add up to; 0 without a limit of bytes
     */
    record State(String name, int ready, int delayed, int unsettled, int consumers, int blockedPublishers, long bytes) {

        /**
         * Returns how many messages the queue is responsible for.
         *
         * @return ready, delayed and unsettled together
         */
        public int messages() {
            return ready + delayed + unsettled;
        }
    }
}
