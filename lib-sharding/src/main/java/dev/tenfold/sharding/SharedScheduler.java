package dev.tenfold.sharding;

import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The timer thread the JDK keeps for {@link CompletableFuture}, for tasks that do no more than wake somebody. */
enum SharedScheduler implements Scheduler {
    INSTANCE;

    @Override
    public Task schedule(Duration delay, Runnable task) {
        CompletableFuture<Void> due = new CompletableFuture<>();
        CompletableFuture<Void> run = due.thenRun(task);
        due.completeOnTimeout(null, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> {
            run.cancel(false);
            due.cancel(false);
        };
    }
}
