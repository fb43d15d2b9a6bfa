package dev.tenfold.journey.stage;

import dev.tenfold.journey.report.Narrator;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Breaks things and mends them when their time has come, one after the other, on a thread of its own: what takes longer than
 * it should delays what follows. Planned and driven by one thread; {@link #isSettled} is for any.
 */
final class Operator implements AutoCloseable {

    /** How long the load goes on after the last act, so that it can show. */
    private static final Duration AFTERMATH = Duration.ofMillis(1500);

    private static final int PATIENCE_SECONDS = 120;
    /** Whoever waited for longer wants to know that it is over. */
    private static final long LONG_NANOS = 1_000_000_000;

    private static final long NOT_YET = Long.MAX_VALUE;

    private final Narrator narrator;
    private final TimeSource time;
    private final List<Planned> planned = new ArrayList<>();
    private final Deque<Planned> waiting = new ArrayDeque<>();
    private final List<Future<?>> played = new ArrayList<>();
    private final AtomicInteger left = new AtomicInteger();
    private final ExecutorService hands = Executors.newSingleThreadExecutor();
    private final ExecutorService visitors = Executors.newCachedThreadPool();
    private long start;
    private long length;

    /** Nanoseconds from the start to the end of the aftermath. */
    private volatile long settled = NOT_YET;

    Operator(Narrator narrator, TimeSource time) {
        this.narrator = narrator;
        this.time = time;
    }

    /** Something to do when a share of the load's length has passed; without an announcement it is not told. */
    private record Planned(double at, String announcement, Act action) {}

    void plan(double at, String announcement, Act action) {
        planned.add(new Planned(at, announcement, action));
    }

    /** The load begins. */
    void begin(Duration load) {
        start = time.nanoTime();
        length = load.toNanos();
        planned.sort(Comparator.comparingDouble(Planned::at));
        waiting.addAll(planned);
        left.set(planned.size());
        if (planned.isEmpty()) {
            settled = 0;
        }
    }

    /** Hands over what is due. */
    void playDue() {
        long now = time.nanoTime() - start;
        for (Planned act = waiting.peek(); act != null && act.at() * length <= now; act = waiting.peek()) {
            Planned due = waiting.remove();
            played.add(hands.submit(() -> {
                play(due);
                return null;
            }));
        }
    }

    /** Does something at once, whatever else is being done; a failure is told, and fails nothing. */
    void actNow(String announcement, Act action, Consumer<String> done, Consumer<String> failed) {
        var unused = visitors.submit(() -> {
            narrator.note(announcement);
            long from = time.nanoTime();
            try {
                action.run();
                if (time.nanoTime() - from > LONG_NANOS) {
                    done.accept(": done");
                }
            } catch (Exception failure) {
                String why = failure.getMessage() == null ? failure.toString() : failure.getMessage();
                narrator.note("✖ that could not be done: " + why);
                failed.accept(why);
            }
        });
    }

    private void play(Planned act) throws Exception {
        if (!act.announcement().isEmpty()) {
            narrator.note(act.announcement());
        }
        try {
            act.action().run();
        } finally {
            if (left.decrementAndGet() == 0) {
                settled = time.nanoTime() - start + AFTERMATH.toNanos();
            }
        }
    }

    /** Says whether everything was played, and had its time to show. */
    boolean isSettled() {
        return time.nanoTime() - start >= settled;
    }

    /** Waits for the last act; throws what went wrong in one. */
    void await() throws Exception {
        try {
            for (Future<?> act : played) {
                act.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        }
    }

    @Override
    public void close() {
        hands.shutdownNow();
        visitors.shutdownNow();
    }
}
