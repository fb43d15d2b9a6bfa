package dev.tenfold.queue.journal;

import dev.tenfold.error.CorruptDataException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.journal.FrameBuffer.Placement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A log of items on disk. The format and what follows from it are in the package.
 *
 * <h2>Concurrency</h2>
 *
 * One lock guards the buffers and the books: which items live, and in which segment. It is held for a few instructions and a
 * copy of the bytes, never while a file is touched. Any thread appends; the place in the buffer decides the order of
 * changes, in the log and after a crash. Only the {@link Flusher} touches files, on one thread, because a thread of the user's may be
 * interrupted, which would close the file under everybody's hands. It takes a buffer under the lock, writes and forces it
 * without, then notes under the lock where the items are, and completes the stage.
 *
 * <p>An item counts as removed as soon as its removal is in the buffer. That is safe because whatever is decided from it,
 * to give a segment up for instance, comes later in the log: it can only be on disk if the removal is.
 */
public final class Journal implements AutoCloseable {

    /** How long what nobody waits for waits for company: otherwise each removal would cost a force of its own. */
    private static final Duration LAZY = Duration.ofMillis(1);

    /** And how long what is followed by more, whose thread may have been interrupted in between. */
    private static final Duration FOLLOWED = Duration.ofMillis(10);

    final FileIo io;
    final JournalSettings settings;

    private final ReentrantLock lock = new ReentrantLock();

    /** Signalled when there is something to do for the flusher. */
    private final Condition work = lock.newCondition();

    /** Signalled when producers may pass. */
    private final Condition room = lock.newCondition();

    // Guarded by the lock.

    private final ArrayDeque<FrameBuffer> full = new ArrayDeque<>();
    private FrameBuffer filling = new FrameBuffer();
    private long buffered;
    private long nextItem;
    private long living;
    private @Nullable Throwable failure;
    private @Nullable Exception noRoom;
    private boolean closing;
    private boolean idle;

    /** Whether the flusher waits for longer than what may wait should. */
    private boolean asleep;

    /** Every segment that counts, oldest first; the last one is written. */
    private final ArrayDeque<Segment> segments;

    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    private Journal(FileIo io, JournalSettings settings, Recovery found) {
        this.io = io;
        this.settings = settings.withSegmentSize(found.largestSegment(settings.segmentSize()));
        this.segments = found.segments();
        this.nextItem = found.nextItem();
        this.living = segments.stream().mapToLong(segment -> segment.live).sum();
    }

    /**
     * Opens a folder, or begins a journal in it; reads what lives, then starts to write.
     *
     * @param folder created if there is none
     * @param settings valid
     * @param flusher runs one task until the journal is closed; must never interrupt it
     * @param replay takes what lives before this returns
     * @return an open journal
     * @throws CorruptDataException if the files are not what was written, with file and offset
     * @throws UnavailableException if the folder is open elsewhere, cannot be read, or has no room
     */
    public static Journal open(Path folder, JournalSettings settings, Executor flusher, Replay replay) {
        try {
            return open(DiskIo.open(folder), settings, flusher, replay);
        } catch (IOException failure) {
            throw new UnavailableException("cannot open the journal " + folder, List.of(failure.toString()), failure);
        }
    }

    /** Closes {@code io} if it cannot be opened. */
    static Journal open(FileIo io, JournalSettings settings, Executor executor, Replay replay) throws IOException {
        Recovery recovery = new Recovery(io);
        boolean opened = false;
        try {
            recovery.read();
            Journal journal = new Journal(io, settings, recovery);
            // First, because it may refuse what it reads, and then nothing must have changed.
            recovery.deliver(replay);
            Flusher flusher = new Flusher(journal, recovery);
            journal.flusher = flusher;
            flusher.tellOpened(recovery);
            executor.execute(flusher);
            opened = true;
            return journal;
        } finally {
            if (!opened) {
                recovery.close();
                io.close();
            }
        }
    }

    /** Only for tests, which turn it by hand. */
    @Nullable
    Flusher flusher;

