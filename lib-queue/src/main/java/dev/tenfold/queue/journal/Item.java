package dev.tenfold.queue.journal;

import org.jspecify.annotations.Nullable;

/** Something in the log that lives until it is removed: a handle to remove it by, and where its bytes are. */
public final class Item {

    // All is guarded by the journal's lock.

    /** Ascends in the order in which items were put; 0 until then. */
    long number;

    /** How many bytes it has. */
    int length;

    boolean removed;

    /** Where it is on disk; null until the first force that covers it, and after it was removed. */
    @Nullable
    Segment segment;

    /** Offset of its frame in the segment, and of its bytes in the frame. */
    int frame;

    int offset;

    /** Neighbours in the segment's list, in order of offset. */
    @Nullable
    Item previous;

    @Nullable
    Item next;

    Item() {}

    /** Returns how much of the log is there for it. */
    int size() {
        return Frame.PUT_HEADER + length;
    }
}
