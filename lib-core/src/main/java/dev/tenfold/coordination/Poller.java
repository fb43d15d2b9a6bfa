package dev.tenfold.coordination;

import dev.tenfold.time.Scheduler;
import dev.tenfold.time.Scheduler.Task;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a round again and again, a pause after each, until it is stopped. Started once, never restarted.
 *
 * <p><b>Invariant:</b> at most one round runs and at most one is due; none is due for long after {@link #stop}.
 * <b>Writers:</b> {@code next} by the thread that starts the poller and then by the round, which hands over to its
 * successor; {@code stopped} by any thread, once. <b>Order:</b> {@code stop} writes {@code stopped} before it reads {@code
 * next}, and scheduling writes {@code next} before it reads {@code stopped}; both are volatile, so one of them cancels.
 */
final class Poller {

    private final Scheduler scheduler;
    private final Executor executor;
    private final Duration pause;
    private final Runnable round;
    private final Consumer<RejectedExecutionException> onRejected;
    private volatile @Nullable Task next;
    private volatile boolean stopped;

    /**
     * @param round what to run; catches what it throws
     * @param onRejected told when the executor refuses a round, which is then skipped, or the scheduler was closed, which
     *     ends the polling
     */
    Poller(
            Scheduler scheduler,
            Executor executor,
            Duration pause,
            Runnable round,
            Consumer<RejectedExecutionException> onRejected) {
        this.scheduler = scheduler;
        this.executor = executor;
        this.pause = pause;
        this.round = round;
        this.onRejected = onRejected;
    }

    /** Makes the first round due. */
    void start() {
        Task task = scheduler.schedule(pause, this::due);
        next = task;
        if (stopped) {
            task.cancel();
        }
    }

    void stop() {
        stopped = true;
        Task task = next;
        if (task != null) {
            task.cancel();
        }
    }

    private void due() {
        try {
            executor.execute(this::run);
        } catch (RejectedExecutionException refused) {
            onRejected.accept(refused);
            again();
        }
    }

    private void run() {
        try {
            if (!stopped) {
                round.run();
            }
        } finally {
            again();
        }
    }

    private void again() {
        if (!stopped) {
            try {
                start();
            } catch (RejectedExecutionException schedulerClosed) {
                onRejected.accept(schedulerClosed);
            }
        }
    }
}
