package dev.tenfold.cache.edge.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The content of a message: bytes that are at hand, or a stream that is read once and must be closed. The bytes are not
 * copied; nobody may change them.
 */
public final class Body implements AutoCloseable {

    private static final Body EMPTY = new Body(new byte[0], null, 0, () -> {});

    private final byte @Nullable [] bytes;
    private final @Nullable InputStream stream;
    private final long length;
    private final Runnable onClose;

    private Body(byte @Nullable [] bytes, @Nullable InputStream stream, long length, Runnable onClose) {
        this.bytes = bytes;
        this.stream = stream;
        this.length = length;
        this.onClose = onClose;
    }

    /**
     * Returns no content.
     *
     * @return a body of length 0
     */
    public static Body empty() {
        return EMPTY;
    }

    /**
     * Makes a body of bytes.
     *
     * @param bytes the content
     * @return the body
     */
    public static Body of(byte[] bytes) {
        return new Body(bytes, null, bytes.length, () -> {});
    }

    /**
     * Makes a body that is read as it comes.
     *
     * @param stream the content
     * @param length its length in bytes, or -1 where that is not known
     * @return the body, which closes the stream
     */
    public static Body of(InputStream stream, long length) {
        return new Body(null, stream, length, () -> {});
    }

    /**
     * Returns the length.
     *
     * @return bytes, or -1 where that is not known
     */
    public long length() {
        return length;
    }

    /** Returns the bytes, or null where they have not been read. */
    byte @Nullable [] bytes() {
        return bytes;
    }

    /**
     * Returns the content.
     *
     * @return a stream over it; a body that is a stream is read once
     */
    public InputStream stream() {
        return stream != null ? stream : new ByteArrayInputStream(bytes == null ? new byte[0] : bytes);
    }

    /** Runs something when the body is closed. */
    Body closing(Runnable more) {
        return new Body(bytes, stream, length, () -> {
            onClose.run();
            more.run();
        });
    }

    /**
     * Reads the content unless it is longer than so many bytes.
     *
     * @return the same content as bytes, or as a stream where it is longer
     */
    Body buffered(int atMost) throws IOException {
        if (stream == null) {
            return this;
        }
        if (length > atMost) {
            return this;
        }
        byte[] head;
        try {
            head = stream.readNBytes(atMost == Integer.MAX_VALUE ? atMost : atMost + 1);
        } catch (IOException broken) {
            close();
            throw broken;
        }
        if (head.length <= atMost) {
            close();
            return of(head);
        }
        return new Body(null, new SequenceInputStream(new ByteArrayInputStream(head), stream), length, onClose);
    }

    /** Closes the stream if there is one. */
    @Override
    public void close() throws IOException {
        try {
            if (stream != null) {
                stream.close();
            }
        } finally {
            onClose.run();
        }
    }
}
