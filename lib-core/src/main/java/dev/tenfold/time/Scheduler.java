package dev.tenfold.time;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Runs a task once, later. Whatever repeats schedules itself again, so that each round can draw its own jitter and a
 * slow round never overlaps the next.
 *
 * <p>Implementations are thread-safe. Tasks must be short or hand over to an executor: they may share one thread.
 */
@FunctionalInterface
public interface Scheduler {

    /**
     * Runs {@code task} once, no earlier than {@code delay} from now.
     *
     * @param delay how long to wait; zero or negative means as soon as possible
     * @param task what to run; what it throws goes to the uncaught-exception handler of the thread that runs it
     * @return a handle that cancels the task if it has not started
     * @throws RejectedExecutionException if the scheduler was closed
     */
    Task schedule(Duration delay, Runnable task);

    /**
     * Makes the calling thread wait until something is done, however it ends. By default the thread parks; the scheduler of
     * a simulation lets what is due run meanwhile, so that code that waits takes none of the real time.
     *
     * @param done what to wait for
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    default void await(CompletableFuture<?> done) throws InterruptedException {
        try {
            done.handle((result, failure) -> true).get();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("a stage that handles every failure has failed", impossible);
        }
    }

    /** A task that was scheduled and can still be called off. */
    @FunctionalInterface
    interface Task {

        /** Keeps the task from starting; does nothing if it already started, finished or was cancelled. */
        void cancel();
    }

    /**
     * Uses an executor that the caller owns and closes.
     *
     * @param executor runs the tasks
     * @return a scheduler over it
     */
    static Scheduler over(ScheduledExecutorService executor) {
        return new ExecutorScheduler(executor);
    }

    /**
     * Uses the one timer thread that the JDK keeps for the timeouts of {@code CompletableFuture}, so that nothing is
     * started and nothing needs closing.
     *
     * @param executor runs the tasks; {@code Runnable::run} only for tasks that do no more than wake somebody, since the
     *     whole process shares the timer
     * @return a scheduler over the shared timer
     */
    static Scheduler shared(Executor executor) {
        return new SharedTimer(executor);
    }

    /**
     * Starts one daemon thread that runs tasks in order of their due time.
     *
     * @param name the thread's name
     * @return a scheduler that owns the thread until it is closed
     */
    static StartedScheduler start(String name) {
        return new StartedScheduler(name);
    }
}
