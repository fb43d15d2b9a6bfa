package dev.tenfold.balance;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call and its attempts: one after the other, and once, where it is hedged, two at a time.
 *
 * <p><b>Who ends an attempt:</b> its answer, its timeout, the deadline, the caller, or the attempt that won; the one whose report
 * its lease takes. <b>Who ends the call:</b> whoever completes {@code result} first.
 *
 * <p><b>Who goes on after a failure:</b> {@code running} counts attempts. One that fails leaves a note of how in {@code lastFailure},
 * then counts itself out; if it was the last, it repeats the call or ends it with the note. A hedge counts itself in only
 * while another runs. So there is always exactly one who goes on, even where a hedge is denied at the moment
 * in which the first attempt fails and leaves the call to it. Whoever makes an attempt begin holds the only right to: the hedge by
 * its place in {@code running}, a retry since nobody else has one; so {@code tried} has one writer at a time, and {@code running}
 * orders them.
 *
 * <p><b>Nothing runs on after the end:</b> an attempt is stored, then {@code result} is looked at; the result is completed, then
 * what is stored is stopped. One of the two sides always sees the other.
 */
final class AsyncCall<T, R extends @Nullable Object> {

    private final Calls<T> calls;
    private final CallRules rules;
    private final BiFunction<? super T, ? super Deadline, ? extends CompletionStage<R>> call;
    private final Function<? super R, Outcome> judge;
    private final boolean executed;
    private final Deadline deadline;
    private final CompletableFuture<R> result = new CompletableFuture<>();
    private final AtomicInteger running = new AtomicInteger();
    private final List<Member<T>> tried = new ArrayList<>(0);

    private long started;
    private volatile int attempts;
    private volatile @Nullable Attempt first;
    private volatile @Nullable Attempt second;
    private volatile @Nullable Ending lastFailure;
    private volatile Scheduler.@Nullable Task hedging;
    private volatile Scheduler.@Nullable Task expiring;

    private AsyncCall(
            Calls<T> calls,
            BiFunction<? super T, ? super Deadline, ? extends CompletionStage<R>> call,
            Function<? super R, Outcome> judge,
            boolean executed) {
        this.calls = calls;
        this.rules = calls.rules();
        this.call = call;
        this.judge = judge;
        this.executed = executed;
        this.deadline = calls.deadline();
    }

    /** Starts a call. Where {@code executed}, {@code call} hands a synchronous one to an executor, which may refuse it. */
    static <T, R extends @Nullable Object> CompletionStage<R> start(
            Calls<T> calls,
            BiFunction<? super T, ? super Deadline, ? extends CompletionStage<R>> call,
            Function<? super R, Outcome> judge,
            boolean executed) {
        AsyncCall<T, R> started = new AsyncCall<>(calls, call, judge, executed);
        try {
            started.begin();
        } catch (RuntimeException nobody) {
            started.result.completeExceptionally(nobody);
        }
        return started.result;
    }

    private void begin() {
        if (deadline.isLimited() && deadline.isExpired()) {
            rules.countExceeded();
            throw rules.spentBefore(deadline);
        }
        Lease<T> lease = calls.lease();
        started = lease.start();
        Attempt attempt = new Attempt(lease, 1);
        first = attempt;
        attempts = 1;
        tried.add(lease.member());
        running.set(1);
        var unused = result.whenComplete((answer, failure) -> stop(Outcome.CANCELLED));
        if (deadline.isLimited()) {
            expiring = rules.scheduler().schedule(deadline.remaining(), this::expire);
        }
        Duration delay = calls.hedgeDelay();
        if (delay != null) {
            hedging = rules.scheduler().schedule(delay, this::hedge);
        }
        attempt.start();
    }

    /** Goes on after an attempt that did not end the call; {@code null} for one that did not even begin. */
    private void leave(@Nullable Ending how) {
        if (how != null && (lastFailure == null || how.outcome.countsAgainstEndpoint())) {
            lastFailure = how;
        }
        if (running.decrementAndGet() == 0) {
            repeat(Objects.requireNonNull(lastFailure));
        }
    }

    private void repeat(Ending last) {
        Duration delay = result.isDone() ? null : calls.delayBeforeRetry(last.outcome, attempts, deadline);
        if (delay == null) {
            last.complete.run();
        } else if (delay.isZero()) {
            again(last);
        } else {
            try {
                // A wait that is cancelled runs out and finds the result done.
                rules.scheduler().schedule(delay, () -> again(last));
            } catch (RejectedExecutionException closed) {
                last.complete.run();
            }
        }
    }

    private void again(Ending last) {
        if (result.isDone()) {
            return;
        }
        if (deadline.isLimited() && deadline.isExpired()) {
            expire();
            return;
        }
        Lease<T> lease = calls.again(tried);
        if (lease == null) {
            last.complete.run();
            return;
        }
        tried.add(lease.member());
        int number = attempts + 1;
        attempts = number;
        lastFailure = null;
        Attempt attempt = new Attempt(lease, number);
        first = attempt;
        running.set(1);
        attempt.start();
    }

