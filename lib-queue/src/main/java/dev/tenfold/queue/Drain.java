package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Environment;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The wait for a closing broker's queues. Every change of a queue asks {@link #check} whether that was the last one.
 *
 * <p>Queues are looked at one after the other, and a dead letter may go from one not yet looked at to one already passed. It
 * is counted in its old queue until it is in the new one, so a second look that finds all drained, with no dead letter
 * begun since the first, proves that all were drained at once.
 */
final class Drain {

    private final Environment given;
    private final Collection<? extends MemoryQueue<?>> queues;
    private final DeadLetters deadLetters;
    private final Duration allowed;
    private final long start;
    private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();

    Drain(Environment given, Collection<? extends MemoryQueue<?>> queues, DeadLetters deadLetters, Duration allowed) {
        this.given = given;
        this.queues = queues;
        this.deadLetters = deadLetters;
        this.allowed = allowed.compareTo(BoundedTime.LONGEST) > 0 ? BoundedTime.LONGEST : allowed;
        this.start = given.time().nanoTime();
    }

    void check() {
        if (over.isDone()) {
            return;
        }
        long deadline = start + allowed.toNanos();
        long buried = deadLetters.begun();
        if (queues.stream().allMatch(queue -> queue.isDrained(deadline)) && buried == deadLetters.begun()) {
            over.complete(null);
        }
    }

    /** Waits until the queues are drained or the time is up. */
    void await() {
        check();
        if (over.isDone() || allowed.isNegative() || allowed.isZero()) {
            return;
        }
        Scheduler.Task expiry;
        try {
            expiry = given.scheduler().schedule(allowed, () -> over.complete(null));
        } catch (RejectedExecutionException closed) {
            // Nothing could end the wait in time, so there is none.
            return;
        }
        try {
            over.get();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("a drain is only ever completed", impossible);
        } finally {
            expiry.cancel();
        }
    }

    Duration took() {
        return Duration.ofNanos(given.time().nanoTime() - start);
    }
}
