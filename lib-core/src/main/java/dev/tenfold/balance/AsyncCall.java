package dev.tenfold.balance;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.topology.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One asynchronous call and its attempts.
 *
 * <p><b>Invariant:</b> attempts follow one another, each begun by the completion of the one before, so {@code tried} has one
 * user at a time. {@code stop} ends whatever runs now; it is set before the result is looked at, and the result is cancelled
 * before {@code stop} is run, so one of the two sides always sees the other.
 */
final class AsyncCall<T, R extends @Nullable Object> {

    private final Calls<T> calls;
    private final Function<? super T, ? extends CompletionStage<R>> call;
    private final Function<? super R, Outcome> judge;
    private final CompletableFuture<R> result = new CompletableFuture<>();
    private final List<Member<T>> tried = new ArrayList<>(0);
    private volatile @Nullable Runnable stop;

    private AsyncCall(
            Calls<T> calls,
            Function<? super T, ? extends CompletionStage<R>> call,
            Function<? super R, Outcome> judge) {
        this.calls = calls;
        this.call = call;
        this.judge = judge;
    }

    static <T, R extends @Nullable Object> CompletionStage<R> start(
            Calls<T> calls,
            Function<? super T, ? extends CompletionStage<R>> call,
            Function<? super R, Outcome> judge) {
        AsyncCall<T, R> started = new AsyncCall<>(calls, call, judge);
        Lease<T> lease;
        try {
            lease = calls.balancer().lease();
        } catch (RuntimeException nobody) {
            started.result.completeExceptionally(nobody);
            return started.result;
        }
        var unused = started.result.whenComplete((answer, failure) -> started.stopIfCancelled());
        started.attempt(lease);
        return started.result;
    }

    private void attempt(Lease<T> lease) {
        CompletionStage<R> stage;
        try {
            stage = Objects.requireNonNull(call.apply(lease.target()), "the call returned null instead of a stage");
        } catch (Throwable failure) {
            failed(lease, failure);
            return;
        }
        stop = () -> {
            lease.report(Outcome.CANCELLED);
            stage.toCompletableFuture().cancel(true);
        };
        stopIfCancelled();
        stage.whenComplete((answer, failure) -> {
            if (failure == null) {
                answered(lease, answer);
            } else {
                failed(lease, unwrap(failure));
            }
        });
    }

    private void answered(Lease<T> lease, R answer) {
        Outcome outcome;
        try {
            outcome = judge.apply(answer);
        } catch (Throwable broken) {
            failed(lease, broken);
            return;
        }
        next(lease, outcome, () -> result.complete(answer));
    }

    private void failed(Lease<T> lease, Throwable failure) {
        next(lease, calls.judged(failure), () -> result.completeExceptionally(failure));
    }

    private void next(Lease<T> lease, Outcome outcome, Runnable last) {
        if (!calls.endsWithRetry(lease, outcome, tried) || result.isDone()) {
            last.run();
            return;
        }
        // A wait that is cancelled runs out and finds the result done.
        calls.whenDue(tried.size(), () -> {
            Lease<T> another = result.isDone() ? null : calls.another(tried);
            if (another == null) {
                last.run();
            } else {
                attempt(another);
            }
        });
    }

    private void stopIfCancelled() {
        Runnable running = stop;
        if (running != null && result.isCancelled()) {
            running.run();
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
}
