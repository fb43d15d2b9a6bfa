package dev.tenfold.queue.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The few things a journal does to the files of its folder, so that a test can fail, tear or forget each of them. What is
 * written or renamed is certain to survive a power failure only after the force that follows it.
 */
interface FileIo extends Closeable {

    /** Names the folder in messages. */
    String folder();

    /** Returns the names of all files. */
    List<String> list() throws IOException;

    /** Opens a file to read and write, and creates it if there is none. */
    StoredFile open(String name) throws IOException;

    void rename(String from, String to) throws IOException;

    void delete(String name) throws IOException;

    /** Makes what was created, renamed and deleted durable. */
    void forceFolder() throws IOException;

    /** Lets others open the folder. */
    @Override
    void close() throws IOException;

    /** An open file. */
    interface StoredFile extends Closeable {

        long size() throws IOException;

        /** Writes all of {@code bytes}. */
        void write(ByteBuffer bytes, long position) throws IOException;

        /** Reads until {@code bytes} is full or the file ends. */
        void read(ByteBuffer bytes, long position) throws IOException;

        /** Makes what was written durable. */
        void force() throws IOException;
    }
}
