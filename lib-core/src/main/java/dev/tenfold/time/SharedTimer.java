package dev.tenfold.time;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Scheduler} over the one timer thread that the JDK keeps for the timeouts of {@link CompletableFuture}. The timer
 * only hands tasks to {@code executor}.
 */
record SharedTimer(Executor executor) implements Scheduler {

    @Override
    public Task schedule(Duration delay, Runnable task) {
        CompletableFuture<@Nullable Void> due = new CompletableFuture<>();
        var unused = due.thenRun(() -> report(() -> executor.execute(() -> report(task))));
        due.completeOnTimeout(null, Math.max(0, ExecutorScheduler.nanos(delay)), TimeUnit.NANOSECONDS);
        return () -> due.cancel(false);
    }

    /** A future that nobody reads would keep what is thrown; here it reaches the thread's handler. */
    private static void report(Runnable task) {
        try {
            task.run();
        } catch (Throwable failure) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
        }
    }
}
