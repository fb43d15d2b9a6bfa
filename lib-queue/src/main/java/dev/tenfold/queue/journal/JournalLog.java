package dev.tenfold.queue.journal;

import dev.tenfold.error.CorruptDataException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.log.QueueLog;
import dev.tenfold.queue.log.QueueLog.Change.Declared;
import dev.tenfold.queue.log.QueueLog.Change.Enqueued;
import dev.tenfold.queue.log.QueueLog.Change.Removed;
import dev.tenfold.queue.log.QueueLog.Change.Returned;
import dev.tenfold.queue.log.QueueLog.Change.Undeclared;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A broker's log in a {@link Journal}: each definition, content, copy and state is an item, see {@link LogEntry}.
 *
 * <p>One lock makes the order of changes in the log the order in which the books changed: a content shared by several
 * copies goes with the last of them, and whoever removes that one must come last in the log, too. It is held for the copy
 * into the journal's buffer, never for the disk.
 */
public final class JournalLog implements QueueLog {

    /** How many ids are reserved at a time. */
    private static final long RESERVE = 1 << 16;

    private final Journal journal;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.

    private final Map<String, Defined> definitions;
    private final Map<Long, Copy> copies;
    private long nextOrder;

    /** Ids up to this one may have been used; those above are reserved before they are. */
    private long reserved;

    private @Nullable Item reservation;

    /** What was found, until the broker asked for it. */
    private @Nullable LogReplay found;

    /** Null where the flusher's thread is somebody else's. */
    private final @Nullable StartedScheduler thread;

    private JournalLog(Journal journal, LogReplay found, @Nullable StartedScheduler thread) {
        this.thread = thread;
        this.journal = journal;
        this.found = found;
        definitions = found.definitions();
        copies = found.copies();
        nextOrder = found.lastOrder() + 1;
        reserved = found.reserved();
        reservation = found.reservation();
    }

    /**
     * Opens a folder, or begins a log in it.
     *
     * @param folder created if there is none
     * @param settings valid
     * @param flusher runs one task until the log is closed, and must never interrupt it; null starts a thread for it
     * @return an open log
     * @throws CorruptDataException if the files are not what was written, with file and offset
     * @throws UnavailableException if the folder is open elsewhere, cannot be read, or has no room
     */
    public static JournalLog open(Path folder, JournalSettings settings, @Nullable Executor flusher) {
        LogReplay found = new LogReplay(folder.toString());
        if (flusher != null) {
            return new JournalLog(Journal.open(folder, settings, flusher, found), found, null);
        }
        StartedScheduler own = Scheduler.start("tenfold-journal " + folder.getFileName());
        boolean opened = false;
        try {
            Journal journal = Journal.open(folder, settings, task -> own.schedule(Duration.ZERO, task), found);
            opened = true;
            return new JournalLog(journal, found, own);
        } finally {
            if (!opened) {
                own.close();
            }
        }
    }

    /** For tests, over files of their own. */
    static JournalLog over(Journal journal, LogReplay found) {
        return new JournalLog(journal, found, null);
    }

    /** A definition that counts. */
    record Defined(Item item, long order) {}

    /** A message, in one queue or several. */
    static final class Content {
        final Item item;
        int copies;

        Content(Item item, int copies) {
            this.item = item;
            this.copies = copies;
        }
    }

    /** A message in a queue. */
    static final class Copy {
        final Content content;

        /** Null where the content has one copy only. */
        final @Nullable Item present;

        /** Null until it came back. */
        @Nullable
        Item state;

        Copy(Content content, @Nullable Item present) {
            this.content = content;
            this.present = present;
        }
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public void replay(Replay into) {
        LogReplay all;
        lock.lock();
        try {
            all = Objects.requireNonNull(found, "replayed already");
            found = null;
        } finally {
            lock.unlock();
        }
        all.tell(into);
    }