    /**
     * Puts a batch into the log. Does not wait for the disk, and never for room: see {@link #awaitRoom}.
     *
     * @param batch not used again
     * @return completes when it is on disk, on the journal's own thread: what depends on it must be short, and never wait for
     *     this journal. Fails with {@link UnavailableException} if the journal stopped before it was written, or with {@link
     *     OutcomeUnknownException} if the disk failed and it may be there or not
     * @throws IllegalArgumentException if it is larger than a segment
     * @throws UnavailableException if the journal is closed or has stopped; nothing happened
     */
    public CompletionStage<Void> append(Batch batch) {
        if (batch.size() > settings.largestBatch()) {
            throw new IllegalArgumentException("change: " + batch.size() + " bytes (expected: <= "
                    + settings.largestBatch() + ", which a segment of " + settings.segmentSize() + " bytes can hold)");
        }
        lock.lock();
        try {
            if (failure != null || closing) {
                throw stopped();
            }
            batch.requireUsable();
            boolean wasBegun = !filling.isEmpty();
            FrameBuffer frame = bufferFor(batch.size());
            List<Item> items = batch.items();
            for (int i = 0; i < items.size(); i++) {
                Item item = items.get(i);
                byte[] content = batch.contents().get(i);
                if (content == null) {
                    remove(item);
                    frame.remove(item);
                } else {
                    item.number = nextItem++;
                    living += item.size();
                    frame.put(item, ByteBuffer.wrap(content));
                }
            }
            boolean first = !frame.urgent && !wasBegun;
            frame.urgent |= !batch.isLazy();
            frame.followed = batch.isFollowed();
            // One that is about to look anyway need not be woken for what may wait.
            if (idle && (frame.urgent || (first && asleep))) {
                work.signal();
            }
            return frame.done;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the disk keeps up: until less than the configured bytes are buffered and there is room for another segment.
     * Producers call this before {@link #append}, without a lock that consumers need; consumers need not, so that they can
     * free space when producers may not use any more.
     *
     * @throws UnavailableException if there was no room in time, or the journal is closed or stopped
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    public void awaitRoom() throws InterruptedException {
        lock.lock();
        try {
            long left = settings.patience().toNanos();
            while (failure == null && !closing && (noRoom != null || buffered > settings.maximumBuffered())) {
                if (left <= 0) {
                    throw noRoomInTime();
                }
                left = room.awaitNanos(left);
            }
            if (failure != null || closing) {
                throw stopped();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns how large a batch may be.
     *
     * @return bytes of the log
     */
    public int largestBatch() {
        return settings.largestBatch();
    }

    /**
     * Returns how much of the log is there for items that live.
     *
     * @return bytes
     */
    public long liveBytes() {
        lock.lock();
        try {
            return living;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns how many files the log has.
     *
     * @return at least 1
     */
    public int segments() {
        lock.lock();
        try {
            return segments.size();
        } finally {
            lock.unlock();
        }
    }

    /** Writes what is buffered, waits for the disk, and lets others open the folder. Closing again waits as well. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            work.signal();
            room.signalAll();
        } finally {
            lock.unlock();
        }
        closed.join();
    }

    // For the flusher

    /**
     * Takes the next frame to write, or null.
     *
     * @param early whether to take one, too, that would better wait for company
     */
    @Nullable
    FrameBuffer take(boolean early) {
        lock.lock();
        try {
            FrameBuffer next = full.poll();
            if (next == null && !filling.isEmpty() && (early || closing || isRipe())) {
                next = filling;
                filling = new FrameBuffer();
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until there is something to take, at most {@code nanos} for the first of it, and then for the company it is to
     * have. Returns false if there is nothing and the journal is to be closed.
     */
    boolean awaitWork(long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            long company = Long.MAX_VALUE;
            idle = true;
            asleep = nanos > LAZY.toNanos();
            while (full.isEmpty() && !closing && !isRipe()) {
                if (filling.isEmpty()) {
                    if (left <= 0) {
                        break;
                    }
                    left = work.awaitNanos(left);
                } else {
                    company = Math.min(company, companyFor(filling));
                    if (company <= 0) {
                        filling.ripe = true;
                    } else {
                        company = work.awaitNanos(company);
                    }
                }
            }
            return !(closing && filling.isEmpty() && full.isEmpty());
        } finally {
            idle = false;
            lock.unlock();
        }
    }

    /** Waits for {@code nanos}, unless the journal is to be closed: then it returns true. */
    boolean pause(long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (!closing && left > 0) {
                left = work.awaitNanos(left);
            }
            return closing;
        } finally {
            lock.unlock();
        }
    }

    /** Keeps the folder after a failure until its owner closes the journal. */
    void awaitClosing() {
        lock.lock();
        try {
            while (!closing) {
                work.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Says whether there is nothing to write. */
    boolean isIdle() {
        lock.lock();
        try {
            return filling.isEmpty() && full.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** A frame is on disk: its items are where it says. */
    void written(FrameBuffer frame, Segment segment, int offset) {
        lock.lock();
        try {
            for (Placement placement : frame.placements()) {
                Item item = placement.item();
                if (!item.removed) {
                    if (item.segment != null) {
                        item.segment.unlink(item);
                    }
                    segment.link(item, offset, placement.offset());
                }
            }
            if (frame.gone != null) {
                segments.remove(frame.gone);
            }
            buffered -= frame.length() - Frame.HEADER;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void begun(Segment segment) {
        lock.lock();
        try {
            segments.addLast(segment);
        } finally {
            lock.unlock();
        }
    }

    long nextItem() {
        lock.lock();
        try {
            return nextItem;
        } finally {
            lock.unlock();
        }
    }

    /** Copies items to the head of the log, as far as they live still and are in the frame that was read. */
    int copy(Segment oldest, int frame, ByteBuffer contents) {
        lock.lock();
        try {
            int copied = 0;
            for (Item item = oldest.nextToCopy(); item != null && item.frame == frame; item = oldest.toCopy) {
                bufferFor(item.size()).put(item, contents.slice(item.offset, item.length));
                copied += item.size();
                oldest.toCopy = item.next;
            }
            return copied;
        } finally {
            lock.unlock();
        }
    }

    /** Runs {@code question} on the segments, oldest first, with the lock held. */
    <T> T ask(BiFunction<ArrayDeque<Segment>, Long, T> question) {
        lock.lock();
        try {
            return question.apply(segments, living);
        } finally {
            lock.unlock();
        }
    }

    /** Gives up a segment in which nothing lives. */
    void giveUp(Segment segment) {
        lock.lock();
        try {
            bufferFor(Frame.OLDEST_LENGTH).oldest(segment, segment.header.number() + 1);
        } finally {
            lock.unlock();
        }
    }

    /** Notes whether the disk is full; returns whether that is new. */
    boolean noteRoom(@Nullable Exception why) {
        lock.lock();
        try {
            boolean news = (why == null) != (noRoom == null);
            noRoom = why;
            if (why == null) {
                room.signalAll();
            }
            return news;
        } finally {
            lock.unlock();
        }
    }

    /** Stops for good, and returns the frames that were not written. */
    List<FrameBuffer> stop(Throwable cause) {
        lock.lock();
        try {
            failure = cause;
            List<FrameBuffer> left = new ArrayList<>(full);
            full.clear();
            left.add(filling);
            filling = new FrameBuffer();
            room.signalAll();
            return left;
        } finally {
            lock.unlock();
        }
    }

    void ended() {
        closed.complete(null);
    }

    // With the lock held

    private FrameBuffer bufferFor(int size) {
        if (!filling.isEmpty() && filling.length() + size > settings.frameLimit()) {
            full.addLast(filling);
            filling = new FrameBuffer();
        }
        buffered += size;
        return filling;
    }

    private boolean isRipe() {
        return filling.ripe || (filling.urgent && companyFor(filling) == 0);
    }

    /** How long the flusher waits for more to come, in nanoseconds. */
    private long companyFor(FrameBuffer frame) {
        Duration interval = settings.flushInterval();
        if (frame.followed && !frame.urgent && interval.compareTo(FOLLOWED) < 0) {
            return FOLLOWED.toNanos();
        }
        return (frame.urgent || interval.compareTo(LAZY) > 0 ? interval : LAZY).toNanos();
    }

    private void remove(Item item) {
        item.removed = true;
        living -= item.size();
        if (item.segment != null) {
            item.segment.unlink(item);
        }
    }

    private UnavailableException noRoomInTime() {
        String why = noRoom == null
                ? buffered + " bytes wait for the disk (maximumBuffered " + settings.maximumBuffered() + ")"
                : noRoom + "; it goes on by itself when there is room for " + settings.segmentSize()
                        + " bytes or consumers have freed a segment";
        return new UnavailableException(
                "the journal " + io.folder() + " took nothing for " + settings.patience(), List.of(why), noRoom);
    }

    private UnavailableException stopped() {
        return failure == null
                ? new UnavailableException("the journal " + io.folder() + " is closed", List.of(), null)
                : new UnavailableException(
                        "the journal " + io.folder() + " has stopped; open it anew once the disk is well",
                        List.of(failure.toString()),
                        failure);
    }
}
