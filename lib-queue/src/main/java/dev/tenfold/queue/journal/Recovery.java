package dev.tenfold.queue.journal;

import static dev.tenfold.queue.journal.SegmentHeader.corrupt;

import dev.tenfold.error.CorruptDataException;
import dev.tenfold.queue.journal.FileIo.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log of a folder: which segments count, which items live in them, and where the next frame goes. The rules are
 * in the package. Used once, by one thread.
 */
final class Recovery {

    private final FileIo io;
    private final Map<Long, Item> living = new HashMap<>();
    private final ArrayDeque<Segment> segments = new ArrayDeque<>();

    private long oldest = 1;
    private long nextSequence = 1;
    private long nextItem = 1;
    private @Nullable Long journal;
    private long frames;
    private @Nullable String dropped;

    Recovery(FileIo io) {
        this.io = io;
    }

    /** The segments that count, oldest first. */
    ArrayDeque<Segment> segments() {
        return segments;
    }

    long oldest() {
        return oldest;
    }

    long nextSequence() {
        return nextSequence;
    }

    long nextItem() {
        return nextItem;
    }

    int largestSegment(int least) {
        return segments.stream().mapToInt(segment -> segment.header.size()).reduce(least, Math::max);
    }

    /** The identity of the journal that was found, or null. */
    @Nullable
    Long journal() {
        return journal;
    }

    long frames() {
        return frames;
    }

    /** Where a torn frame was dropped, or null. */
    @Nullable
    String dropped() {
        return dropped;
    }

    /** Reads everything. What it cannot explain by a crash it reports by its file and offset. */
    void read() throws IOException {
        TreeSet<Long> numbers = new TreeSet<>();
        for (String file : io.list()) {
            long number = SegmentHeader.number(file);
            if (number >= 0) {
                numbers.add(number);
            }
        }
        SegmentFiles.Newest noted = SegmentFiles.newestNoted(io);
        if (noted != null) {
            if (numbers.isEmpty() || numbers.last() < noted.number()) {
                throw missing(noted.number(), "it was the newest segment");
            }
            journal = noted.journal();
        }
        if (!numbers.isEmpty()) {
            long newest = numbers.last();
            Segment last = open(newest);
            oldest = Math.max(last.header.oldest(), oldestNamedIn(last));
            for (long number = oldest; number < newest; number++) {
                if (!numbers.contains(number)) {
                    throw missing(number, "every segment from " + oldest + " to " + newest);
                }
                segments.add(open(number));
            }
            segments.add(last);
            readSegments();
            nextItem = Math.max(nextItem, last.header.nextItem());
            for (long number : numbers.headSet(oldest)) {
                io.delete(SegmentHeader.file(number));
            }
        }
        io.delete(SegmentFiles.SPARE);
    }

    private CorruptDataException missing(long number, String expected) {
        return corrupt(
                io.folder() + "/" + SegmentHeader.file(number), 0, "the file is missing (expected: " + expected + ")");
    }

