package dev.tenfold.queue.journal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A frame that is being filled, then written. Guarded by the journal's lock until the flusher takes it, and the flusher's
 * alone from then on.
 */
final class FrameBuffer {

    private static final int FIRST_CAPACITY = 4096;

    private ByteBuffer bytes = ByteBuffer.allocate(FIRST_CAPACITY);
    private final List<Placement> placements = new ArrayList<>();

    /** Completed after the force, or with what kept it from happening. */
    final CompletableFuture<Void> done = new CompletableFuture<>();

    /** Whether somebody waits for it. */
    boolean urgent;

    /** Whether the next batch is on its way, of those that share one force. */
    boolean followed;

    /** Whether it waited for company long enough. */
    boolean ripe;

    /** The segment that this frame gives up. */
    @Nullable
    Segment gone;

    FrameBuffer() {
        bytes.position(Frame.HEADER);
    }

    /** Where an item's bytes are in the frame. */
    record Placement(Item item, int offset) {}

    int length() {
        return bytes.position();
    }

    boolean isEmpty() {
        return bytes.position() == Frame.HEADER;
    }

    void put(Item item, ByteBuffer content) {
        ensure(item.size());
        bytes.put(Frame.PUT).putLong(item.number).putInt(content.remaining());
        placements.add(new Placement(item, bytes.position()));
        bytes.put(content);
    }

    void remove(Item item) {
        ensure(Frame.REMOVE_LENGTH);
        bytes.put(Frame.REMOVE).putLong(item.number);
    }

    void oldest(Segment goes, long oldest) {
        ensure(Frame.OLDEST_LENGTH);
        bytes.put(Frame.OLDEST).putLong(oldest);
        gone = goes;
    }

    List<Placement> placements() {
        return placements;
    }

    /** Returns the whole frame with its header. */
    ByteBuffer complete(long salt, long sequence) {
        ByteBuffer whole = bytes.duplicate().flip();
        Frame.complete(whole, salt, sequence);
        return whole;
    }

    private void ensure(int more) {
        if (bytes.remaining() < more) {
            int needed = bytes.position() + more;
            bytes = ByteBuffer.allocate(Math.max(needed, Math.min(bytes.capacity(), 1 << 29) * 2))
                    .put(bytes.flip());
        }
    }
}
