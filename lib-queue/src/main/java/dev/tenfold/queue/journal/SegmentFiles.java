package dev.tenfold.queue.journal;

import dev.tenfold.queue.journal.FileIo.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Makes the files of the log ahead of their use, so that a force has no metadata to write and a full disk is noticed
 * while there is still a whole segment to free space with. Only one thread uses it.
 *
 * <p>A file is filled with zeros bit by bit, as the one in use fills; or one that is no longer needed is used again, whose
 * old frames the salt in the new header keeps from being read.
 */
final class SegmentFiles {

    static final String SPARE = "spare";

    private static final String NEWEST = "newest";

    private static final int NOTE_LENGTH = 20;

    private static final int CHUNK = 256 << 10;

    private final FileIo io;
    private final int size;
    private final ByteBuffer zeros;

    private @Nullable StoredFile spare;

    private @Nullable StoredFile note;

    /** How much of the spare is filled. */
    private int filled;

    SegmentFiles(FileIo io, int size) {
        this.io = io;
        this.size = size;
        this.zeros = ByteBuffer.allocate(Math.min(CHUNK, size));
    }

    /**
     * Fills the spare until it is as far ahead as it should be.
     *
     * @param used how much of the segment in use is written
     * @throws IOException if there is no room; what was filled is deleted, and nothing is lost by trying again
     */
    void prepare(int used) throws IOException {
        int wanted = (int) Math.min(size, (long) used + used / 4 + CHUNK);
        try {
            if (spare == null) {
                spare = io.open(SPARE);
                filled = 0;
            }
            while (filled < wanted) {
                int count = Math.min(zeros.capacity(), size - filled);
                spare.write(zeros.clear().limit(count), filled);
                spare.force();
                filled += count;
            }
        } catch (IOException failure) {
            try {
                discard();
            } catch (IOException second) {
                failure.addSuppressed(second);
            }
            throw failure;
        }
    }

    private void discard() throws IOException {
        StoredFile half = spare;
        spare = null;
        filled = 0;
        if (half != null) {
            half.close();
        }
        io.delete(SPARE);
    }

    /** Says whether {@link #begin} has a whole file. */
    boolean isReady() {
        return spare != null && filled == size;
    }

    /** Turns the spare into a segment, durably. A failure leaves the folder in a state that only opening it anew can tell. */
    Segment begin(SegmentHeader header) throws IOException {
        StoredFile file = spare;
        if (file == null || filled < size) {
            throw new IllegalStateException("no segment is ready");
        }
        spare = null;
        file.write(header.write(), 0);
        file.force();
        io.rename(SPARE, header.file());
        io.forceFolder();
        noteNewest(header.number(), header.journal());
        return new Segment(header, file);
    }

    /**
     * Writes down that a segment exists, so that it is missed if somebody deletes it. It does exist, durably, so this needs no
     * force: an older note, or a torn one, only notices less.
     */
    private void noteNewest(long number, long journal) throws IOException {
        if (note == null) {
            note = io.open(NEWEST);
        }
        ByteBuffer bytes = ByteBuffer.allocate(NOTE_LENGTH).putLong(number).putLong(journal);
        note.write(bytes.putInt(checksum(bytes)).flip(), 0);
    }

    /** Returns the highest number noted and the identity of the journal, or null. */
    static @Nullable Newest newestNoted(FileIo io) throws IOException {
        if (!io.list().contains(NEWEST)) {
            return null;
        }
        try (StoredFile file = io.open(NEWEST)) {
            ByteBuffer bytes = ByteBuffer.allocate(NOTE_LENGTH);
            file.read(bytes, 0);
            bytes.clear();
            Newest newest = new Newest(bytes.getLong(), bytes.getLong());
            return bytes.getInt() == checksum(bytes) ? newest : null;
        }
    }

    private static int checksum(ByteBuffer note) {
        CRC32C crc = new CRC32C();
        crc.update(note.slice(0, NOTE_LENGTH - 4));
        return (int) crc.getValue();
    }

    /** What is noted about the newest segment. */
    record Newest(long number, long journal) {}

    /**
     * Uses or deletes a segment that was given up. No force: if the old name comes back, it is below the oldest, and is
     * deleted when the journal is opened.
     */
    void recycle(Segment segment) throws IOException {
        if (spare == null && segment.header.size() == size) {
            io.rename(segment.header.file(), SPARE);
            spare = segment.file;
            filled = size;
        } else {
            segment.file.close();
            io.delete(segment.header.file());
        }
    }

    /** Closes and deletes the spare. */
    void close() throws IOException {
        if (note != null) {
            note.close();
        }
        discard();
    }
}
