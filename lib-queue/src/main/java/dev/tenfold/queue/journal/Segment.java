package dev.tenfold.queue.journal;

import dev.tenfold.queue.journal.FileIo.StoredFile;
import org.jspecify.annotations.Nullable;

/** A file of the log, and what lives in it. */
final class Segment {

    final SegmentHeader header;
    final StoredFile file;

    /** Where the next frame goes. Only the flusher reads and writes it. */
    int end = SegmentHeader.LENGTH;

    // Below is guarded by the journal's lock.

    /** Bytes of the log that are there for living items. */
    long live;

    @Nullable
    Item first;

    @Nullable
    Item last;

    /** The first item that was not yet copied to the head of the log. */
    @Nullable
    Item toCopy;

    /** Whether {@link #toCopy} means something yet. */
    boolean copying;

    Segment(SegmentHeader header, StoredFile file) {
        this.header = header;
        this.file = file;
    }

    /** Adds an item that lies behind all others here. */
    void link(Item item, int frame, int offset) {
        item.segment = this;
        item.frame = frame;
        item.offset = offset;
        item.previous = last;
        item.next = null;
        if (last == null) {
            first = item;
        } else {
            last.next = item;
        }
        last = item;
        live += item.size();
    }

    void unlink(Item item) {
        if (item.previous == null) {
            first = item.next;
        } else {
            item.previous.next = item.next;
        }
        if (item.next == null) {
            last = item.previous;
        } else {
            item.next.previous = item.previous;
        }
        if (toCopy == item) {
            toCopy = item.next;
        }
        live -= item.size();
        item.segment = null;
        item.previous = null;
        item.next = null;
    }

    /** Returns the next item to copy, or null after the last. */
    @Nullable
    Item nextToCopy() {
        if (!copying) {
            copying = true;
            toCopy = first;
        }
        return toCopy;
    }
}