    private Segment open(long number) throws IOException {
        StoredFile file = io.open(SegmentHeader.file(number));
        ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.LENGTH);
        file.read(bytes, 0);
        SegmentHeader header = SegmentHeader.read(io.folder(), number, bytes.flip(), file.size(), journal);
        journal = header.journal();
        return new Segment(header, file);
    }

    private static ByteBuffer contents(Segment segment) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(segment.header.size());
        segment.file.read(bytes, 0);
        return bytes.flip();
    }

    /** Only the last segment needs to be asked: what earlier ones named is in its header. */
    private long oldestNamedIn(Segment last) throws IOException {
        ByteBuffer bytes = contents(last);
        long named = 0;
        int at = SegmentHeader.LENGTH;
        long sequence = last.header.firstSequence();
        for (int length = bodyLength(last, bytes, at, sequence);
                length >= 0;
                length = bodyLength(last, bytes, at, sequence)) {
            Changes changes = new Changes(last, bytes, at, length);
            while (changes.next()) {
                named = changes.kind == Frame.OLDEST ? changes.number : named;
            }
            at = Frame.aligned(at + Frame.HEADER + length);
            sequence++;
        }
        return named;
    }

    private static int bodyLength(Segment segment, ByteBuffer bytes, int at, long sequence) {
        return Frame.bodyLength(bytes, at, segment.header.salt(), sequence);
    }

    private void readSegments() throws IOException {
        List<Segment> all = new ArrayList<>(segments);
        nextSequence = all.get(0).header.firstSequence();
        for (int i = 0; i < all.size(); i++) {
            Segment segment = all.get(i);
            boolean isLast = i == all.size() - 1;
            long end = isLast ? Long.MAX_VALUE : all.get(i + 1).header.firstSequence();
            ByteBuffer bytes = contents(segment);
            int lastFrame = replay(segment, bytes, end);
            if (isLast) {
                tail(segment, bytes, lastFrame);
            } else if (nextSequence != end) {
                throw corrupt(
                        path(segment),
                        segment.end,
                        "no whole frame " + nextSequence + " (expected: frames up to " + (end - 1)
                                + ", which the next segment follows)");
            }
        }
    }

    /** Reads frames as far as they are whole, and returns the offset of the last one, or -1. */
    private int replay(Segment segment, ByteBuffer bytes, long end) {
        int lastFrame = -1;
        while (nextSequence < end) {
            int length = bodyLength(segment, bytes, segment.end, nextSequence);
            if (length < 0) {
                break;
            }
            replay(new Changes(segment, bytes, segment.end, length));
            lastFrame = segment.end;
            segment.end = Frame.aligned(segment.end + Frame.HEADER + length);
            nextSequence++;
            frames++;
        }
        return lastFrame;
    }

    private void replay(Changes changes) {
        while (changes.next()) {
            if (changes.kind == Frame.PUT) {
                Item item = new Item();
                item.number = changes.number;
                item.length = changes.length;
                replace(living.put(item.number, item));
                changes.segment.link(item, changes.frame, changes.offset - changes.frame);
                nextItem = Math.max(nextItem, item.number + 1);
            } else if (changes.kind == Frame.REMOVE) {
                replace(living.remove(changes.number));
            }
        }
    }

    private static void replace(@Nullable Item item) {
        if (item != null && item.segment != null) {
            item.segment.unlink(item);
        }
    }

    /** Decides what the first frame that is not whole means. */
    private void tail(Segment last, ByteBuffer bytes, int lastFrame) throws IOException {
        int later = Frame.findLater(bytes, last.end, last.header.salt(), nextSequence);
        if (later >= 0) {
            throw corrupt(
                    path(last),
                    last.end,
                    "no whole frame " + nextSequence + ", but one that was written later at byte " + later);
        }
        if (Frame.isBegun(bytes, last.end, last.header.salt(), nextSequence)) {
            dropped = path(last) + " at byte " + last.end;
        }
        // The last frame may be in the system's memory only, even after a failed force that marked it as clean. Writing
        // the
        // same bytes again can tear nothing.
        if (lastFrame >= 0) {
            last.file.write(bytes.duplicate().position(lastFrame).limit(Math.min(last.end, bytes.limit())), lastFrame);
        }
        last.file.force();
        io.forceFolder();
    }

    private String path(Segment segment) {
        return io.folder() + "/" + segment.header.file();
    }

    /** Gives what lives to {@code replay}, in the order in which it was put. */
    void deliver(Replay replay) throws IOException {
        List<Item> items = new ArrayList<>(living.values());
        living.clear();
        items.sort(Comparator.comparingLong(item -> item.number));
        ReadAhead ahead = new ReadAhead();
        for (Item item : items) {
            Segment segment = item.segment;
            if (segment != null) {
                replay.accept(item, ahead.read(segment, item.frame + item.offset, item.length));
            }
        }
    }

    void close() throws IOException {
        for (Segment segment : segments) {
            segment.file.close();
        }
    }

    /** Reads a piece of a segment at a time: items mostly follow each other. */
    private static final class ReadAhead {

        private static final int PIECE = 64 << 10;

        private final ByteBuffer piece = ByteBuffer.allocate(PIECE).limit(0);
        private @Nullable Segment segment;
        private int from;

        byte[] read(Segment wanted, int offset, int length) throws IOException {
            byte[] bytes = new byte[length];
            if (length > PIECE) {
                wanted.file.read(ByteBuffer.wrap(bytes), offset);
                return bytes;
            }
            if (segment != wanted || offset < from || offset + length > from + piece.limit()) {
                segment = wanted;
                from = offset;
                wanted.file.read(piece.clear(), offset);
                piece.flip();
            }
            piece.get(offset - from, bytes);
            return bytes;
        }
    }

    /** The changes in a frame whose checksum is right. */
    private final class Changes {

        final Segment segment;
        final int frame;
        private final ByteBuffer bytes;
        private final int end;
        private int at;

        byte kind;
        long number;

        /** Of the bytes of a put, in the segment. */
        int offset;

        int length;

        Changes(Segment segment, ByteBuffer bytes, int frame, int bodyLength) {
            this.segment = segment;
            this.bytes = bytes;
            this.frame = frame;
            this.at = frame + Frame.HEADER;
            this.end = at + bodyLength;
        }

        boolean next() {
            if (at == end) {
                return false;
            }
            kind = bytes.get(at);
            int size = switch (kind) {
                case Frame.PUT ->
                    end - at < Frame.PUT_HEADER ? Integer.MAX_VALUE : Frame.PUT_HEADER + bytes.getInt(at + 9);
                case Frame.REMOVE -> Frame.REMOVE_LENGTH;
                case Frame.OLDEST -> Frame.OLDEST_LENGTH;
                default -> throw corrupt(path(segment), at, "change of kind " + kind + " (expected: 1, 2 or 3)");
            };
            if (size < Frame.REMOVE_LENGTH || size > end - at) {
                throw corrupt(path(segment), at, "a change that reaches beyond its frame");
            }
            number = bytes.getLong(at + 1);
            offset = at + Frame.PUT_HEADER;
            length = size - Frame.PUT_HEADER;
            at += size;
            return true;
        }
    }
}
