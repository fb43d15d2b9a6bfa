package dev.tenfold.queue;

/** A running subscription to one queue, made by {@link Queue#consume} or {@link Queue#consumeManually}. Thread-safe. */
public interface Consumer extends AutoCloseable {

    /**
     * Returns a name for logs.
     *
     * @return the queue's name and a number, such as {@code "mail#1"}
     */
    String name();

    /**
     * Returns how many messages it holds.
     *
     * @return 0 to its prefetch
     */
    int unsettled();

    /**
     * Ends deliveries without waiting. A handler that runs is left to finish and its outcome counts; deliveries that were
     * handed out can still be settled; messages it held but had not begun go back to their place in the queue. Closing
     * again does nothing.
     */
    @Override
    void close();

    /**
     * Works on messages.
     *
     * @param <E> the kind of message
     */
    @FunctionalInterface
    interface Handler<E> {

        /**
         * Works on one message. Never called by two threads at once for one consumer.
         *
         * @param delivery the message and what is known about it
         * @throws Exception if it failed and should be tried again
         */
        void handle(Delivery<E> delivery) throws Exception;
    }
}
