package dev.tenfold.queue.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The layout of a frame, see the package. */
final class Frame {

    static final int HEADER = 16;

    static final byte PUT = 1;
    static final byte REMOVE = 2;
    static final byte OLDEST = 3;

    /** Length of a put without its bytes. */
    static final int PUT_HEADER = 13;

    static final int REMOVE_LENGTH = 9;
    static final int OLDEST_LENGTH = 9;

    private static final int SEQUENCE_AT = 8;

    private Frame() {}

    /** Fills in the header of a frame whose body is in place; {@code bytes} runs from the header to the end of the body. */
    static void complete(ByteBuffer bytes, long salt, long sequence) {
        bytes.putInt(0, bytes.limit() - HEADER);
        bytes.putLong(SEQUENCE_AT, sequence);
        bytes.putInt(4, checksum(bytes, 0, bytes.limit() - HEADER, salt, sequence));
    }

    static int aligned(int length) {
        return (length + 7) & ~7;
    }

    /** Returns the length of the body of the whole frame at {@code offset}, or -1 if there is none with this sequence. */
    static int bodyLength(ByteBuffer segment, int offset, long salt, long sequence) {
        if (offset > segment.limit() - HEADER || segment.getLong(offset + SEQUENCE_AT) != sequence) {
            return -1;
        }
        int length = segment.getInt(offset);
        if (length < 0 || length > segment.limit() - HEADER - offset) {
            return -1;
        }
        return segment.getInt(offset + 4) == checksum(segment, offset, length, salt, sequence) ? length : -1;
    }

    /**
     * Says whether a frame of this sequence was begun at {@code offset}: its sequence is there, or all but its sequence.
     */
    static boolean isBegun(ByteBuffer segment, int offset, long salt, long sequence) {
        if (offset > segment.limit() - HEADER) {
            return false;
        }
        int length = segment.getInt(offset);
        return segment.getLong(offset + SEQUENCE_AT) == sequence
                || (length >= 0
                        && length <= segment.limit() - HEADER - offset
                        && segment.getInt(offset + 4) == checksum(segment, offset, length, salt, sequence));
    }

    /** Returns the offset of the first whole frame from {@code offset} on whose sequence is higher, or -1. */
    static int findLater(ByteBuffer segment, int offset, long salt, long sequence) {
        for (int at = aligned(offset); at <= segment.limit() - HEADER; at += 8) {
            long found = segment.getLong(at + SEQUENCE_AT);
            // No more frames than this fit: most bytes are ruled out without a checksum.
            if (found > sequence
                    && found - sequence <= segment.limit() / HEADER
                    && bodyLength(segment, at, salt, found) >= 0) {
                return at;
            }
        }
        return -1;
    }

    private static int checksum(ByteBuffer bytes, int offset, int length, long salt, long sequence) {
        CRC32C crc = new CRC32C();
        ByteBuffer fixed = ByteBuffer.allocate(20);
        fixed.putLong(salt).putInt(length).putLong(sequence).flip();
        crc.update(fixed);
        crc.update(bytes.slice(offset + HEADER, length));
        return (int) crc.getValue();
    }
}
