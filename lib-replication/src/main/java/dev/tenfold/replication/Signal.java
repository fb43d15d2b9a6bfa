package dev.tenfold.replication;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Lets callers wait for something to change. A caller takes {@link #next} before it looks and waits on that: a change
 * between the look and the wait has then already completed it, so none is missed.
 */
final class Signal {

    private final AtomicReference<CompletableFuture<Void>> next = new AtomicReference<>(new CompletableFuture<>());
    private final Scheduler scheduler;

    Signal(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    CompletableFuture<Void> next() {
        return Objects.requireNonNull(next.get());
    }

    void fire() {
        next.getAndSet(new CompletableFuture<>()).complete(null);
    }

    /** Waits for a change, at most for a time; {@link Long#MAX_VALUE} is for ever. */
    void await(CompletableFuture<Void> change, long nanos, String what) {
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        Scheduler.Task timeout = nanos == Long.MAX_VALUE
                ? () -> {}
                : scheduler.schedule(Duration.ofNanos(nanos), () -> over.complete(false));
        CompletableFuture<Void> woken = change.thenRun(() -> over.complete(true));
        try {
            scheduler.await(over);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("interrupted while waiting for " + what, List.of(), interrupted);
        } finally {
            timeout.cancel();
            woken.cancel(false);
        }
    }
}
