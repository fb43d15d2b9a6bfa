package dev.tenfold.queue.journal;

import dev.tenfold.error.CorruptDataException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.queue.log.QueueLog;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A broker's log in a {@link Journal}: each definition, content, copy and state is an item, see {@link Entry}.
 *
 * <p>One lock holds the order of changes in the log and the order in which the books were changed together: a content
 * shared by several copies goes with the last of them, and whoever removes that one must come last in the log, too.
 */
public final class JournalLog implements QueueLog {

    private final Journal journal;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock.

    private final Map<String, Defined> definitions = new HashMap<>();
    private final Map<Long, Copy> copies = new HashMap<>();
    private long nextOrder = 1;

    /** Ids up to this one may be in use; what is above is reserved before it is. */
    private long reserved;

    private @Nullable Item reservation;

    /** What was found when the journal was opened, until the broker asks for it. */
    private @Nullable List<Found> found = new ArrayList<>();

    private JournalLog(Path folder, JournalSettings settings, Executor flusher) {
        journal = Journal.open(folder, settings, flusher, this::found);
    }

    /**
     * Opens a folder, or begins a log in it.
     *
     * @param folder created if there is none
     * @param settings valid
     * @param flusher runs one task until the log is closed; must never interrupt it
     * @return an open log
     * @throws CorruptDataException if the files are not what was written, with file and offset
     * @throws UnavailableException if the folder is open elsewhere, cannot be read, or has no room
     */
    public static JournalLog open(Path folder, JournalSettings settings, Executor flusher) {
        return new JournalLog(folder, settings, flusher);
    }

    /** A definition that counts; the order is that of its first declaration. */
    private record Defined(Item item, long order) {}

    /** A message, in one queue or several. */
    private static final class Content {
        final Item item;
        int copies;

        Content(Item item) {
            this.item = item;
        }
    }

    /** A message in a queue. */
    private static final class Copy {
        final Content content;

        /** Null where the content has one copy only. */
        final @Nullable Item item;

        /** Null until it came back. */
        @Nullable
        Item state;

        Copy(Content content, @Nullable Item item) {
            this.content = content;
            this.item = item;
        }
    }

    @Override
    public boolean isDurable() {
        return true;
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
    public CompletionStage<Void> write(List<QueueLog.Change> changes) {
        if (needsRoom(changes)) {
            awaitRoom();
        }
        Draft draft = new Draft();
        lock.lock();
        try {
            changes.forEach(draft::add);
            CompletionStage<Void> done = journal.append(draft.change);
            draft.commit();
            return done;
        } finally {
            lock.unlock();
        }
    }

    /** What takes something away, even if it puts something else in its place, goes on when the disk is full. */
    private static boolean needsRoom(List<QueueLog.Change> changes) {
        boolean puts = false;
        for (QueueLog.Change change : changes) {
            if (change instanceof Removed || change instanceof Undeclared) {
                return false;
            }
            puts |= change instanceof Enqueued || change instanceof Declared;
        }
        return puts;
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
    }

    /** One change in the making. The books are changed only when it is in the log. */
    private final class Draft {

        final Change change = new Change();
        private final List<Runnable> books = new ArrayList<>(2);

        void commit() {
            books.forEach(Runnable::run);
        }

        void add(QueueLog.Change what) {
            if (what instanceof Enqueued enqueued) {
                enqueue(enqueued);
            } else if (what instanceof Removed removed) {
                for (long id : removed.ids()) {
                    remove(id);
                }
            } else if (what instanceof Returned returned) {
                giveBack(returned);
            } else if (what instanceof Declared declared) {
                declare(declared);
            } else if (what instanceof Undeclared undeclared) {
                undeclare(undeclared);
            }
        }
    }
}