    @Override
    public long lastId() {
        lock.lock();
        try {
            return reserved;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompletionStage<Void> write(List<Change> changes) {
        return write(changes, false);
    }

    @Override
    public CompletionStage<Void> write(List<Change> changes, boolean more) {
        if (addsOnly(changes)) {
            awaitRoom();
        }
        requireSize(changes);
        lock.lock();
        try {
            Batch items = new Batch();
            for (Change change : changes) {
                add(change, items);
            }
            return journal.append(more ? items.followed() : isWaitedFor(changes) ? items : items.lazy());
        } finally {
            lock.unlock();
        }
    }

    /** What takes something away, even if it puts something else in its place, goes on when the disk is full. */
    private static boolean addsOnly(List<Change> changes) {
        boolean adds = false;
        for (Change change : changes) {
            if (change instanceof Removed || change instanceof Undeclared) {
                return false;
            }
            adds |= change instanceof Enqueued || change instanceof Declared;
        }
        return adds;
    }

    /** Nobody waits for what only takes away or gives back: it is on disk within milliseconds all the same. */
    private static boolean isWaitedFor(List<Change> changes) {
        for (Change change : changes) {
            if (!(change instanceof Removed || change instanceof Returned)) {
                return true;
            }
        }
        return false;
    }

    /** Before anything is changed: the books must not be ahead of the log. */
    private void requireSize(List<Change> changes) {
        long size = changes.stream().mapToLong(JournalLog::mostBytes).sum();
        if (size > journal.largestBatch()) {
            // Not unavailable: however long one waits, it will not fit.
            throw new IllegalArgumentException("message or transaction: " + size + " bytes (expected: <= "
                    + journal.largestBatch()
                    + ", which fit a segment of the journal; open the broker with a larger segmentSize, or send less at"
                    + " once)");
        }
    }

    private static long mostBytes(Change change) {
        long item = Frame.PUT_HEADER + Frame.REMOVE_LENGTH + 32L;
        if (change instanceof Enqueued enqueued) {
            long names = enqueued.queues().stream()
                    .mapToLong(name -> 2 + 3L * name.length() + item)
                    .sum();
            return 2 * item + names + enqueued.content().length;
        }
        if (change instanceof Declared declared) {
            return item + 3L * declared.key().length() + declared.definition().length;
        }
        return change instanceof Removed removed ? removed.ids().length * 3L * Frame.REMOVE_LENGTH : item;
    }

    private void awaitRoom() {
        try {
            journal.awaitRoom();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new UnavailableException(
                    "interrupted while waiting for the journal", List.of("nothing was written"), interrupted);
        }
    }

    @Override
    public void close() {
        journal.close();
        if (thread != null) {
            thread.close();
        }
    }

    // With the lock held. If the journal refuses what comes of it, it has ended, and the books do not matter any more.

    private void add(Change change, Batch items) {
        if (change instanceof Enqueued enqueued) {
            enqueue(enqueued, items);
        } else if (change instanceof Removed removed) {
            for (long id : removed.ids()) {
                remove(id, items);
            }
        } else if (change instanceof Returned returned) {
            giveBack(returned, items);
        } else if (change instanceof Declared declared) {
            Defined known = definitions.get(declared.key());
            long order = known == null ? nextOrder++ : known.order();
            removeIfAny(known == null ? null : known.item(), items);
            Item item = items.put(new LogEntry.Definition(order, declared.key(), declared.definition()).write());
            definitions.put(declared.key(), new Defined(item, order));
        } else if (change instanceof Undeclared undeclared) {
            Defined known = definitions.remove(undeclared.key());
            removeIfAny(known == null ? null : known.item(), items);
        }
    }

    private void enqueue(Enqueued enqueued, Batch items) {
        int count = enqueued.queues().size();
        long last = enqueued.firstId() + count - 1;
        if (last > reserved) {
            removeIfAny(reservation, items);
            reserved = last + RESERVE;
            reservation = items.put(new LogEntry.Reserved(reserved).write());
        }
        LogEntry entry = new LogEntry.Content(enqueued.firstId(), enqueued.queues(), enqueued.content());
        Content content = new Content(items.put(entry.write()), count);
        for (long id = enqueued.firstId(); id <= last; id++) {
            Item present = count == 1 ? null : items.put(new LogEntry.Present(id).write());
            copies.put(id, new Copy(content, present));
        }
    }

    private void remove(long id, Batch items) {
        Copy copy = copies.remove(id);
        if (copy == null) {
            throw new IllegalStateException("copy " + id + " is not in the journal");
        }
        removeIfAny(copy.present, items);
        removeIfAny(copy.state, items);
        if (--copy.content.copies == 0) {
            items.remove(copy.content.item);
        }
    }

    private void giveBack(Returned returned, Batch items) {
        Copy copy = copies.get(returned.id());
        if (copy == null) {
            throw new IllegalStateException("copy " + returned.id() + " is not in the journal");
        }
        removeIfAny(copy.state, items);
        copy.state = items.put(
                new LogEntry.State(returned.id(), returned.failures(), returned.deliveries(), returned.due()).write());
    }

    private static void removeIfAny(@Nullable Item item, Batch items) {
        if (item != null) {
            items.remove(item);
        }
    }
}
