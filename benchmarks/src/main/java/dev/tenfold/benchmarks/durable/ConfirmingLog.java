package dev.tenfold.benchmarks.durable;

import java.io.IOException;

/** Something that says when a message is on disk. Thread-safe. */
public interface ConfirmingLog extends AutoCloseable {

    /** Names it in the table. */
    String name();

    /** Returns when the message is on disk. */
    void write(byte[] message) throws Exception;

    @Override
    void close() throws IOException;
}