    private void hedge() {
        int now = running.get();
        while (now > 0 && !running.compareAndSet(now, now + 1)) {
            now = running.get();
        }
        if (now == 0) {
            return;
        }
        boolean late = result.isDone() || (deadline.isLimited() && deadline.isExpired());
        Lease<T> lease = !late && rules.mayHedge() ? calls.hedge(tried) : null;
        if (lease == null) {
            leave(null);
            return;
        }
        tried.add(lease.member());
        Attempt attempt = new Attempt(lease, attempts + 1);
        second = attempt;
        attempt.start();
    }

    private void expire() {
        if (result.isDone()) {
            return;
        }
        Attempt slow = first;
        Attempt hedge = second;
        if (slow == null || slow.lease.hasEnded()) {
            slow = hedge;
        }
        RuntimeException spent = slow == null || slow.lease.hasEnded()
                ? rules.spentWaiting(attempts, deadline)
                : rules.spentOn(slow.lease.member(), slow.number, deadline, null);
        rules.countExceeded();
        stop(Outcome.TIMED_OUT);
        result.completeExceptionally(spent);
    }

    /** Ends what still goes on. */
    private void stop(Outcome outcome) {
        cancel(hedging);
        cancel(expiring);
        Attempt one = first;
        if (one != null) {
            one.stop(outcome);
        }
        Attempt other = second;
        if (other != null) {
            other.stop(outcome);
        }
    }

    private static void cancel(Scheduler.@Nullable Task task) {
        if (task != null) {
            task.cancel();
        }
    }

    /** Takes off what only carries another failure, so that callers see the same one however it travelled. */
    private static Throwable unwrap(Throwable failure) {
        boolean wrapper = failure instanceof CompletionException
                || failure instanceof ExecutionException
                || failure instanceof CallFailedException;
        Throwable cause = failure.getCause();
        return wrapper && cause != null ? cause : failure;
    }

    /** How an attempt ended, and how the call ends if it was the last. */
    private record Ending(Outcome outcome, Runnable complete) {}

    /** One attempt on one endpoint. */
    private final class Attempt {

        private final Lease<T> lease;
        private final int number;
        private volatile @Nullable CompletionStage<R> stage;
        private volatile Scheduler.@Nullable Task timeout;

        Attempt(Lease<T> lease, int number) {
            this.lease = calls.watched(lease);
            this.number = number;
        }

        void start() {
            if (result.isDone()) {
                end(Outcome.CANCELLED);
                return;
            }
            CompletionStage<R> begun;
            try {
                Deadline own = rules.attemptDeadline(deadline);
                if (own != deadline) {
                    timeout = rules.scheduler().schedule(own.remaining(), () -> timeOut(own));
                }
                begun = Objects.requireNonNull(
                        call.apply(lease.target(), own), "the call returned null instead of a stage");
            } catch (Throwable failure) {
                // An executor that is full says nothing about the endpoint.
                boolean refused = executed && failure instanceof RejectedExecutionException;
                failed(failure, refused ? Outcome.CANCELLED : rules.judged(failure));
                return;
            }
            stage = begun;
            if (lease.hasEnded()) {
                cancel(begun);
            }
            begun.whenComplete((answer, failure) -> {
                if (failure == null) {
                    answered(answer);
                } else {
                    Throwable cause = executed ? failure : unwrap(failure);
                    failed(cause, rules.judged(cause));
                }
            });
        }

        private void answered(R answer) {
            Outcome outcome;
            try {
                outcome = judge.apply(answer);
            } catch (Throwable broken) {
                failed(broken, rules.judged(broken));
                return;
            }
            ended(new Ending(outcome, () -> result.complete(answer)));
        }

        private void failed(Throwable failure, Outcome outcome) {
            ended(new Ending(outcome, () -> result.completeExceptionally(failure)));
        }

        private void ended(Ending how) {
            long now = rules.time().nanoTime();
            if (!lease.end(how.outcome, now)) {
                return;
            }
            AsyncCall.cancel(timeout);
            if (how.outcome == Outcome.SUCCESS || how.outcome == Outcome.REJECTED) {
                rules.answered(how.outcome);
                won(now);
                how.complete.run();
            } else {
                leave(how);
            }
        }

        private void won(long now) {
            if (this == second) {
                rules.countHedgeWon();
            }
            if (calls.learns()) {
                rules.latencies().record(now - started);
            }
        }

        private void timeOut(Deadline own) {
            if (end(Outcome.TIMED_OUT)) {
                Throwable failure = rules.spentOn(lease.member(), number, own, null);
                leave(new Ending(Outcome.TIMED_OUT, () -> result.completeExceptionally(failure)));
            }
        }

        void stop(Outcome outcome) {
            AsyncCall.cancel(timeout);
            end(outcome);
        }

        /** Ends the attempt from outside, unless it has ended. */
        private boolean end(Outcome outcome) {
            boolean ended = lease.end(outcome, rules.time().nanoTime());
            CompletionStage<R> held = stage;
            if (ended && held != null) {
                cancel(held);
            }
            return ended;
        }

        /** What cannot be cancelled goes on, and what it ends with is ignored. */
        private void cancel(CompletionStage<R> held) {
            try {
                held.toCompletableFuture().cancel(true);
            } catch (UnsupportedOperationException notAFuture) {
                return;
            }
        }
    }
}
