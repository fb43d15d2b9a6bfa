package dev.tenfold.queue.journal;

import dev.tenfold.error.CorruptDataException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Frees the oldest segment, a slice at a time, so that no confirm waits long for it. The rules are in the package. Used by
 * the flusher only.
 */
final class Cleaner {

    /** How much is copied before the next frame is written. */
    private static final int SLICE = 64 << 10;

    private static final int ALWAYS_ALLOWED = 4;

    private final Journal journal;
    private final Observed observed;
    private long oldest;

    /** Given up, but that is not on disk yet. */
    private @Nullable Segment leaving;

    private boolean broken;

    Cleaner(Journal journal, long oldest, Observed observed) {
        this.journal = journal;
        this.oldest = oldest;
        this.observed = observed;
    }

    /** Who is told. */
    interface Observed {
        void tell(Level level, String kind, String message);
    }

    /** The oldest segment that is needed, as far as that is on disk. */
    long oldest() {
        return oldest;
    }

    void wentAway(Segment segment) {
        oldest = segment.header.number() + 1;
        leaving = null;
    }

    /** Does a piece of work, if there is any worth doing; what it wants to be written is in the journal's buffer then. */
    boolean step(Segment current, boolean full) {
        Segment first = journal.ask((segments, living) -> segments.getFirst());
        if (broken || first == current || first == leaving) {
            return false;
        }
        if (journal.ask((segments, living) -> first.first == null)) {
            leaving = first;
            journal.giveUp(first);
            return true;
        }
        if (!first.copying && !isWorthIt(first, current, full)) {
            return false;
        }
        try {
            return copy(first) > 0;
        } catch (IOException | CorruptDataException failure) {
            broken = true;
            observed.tell(
                    Level.ERROR, "journal.corrupt", "no segment is freed any more until it is opened anew: " + failure);
            return false;
        }
    }

    private boolean isWorthIt(Segment first, Segment current, boolean full) {
        long size = current.header.size();
        return journal.ask((segments, living) -> {
            if (full) {
                long room = size - current.end;
                long dead = segments.size() * size - living - room;
                return dead >= size / 2 && first.live <= room - size / 8;
            }
            return segments.size() > ALWAYS_ALLOWED + 2 * ((living + size - 1) / size);
        });
    }

    private int copy(Segment from) throws IOException {
        int copied = 0;
        while (copied < SLICE) {
            int frame = journal.ask((segments, living) -> {
                Item item = from.nextToCopy();
                return item == null ? -1 : item.frame;
            });
            if (frame < 0) {
                break;
            }
            copied += journal.copy(from, frame, read(from, frame));
        }
        return copied;
    }

    /** Reads a whole frame, so that its checksum vouches for what gets a new one. */
    private ByteBuffer read(Segment from, int frame) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Frame.HEADER);
        from.file.read(header, frame);
        int length = header.getInt(0);
        if (!header.hasRemaining() && length >= 0 && length <= from.header.size() - frame - Frame.HEADER) {
            ByteBuffer whole = ByteBuffer.allocate(Frame.HEADER + length);
            from.file.read(whole, frame);
            whole.flip();
            if (Frame.bodyLength(whole, 0, from.header.salt(), header.getLong(8)) == length) {
                return whole;
            }
        }
        throw SegmentHeader.corrupt(
                journal.io.folder() + "/" + from.header.file(), frame, "a frame that was whole is broken");
    }
}
