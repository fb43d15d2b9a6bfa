package dev.tenfold.time;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A {@link Scheduler} over an executor of the JDK. */
record ExecutorScheduler(ScheduledExecutorService executor) implements Scheduler {

    @Override
    public Task schedule(Duration delay, Runnable task) {
        Future<?> future = executor.schedule(() -> run(task), nanos(delay), TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    /** The executor would keep a thrown exception in a future nobody reads; here it reaches the thread's handler. */
    private static void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable failure) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
        }
    }

    /** Delays beyond 292 years are cut to that, as {@link TimeUnit} itself does. */
    static long nanos(Duration delay) {
        try {
            return delay.toNanos();
        } catch (ArithmeticException tooLong) {
            return delay.isNegative() ? 0 : Long.MAX_VALUE;
        }
    }
}
