package dev.tenfold.queue.journal;

import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Event;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The one that touches the files of an open journal: it writes frames and forces them, begins segments, and cleans. See
 * {@link Journal} for what orders it with those who append.
 *
 * <p>A failed force is never repeated: the system may have marked what it could not write as clean, and would then report
 * success (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). The journal stops instead.
 * A file that holds nothing yet is the exception: it is thrown away, and made again when there is room.
 */
final class Flusher implements Runnable {

    /** How often a full disk is asked again. */
    private static final Duration RETRY = Duration.ofMillis(100);

    /** And after how many turns, if there is always something to do. */
    private static final int TURNS = 16;

    /** How long nothing happens before the last frame is sealed. */
    private static final Duration IDLE = Duration.ofMillis(1);

    private final Journal journal;
    private final JournalSettings settings;
    private final FileIo io;
    private final SegmentFiles files;
    private final Cleaner cleaner;
    private final long identity;

    private Segment current;
    private long nextSequence;

    /** What does not fit and waits for a segment. */
    private @Nullable FrameBuffer inHand;

    private boolean sealed = true;
    private boolean full;

    /** Since the disk was asked whether it is full still. */
    private int turnsSince;

    /** Begins a new segment behind what was found. */
    Flusher(Journal journal, Recovery found) throws IOException {
        this.journal = journal;
        this.settings = journal.settings;
        this.io = journal.io;
        this.files = new SegmentFiles(io, settings.segmentSize());
        this.cleaner = new Cleaner(journal, found.oldest(), this::tell);
        Long known = found.journal();
        this.identity = known == null ? settings.random().nextLong() : known;
        this.nextSequence = found.nextSequence();
        files.prepare(settings.segmentSize());
        Segment last = found.segments().peekLast();
        this.current = begin(last == null ? 1 : last.header.number() + 1);
    }

    private Segment begin(long number) throws IOException {
        Segment begun = files.begin(new SegmentHeader(
                number,
                nextSequence,
                cleaner.oldest(),
                settings.random().nextLong(),
                journal.nextItem(),
                identity,
                settings.segmentSize()));
        journal.begun(begun);
        return begun;
    }

    @Override
    public void run() {
        try {
            try {
                write();
            } catch (IOException | InterruptedException | RuntimeException | Error failure) {
                fail(failure, "journal.stopped", Level.ERROR);
                journal.awaitClosing();
            }
            closeFiles();
        } catch (IOException failure) {
            tell(Level.WARNING, "journal.closed", "a file could not be closed: " + failure);
        } finally {
            journal.ended();
        }
    }

    private void write() throws IOException, InterruptedException {
        while (true) {
            if (turn(false)) {
                continue;
            }
            if (inHand != null) {
                if (journal.pause(RETRY.toNanos())) {
                    fail(new IOException("closed while the disk was full"), "journal.closed", Level.ERROR);
                    return;
                }
            } else if (!journal.awaitWork(sealed ? full ? RETRY.toNanos() : Long.MAX_VALUE : IDLE.toNanos())) {
                seal();
                return;
            } else if (journal.isIdle()) {
                seal();
                turnsSince = TURNS;
            }
        }
    }

    /** Does one piece of work, without waiting for company; returns whether there may be more. */
    boolean turn() throws IOException {
        return turn(true);
    }

    private boolean turn(boolean early) throws IOException {
        FrameBuffer frame = inHand == null ? journal.take(early) : inHand;
        if (frame == null) {
            prepare();
            return clean();
        }
        inHand = frame;
        if (!fits(frame) && !roll()) {
            return false;
        }
        write(frame);
        inHand = null;
        frame.done.complete(null);
        prepare();
        clean();
        return true;
    }

    /** How many frames were written, in all lives. */
    long sequence() {
        return nextSequence - 1;
    }

    private boolean fits(FrameBuffer frame) {
        // A seal must fit behind it.
        return Frame.aligned(current.end + frame.length()) + Frame.HEADER <= current.header.size();
    }

    private void write(FrameBuffer frame) throws IOException {
        int at = current.end;
        current.file.write(frame.complete(current.header.salt(), nextSequence), at);
        current.file.force();
        current.end = Frame.aligned(at + frame.length());
        nextSequence++;
        sealed = false;
        journal.written(frame, current, at);
        Segment gone = frame.gone;
        if (gone != null) {
            cleaner.wentAway(gone);
            try {
                files.recycle(gone);
            } catch (IOException failure) {
                tell(
                        Level.WARNING,
                        "journal.leftover",
                        gone.header.file() + " is deleted when the journal is opened next: " + failure);
            }
        }
    }

    /** Writes an empty frame, which the next one replaces. */
    void seal() throws IOException {
        if (!sealed) {
            current.file.write(new FrameBuffer().complete(current.header.salt(), nextSequence), current.end);
            sealed = true;
        }
    }

    /** Goes on in the next segment; returns false if there is none. */
    private boolean roll() throws IOException {
        if (!files.isReady()) {
            prepare(settings.segmentSize());
        }
        if (!files.isReady()) {
            return false;
        }
        current = begin(current.header.number() + 1);
        return true;
    }

    private void prepare() {
        if (!full || files.isReady() || ++turnsSince >= TURNS) {
            prepare(current.end);
        }
    }

    private void prepare(int used) {
        turnsSince = 0;
        try {
            files.prepare(used);
            full = false;
            if (journal.noteRoom(null)) {
                tell(Level.INFO, "journal.resumed", "there is room again; producers go on");
            }
        } catch (IOException failure) {
            full = true;
            if (journal.noteRoom(failure)) {
                tell(
                        Level.ERROR,
                        "journal.full",
                        "producers wait, there is no room for another segment of " + settings.segmentSize() + " bytes: "
                                + failure);
            }
        }
    }

    private boolean clean() {
        return cleaner.step(current, full);
    }

    private void fail(Throwable cause, String kind, Level level) {
        List<FrameBuffer> unwritten = journal.stop(cause);
        FrameBuffer unknown = inHand;
        if (unknown != null) {
            unknown.done.completeExceptionally(new OutcomeUnknownException(
                    "a change of the journal " + io.folder() + " may be on disk or not; open it anew to see", cause));
        }
        unwritten.forEach(frame -> frame.done.completeExceptionally(new UnavailableException(
                "the journal " + io.folder() + " has stopped before this was written",
                List.of(cause.toString()),
                cause)));
        tell(level, kind, "stopped, nothing more is written: " + cause);
    }

    private void closeFiles() throws IOException {
        try {
            files.close();
            for (Segment segment : journal.ask((segments, living) -> List.copyOf(segments))) {
                segment.file.close();
            }
        } finally {
            io.close();
        }
    }

    void tellOpened(Recovery found) {
        String torn = found.dropped();
        if (torn != null) {
            tell(
                    Level.WARNING,
                    "journal.torn",
                    "dropped a last write that was never confirmed, its end did not reach the disk: " + torn);
        }
        tell(
                Level.INFO,
                "journal.opened",
                "read " + found.frames() + " frames of " + (journal.segments() - 1) + " segments, "
                        + journal.liveBytes() + " bytes live");
    }

    private void tell(Level level, String kind, String message) {
        settings.observer()
                .on(new Event(settings.time().now(), "journal/" + io.folder(), kind, level, message, Map.of()));
    }
}
