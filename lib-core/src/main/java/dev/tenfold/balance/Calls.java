package dev.tenfold.balance;

import dev.tenfold.Call;
import dev.tenfold.retry.Backoff;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.time.Scheduler;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes calls on what a balancer picks, once or as often as the retries allow. */
final class Calls<T> implements Caller<T> {

    private final LoadBalancer<T> balancer;
    private final Function<? super Throwable, Outcome> classifier;
    private final Backoff retries;
    private final RetryBudget budget;
    private final @Nullable Scheduler scheduler;
    private final RandomGenerator random;
    private final LongAdder repeated = new LongAdder();

    Calls(LoadBalancer<T> balancer, LoadBalancerBuilder<T> from, Backoff retries, RetryBudget budget) {
        this.balancer = balancer;
        this.classifier = from.classifier;
        this.retries = retries;
        this.budget = budget;
        this.scheduler = from.scheduler;
        this.random = from.random;
    }

    @Override
    public <R extends @Nullable Object, X extends Exception> R call(
            Call<? super T, ? extends R, ? extends X> call, Function<? super R, Outcome> judge) throws X {
        Lease<T> lease = balancer.lease();
        List<Member<T>> tried = new ArrayList<>(0);
        while (true) {
            Lease<T> next;
            R answer;
            Outcome outcome;
            try {
                answer = call.on(lease.target());
                outcome = judge.apply(answer);
            } catch (Throwable failure) {
                next = afterWait(lease, judged(failure), tried);
                if (next == null) {
                    throw failure;
                }
                lease = next;
                continue;
            }
            next = afterWait(lease, outcome, tried);
            if (next == null) {
                return answer;
            }
            lease = next;
        }
    }

    @Override
    public <R extends @Nullable Object> CompletionStage<R> callAsync(
            Function<? super T, ? extends CompletionStage<R>> call, Function<? super R, Outcome> judge) {
        return AsyncCall.start(this, call, judge);
    }

    LoadBalancer<T> balancer() {
        return balancer;
    }

    /** How many attempts after the first were made. */
    long repeated() {
        return repeated.sum();
    }

    /** Judges a failure; a classifier that fails itself must not keep the call from being accounted for. */
    Outcome judged(Throwable failure) {
        try {
            return classifier.apply(failure);
        } catch (RuntimeException broken) {
            failure.addSuppressed(broken);
            return Outcome.FAILED;
        }
    }

    /** Ends an attempt and says whether another may follow, for which the budget has then been charged. */
    boolean endsWithRetry(Lease<T> lease, Outcome outcome, List<Member<T>> tried) {
        lease.report(outcome);
        if (!outcome.countsAgainstEndpoint()) {
            if (outcome == Outcome.SUCCESS) {
                budget.deposit();
            }
            return false;
        }
        tried.add(lease.member());
        return retries.allowsAfter(tried.size()) && budget.tryWithdraw();
    }

    /** Picks the endpoint of the next attempt, or nobody where all were tried. */
    @Nullable
    Lease<T> another(List<Member<T>> tried) {
        Lease<T> next = balancer.leaseOther(tried);
        if (next != null) {
            repeated.increment();
        }
        return next;
    }

    /** Runs {@code task} when the next attempt is due: at once, on this thread, where there is no delay. */
    Scheduler.Task whenDue(int attemptsMade, Runnable task) {
        Scheduler waiting = scheduler;
        if (waiting == null || retries.maximum().isZero()) {
            task.run();
            return () -> {};
        }
        Duration delay = retries.delayAfter(attemptsMade, random);
        return waiting.schedule(delay, task);
    }

    private @Nullable Lease<T> afterWait(Lease<T> lease, Outcome outcome, List<Member<T>> tried) {
        if (!endsWithRetry(lease, outcome, tried)) {
            return null;
        }
        CountDownLatch due = new CountDownLatch(1);
        Scheduler.Task wait = whenDue(tried.size(), due::countDown);
        try {
            due.await();
        } catch (InterruptedException interrupted) {
            wait.cancel();
            Thread.currentThread().interrupt();
            return null;
        }
        return another(tried);
    }
}
