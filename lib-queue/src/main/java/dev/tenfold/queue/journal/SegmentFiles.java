package dev.tenfold.queue.journal;

import dev.tenfold.queue.journal.FileIo.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
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

    private static final int CHUNK = 256 << 10;

    private final FileIo io;
    private final int size;
    private final ByteBuffer zeros;

    private @Nullable StoredFile spare;

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
        boolean ahead = false;
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
            ahead = true;
        } finally {
            if (!ahead) {
                discard();
            }
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
        return new Segment(header, file);
    }

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
        discard();
    }
}
