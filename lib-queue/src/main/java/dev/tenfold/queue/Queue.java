package dev.tenfold.queue;

import dev.tenfold.observe.Measured;

/**
 * Holds messages, in the order they came, until consumers have settled them. Consumers compete: each message goes to one.
 *
 * <p>Thread-safe.
 *
 * @param <E> the kind of message
 */
public interface Queue<E> extends Measured {

    /** The most messages a consumer may hold at once: 65,535, which is AMQP's limit. */
    int MAX_PREFETCH = 65_535;

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
     * Starts a consumer that settles by outcome: when the handler returns, the message is done; when it throws, the
     * message is tried again as {@link QueueOptions#retry()} says and dead-lettered after the last attempt.
     *
     * <p>The handler is called with one message at a time, in order, on the broker's executor. It occupies a thread only
     * while there are messages. Start several consumers to work on several at a time.
     *
     * @param prefetch how many messages it may hold, 1 to {@value #MAX_PREFETCH}: more cost less per message, but those
     *     it holds wait for its handler while others idle; take 1 where handling is slow
     * @param handler works on a message
     * @return the running consumer
     * @throws IllegalArgumentException if {@code prefetch} is out of range
     * @throws IllegalStateException if the broker is closed
     */
    Consumer consume(int prefetch, Consumer.Handler<E> handler);

    /**
     * Starts a consumer that settles each {@link Delivery} itself, from any thread. A handler that throws before it
     * settled has failed the delivery.
     *
     * @param prefetch how many unsettled messages it may hold, 1 to {@value #MAX_PREFETCH}
     * @param handler works on a message, or hands it on
     * @return the running consumer
     * @throws IllegalArgumentException if {@code prefetch} is out of range
     * @throws IllegalStateException if the broker is closed
     */
    Consumer consumeManually(int prefetch, Consumer.Handler<E> handler);

    /**
     * Removes every message that waits, for a consumer or for its retry, but none that a consumer holds. Removed messages
     * are not dead-lettered.
     *
     * @return how many were removed
     */
    int purge();

    /**
     * Returns what is in the queue at one instant.
     *
     * @return a consistent picture
     */
    State inspect();

    /**
     * What is in a queue at one instant.
     *
     * @param name the queue's name
     * @param ready messages that wait for a consumer
     * @param delayed messages that wait for their retry, or for room in the queue for dead letters
     * @param unsettled messages that consumers hold
     * @param consumers consumers that are open
     * @param blockedPublishers threads that wait for room
     */
    record State(String name, int ready, int delayed, int unsettled, int consumers, int blockedPublishers) {

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
