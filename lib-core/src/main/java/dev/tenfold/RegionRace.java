package dev.tenfold;

import dev.tenfold.RequestPath.Builder.RegionHedge;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.topology.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request at two regions, of which the second begins when the first has not answered in time. The first good answer wins
 * and the other attempt is interrupted; an attempt that fails leaves the request to the other, and where none is left the
 * last failure is the answer.
 *
 * <p><b>Invariant:</b> {@code open} counts the attempts that may still answer. <b>Writers:</b> the caller, the timer and the
 * attempts' threads, holding {@code lock}. <b>Order:</b> {@code answer} is completed before any attempt is interrupted, so an
 * attempt that finds it done was overtaken.
 */
final class RegionRace<R> {

    private final RegionHedge settings;
    private final Supplier<String> path;
    private final CompletableFuture<Attempt<R>> answer = new CompletableFuture<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final List<FutureTask<@Nullable Void>> attempts = new ArrayList<>(2);
    private int open;
    /** How an attempt failed, for when all have. */
    private @Nullable Attempt<R> bad;

    private @Nullable Throwable worst;

    RegionRace(RegionHedge settings, Supplier<String> path) {
        this.settings = settings;
        this.path = path;
    }

    /**
     * Runs the race.
     *
     * @param first asks the nearest region; told whether another was faster
     * @param second asks the next one; null where there is none
     */
    Attempt<R> run(
            Deadline deadline,
            Function<BooleanSupplier, Attempt<R>> first,
            Function<BooleanSupplier, @Nullable Attempt<R>> second) {
        begin(finished -> first.apply(finished));
        Scheduler.Task timer = settings.scheduler().schedule(settings.delay(), () -> hedge(second));
        Scheduler.Task expiry = deadline.isLimited()
                ? settings.scheduler().schedule(deadline.remaining(), () -> expire(deadline))
                : () -> {};
        try {
            settings.scheduler().await(answer);
            Attempt<R> made = answer.get();
            if (made.outcome() == Outcome.SUCCESS) {
                settings.budget().deposit();
            }
            return made;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for " + path.get());
        } catch (ExecutionException failed) {
            throw unchecked(Objects.requireNonNull(failed.getCause()));
        } finally {
            timer.cancel();
            expiry.cancel();
            answer.cancel(false);
            interruptAll();
        }
    }

    private void expire(Deadline deadline) {
        answer.completeExceptionally(
                new DeadlineExceededException("two regions of " + path.get(), deadline.budget(), null));
    }

    private void hedge(Function<BooleanSupplier, @Nullable Attempt<R>> second) {
        if (!answer.isDone() && settings.budget().tryWithdraw()) {
            try {
                begin(second);
            } catch (RejectedExecutionException full) {
                // Then the request goes on as if there were no second region.
            }
        }
    }

    private void begin(Function<BooleanSupplier, @Nullable Attempt<R>> attempt) {
        FutureTask<@Nullable Void> task = new FutureTask<>(
                () -> {
                    try {
                        ended(attempt.apply(answer::isDone), null);
                    } catch (RuntimeException | Error failure) {
                        ended(null, failure);
                    }
                },
                null);
        lock.lock();
        try {
            if (answer.isDone()) {
                return;
            }
            open++;
            attempts.add(task);
        } finally {
            lock.unlock();
        }
        try {
            settings.executor().execute(task);
        } catch (RejectedExecutionException full) {
            lock.lock();
            try {
                open--;
            } finally {
                lock.unlock();
            }
            throw full;
        }
    }

    /** Takes what an attempt came to: an answer, a failure, or neither where there was no region to ask. */
    private void ended(@Nullable Attempt<R> made, @Nullable Throwable failure) {
        if (made != null && !made.outcome().countsAgainstEndpoint()) {
            answer.complete(made);
        }
        lock.lock();
        try {
            bad = made != null ? made : bad;
            worst = failure != null ? failure : worst;
            if (--open > 0 || answer.isDone()) {
                return;
            }
        } finally {
            lock.unlock();
        }
        if (bad != null) {
            answer.complete(bad);
        } else {
            answer.completeExceptionally(worst != null ? worst : new IllegalStateException("no region was asked"));
        }
    }

    private void interruptAll() {
        List<FutureTask<@Nullable Void>> all;
        lock.lock();
        try {
            all = List.copyOf(attempts);
        } finally {
            lock.unlock();
        }
        all.forEach(task -> task.cancel(true));
    }

    private static RuntimeException unchecked(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return (RuntimeException) failure;
    }
}
