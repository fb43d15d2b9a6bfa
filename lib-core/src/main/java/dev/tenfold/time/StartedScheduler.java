package dev.tenfold.time;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * A {@link Scheduler} with one daemon thread of its own, made by {@link Scheduler#start(String)}.
 *
 * <p>Thread-safe. {@link #close()} drops tasks that are not yet due and lets a running one finish; it does not wait.
 */
public final class StartedScheduler implements Scheduler, AutoCloseable {

    private final ScheduledThreadPoolExecutor executor;
    private final Scheduler delegate;

    StartedScheduler(String name) {
        executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        delegate = Scheduler.over(executor);
    }

    @Override
    public Task schedule(Duration delay, Runnable task) {
        return delegate.schedule(delay, task);
    }

    /** Drops what is not yet due and ends the thread; closing twice does nothing. */
    @Override
    public void close() {
        executor.shutdown();
    }
}
