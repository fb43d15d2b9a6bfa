package dev.tenfold.benchmarks.queue;

import java.io.IOException;

/** A way from producers to consumers, of which each message takes one. Has a constructor without arguments. */
public interface Contender {

    /** Names it in the tables. */
    String name();

    /** Says what a message goes through, in a few words. */
    String path();

    /** Says whether it holds producers back by itself; where it does not, the load sees to it that the heap lasts. */
    boolean isBounded();

    /**
     * Starts it, with its consumers.
     *
     * @param shape how many producers and consumers there are
     * @param receipts what consumers tell of each message
     */
    Session open(Shape shape, Receipts receipts) throws Exception;

    /** One that runs. */
    interface Session extends AutoCloseable {

        /** Makes a way in for one producer, which one thread at a time uses. */
        Sender sender() throws Exception;

        /** Returns the CPU time that processes of its own have taken so far, in nanoseconds. */
        default long serverCpuNanos() {
            return 0;
        }

        @Override
        void close() throws IOException;
    }

    /** A producer's way in. */
    @FunctionalInterface
    interface Sender {

        /** Sends a message, or waits until there is room. */
        void send(byte[] message) throws Exception;
    }
}
