package dev.tenfold.queue.journal;

import dev.tenfold.error.CorruptDataException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a segment, see the package.
 *
 * @param number of the segment
 * @param firstSequence sequence of its first frame
 * @param oldest the oldest segment that was needed when this one was begun
 * @param salt part of the checksum of its frames
 * @param nextItem a number that no item had yet
 * @param journal identity of the journal
 * @param size of the file
 */
record SegmentHeader(long number, long firstSequence, long oldest, long salt, long nextItem, long journal, int size) {

    static final int LENGTH = 64;

    private static final String ENDING = ".journal";
    private static final int MAGIC = 'T' << 24 | 'F' << 16 | 'J' << 8 | '1';
    private static final int CRC_AT = 4;
    private static final int CHECKED_FROM = 8;

    String file() {
        return file(number);
    }

    static String file(long number) {
        return String.format(Locale.ROOT, "%016d", number) + ENDING;
    }

    /** Returns the number in a segment's name, or -1 for any other file. */
    static long number(String file) {
        if (!file.matches("\\d{16}" + ENDING)) {
            return -1;
        }
        return Long.parseLong(file.substring(0, 16));
    }

    ByteBuffer write() {
        ByteBuffer bytes = ByteBuffer.allocate(LENGTH);
        bytes.putInt(MAGIC).putInt(0).putLong(number).putLong(firstSequence).putLong(oldest);
        bytes.putLong(salt).putLong(nextItem).putLong(journal).putInt(size).putInt(0);
        bytes.putInt(CRC_AT, checksum(bytes)).flip();
        return bytes;
    }

    /**
     * Reads and checks.
     *
     * @param folder names the place in errors
     * @param expected the number in the file's name
     * @param bytes the file, from its beginning
     * @param fileSize how long the file is
     * @param journal what the other segments say, or null
     */
    static SegmentHeader read(String folder, long expected, ByteBuffer bytes, long fileSize, @Nullable Long journal) {
        String file = folder + "/" + file(expected);
        if (bytes.remaining() < LENGTH) {
            throw corrupt(file, bytes.remaining(), "the file ends (expected: at least " + LENGTH + " bytes)");
        }
        if (bytes.getInt(0) != MAGIC) {
            throw corrupt(
                    file, 0, Integer.toHexString(bytes.getInt(0)) + " (expected: the mark of a journal, 54464a31)");
        }
        if (bytes.getInt(CRC_AT) != checksum(bytes)) {
            throw corrupt(file, CRC_AT, "the header does not match its checksum");
        }
        SegmentHeader header = new SegmentHeader(
                bytes.getLong(8),
                bytes.getLong(16),
                bytes.getLong(24),
                bytes.getLong(32),
                bytes.getLong(40),
                bytes.getLong(48),
                bytes.getInt(56));
        if (header.number != expected) {
            throw corrupt(file, 8, "this is segment " + header.number + ", the file was renamed");
        }
        if (journal != null && header.journal != journal) {
            throw corrupt(file, 48, "this segment belongs to another journal");
        }
        if (fileSize < header.size) {
            throw corrupt(file, fileSize, "the file ends (expected: " + header.size + " bytes)");
        }
        return header;
    }

    static CorruptDataException corrupt(String file, long offset, String problem) {
        return new CorruptDataException(file, offset, problem, null);
    }

    private static int checksum(ByteBuffer header) {
        CRC32C crc = new CRC32C();
        crc.update(header.slice(CHECKED_FROM, LENGTH - CHECKED_FROM));
        return (int) crc.getValue();
    }
}
