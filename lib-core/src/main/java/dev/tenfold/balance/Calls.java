package dev.tenfold.balance;

import dev.tenfold.error.Validation;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One way to call a balancer: for which key, by when, repeated and hedged or not. Immutable.
 *
 * <p>Synchronous calls run on the caller's thread and wait for nothing but back-off; hedged ones are asynchronous calls that
 * the caller's thread waits for.
 */
final class Calls<T> implements Caller.Idempotent<T> {

    private final LoadBalancer<T> balancer;
    private final CallRules rules;
    private final Ways ways;

    Calls(LoadBalancer<T> balancer, CallRules rules) {
        this(balancer, rules, new Ways(false, null, null, Deadline.none(), false, null));
    }

    private Calls(LoadBalancer<T> balancer, CallRules rules, Ways ways) {
        this.balancer = balancer;
        this.rules = rules;
        this.ways = ways;
    }

    @Override
    public <R extends @Nullable Object, X extends Exception> R call(
            TimedCall<? super T, ? extends R, ? extends X> call, Function<? super R, Outcome> judge) throws X {
        if (ways.hedges) {
            return this.<R, X>callHedged(call, judge);
        }
        Deadline deadline = deadline();
        if (deadline.isLimited() && deadline.isExpired()) {
            rules.countExceeded();
            throw rules.spentBefore(deadline);
        }
        Lease<T> lease = lease();
        List<Member<T>> tried = new ArrayList<>(0);
        while (true) {
            Lease<T> next;
            R answer;
            Outcome outcome;
            try {
                answer = call.on(lease.target(), rules.attemptDeadline(deadline));
                outcome = rules.judged(lease.member(), answer, judge);
            } catch (Throwable failure) {
                outcome = rules.judged(failure);
                next = afterWait(lease, outcome, tried, deadline);
                if (next == null) {
                    if (outcome.countsAgainstEndpoint() && deadline.isLimited() && deadline.isExpired()) {
                        rules.countExceeded();
                        throw rules.spentOn(lease.member(), tried.size(), deadline, failure);
                    }
                    throw failure;
                }
                lease = next;
                continue;
            }
            next = afterWait(lease, outcome, tried, deadline);
            if (next == null) {
                return answer;
            }
            lease = next;
        }
    }

    /** Ends an attempt and waits for the next one to be due, where there is to be one. */
    private @Nullable Lease<T> afterWait(Lease<T> lease, Outcome outcome, List<Member<T>> tried, Deadline deadline) {
        lease.report(outcome);
        rules.answered(outcome);
        tried.add(lease.member());
        Duration delay = delayBeforeRetry(outcome, tried.size(), deadline);
        if (delay == null || (!delay.isZero() && !waited(delay))) {
            return null;
        }
        return deadline.isLimited() && deadline.isExpired() ? null : again(tried);
    }

    private boolean waited(Duration delay) {
        CountDownLatch due = new CountDownLatch(1);
        Scheduler.Task wait = rules.scheduler().schedule(delay, due::countDown);
        try {
            due.await();
            return true;
        } catch (InterruptedException interrupted) {
            wait.cancel();
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public <R extends @Nullable Object> CompletionStage<R> callAsync(
            BiFunction<? super T, ? super Deadline, ? extends CompletionStage<R>> call,
            Function<? super R, Outcome> judge) {
        return AsyncCall.start(this, call, judge, false);
    }

    private <R extends @Nullable Object, X extends Exception> R callHedged(
            TimedCall<? super T, ? extends R, ? extends X> call, Function<? super R, Outcome> judge) throws X {
        Executor executor = rules.executor();
        if (executor == null) {
            throw new IllegalStateException("load balancer '" + rules.name()
                    + "': hedged synchronous calls need an executor; set LoadBalancerBuilder.hedgeExecutor(...)");
        }
        CompletableFuture<R> result = AsyncCall.<T, R>start(
                        this,
                        (target, deadline) -> {
                            ExecutedCall<R> attempt = new ExecutedCall<>(() -> call.on(target, deadline));
                            executor.execute(attempt);
                            return attempt;
                        },
                        judge,
                        true)
                .toCompletableFuture();
        try {
            rules.scheduler().await(result);
            return result.get();
        } catch (InterruptedException interrupted) {
            result.cancel(true);
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for load balancer '" + rules.name() + "'");
        } catch (ExecutionException failed) {
            throw Calls.<RuntimeException>unchecked(Objects.requireNonNull(failed.getCause()));
        }
    }

    /** Throws what the call threw, as it was: either something unchecked, or what {@code call} declares. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X unchecked(Throwable failure) throws X {
        throw (X) failure;
    }

    /** The deadline of a call that begins now. */
    Deadline deadline() {
        return ways.budget == null ? ways.deadline : rules.sooner(ways.deadline, ways.budget);
    }

    /** After what delay a call is hedged, or null where it is not. */
    @Nullable
    Duration hedgeDelay() {
        return !ways.hedges ? null : ways.hedgeDelay != null ? ways.hedgeDelay : rules.usualLatency();
    }

    /** Whether the latency of calls is to be learned. */
    boolean learns() {
        return ways.hedges && ways.hedgeDelay == null;
    }

    @Nullable
    Duration delayBeforeRetry(Outcome outcome, int attemptsMade, Deadline deadline) {
        return ways.repeats ? rules.delayBeforeRetry(outcome, attemptsMade, deadline) : null;
    }

    CallRules rules() {
        return rules;
    }

    /** Picks the endpoint of the first attempt. */
    Lease<T> lease() {
        Long key = ways.key;
        return key == null ? balancer.lease() : balancer.lease(key);
    }

    /** Picks the endpoint of a retry, or nobody where all were tried. */
    @Nullable
    Lease<T> again(List<Member<T>> tried) {
        Lease<T> next = balancer.leaseOther(tried, ways.key);
        if (next != null) {
            rules.countRetry();
        }
        return next;
    }

    /** Picks the endpoint of a hedge, or nobody where all were tried. */
    @Nullable
    Lease<T> hedge(List<Member<T>> tried) {
        Lease<T> next = balancer.leaseOther(tried, ways.key);
        if (next != null) {
            rules.countHedge();
        }
        return next;
    }

    <U> Lease<U> watched(Lease<U> lease) {
        return balancer.abandoned().watch(lease);
    }

    @Override
    public Caller.Idempotent<T> idempotent() {
        return with(new Ways(true, ways.key, ways.budget, ways.deadline, ways.hedges, ways.hedgeDelay));
    }

    @Override
    public Caller.Idempotent<T> forKeyHash(long keyHash) {
        return with(new Ways(ways.repeats, keyHash, ways.budget, ways.deadline, ways.hedges, ways.hedgeDelay));
    }

    @Override
    public Caller.Idempotent<T> within(Duration budget) {
        Validation check = Validation.of("call of load balancer '" + rules.name() + "'");
        check.positive("within", budget);
        check.throwIfInvalid();
        return with(new Ways(ways.repeats, ways.key, budget, ways.deadline, ways.hedges, ways.hedgeDelay));
    }

    @Override
    public Caller.Idempotent<T> within(Deadline deadline) {
        return with(new Ways(ways.repeats, ways.key, ways.budget, deadline, ways.hedges, ways.hedgeDelay));
    }

    @Override
    public Caller.Idempotent<T> hedged() {
        return with(new Ways(ways.repeats, ways.key, ways.budget, ways.deadline, true, null));
    }

    @Override
    public Caller.Idempotent<T> hedgedAfter(Duration delay) {
        Validation check = Validation.of("call of load balancer '" + rules.name() + "'");
        check.notNegative("hedgedAfter", delay);
        check.throwIfInvalid();
        return with(new Ways(ways.repeats, ways.key, ways.budget, ways.deadline, true, delay));
    }

    private Calls<T> with(Ways changed) {
        return new Calls<>(balancer, rules, changed);
    }

    @Override
    public String toString() {
        return "Caller[" + rules.name() + ", " + ways + "]";
    }

    /** What a caller was narrowed to; a null budget is none, a null delay of hedges is the usual latency. */
    private record Ways(
            boolean repeats,
            @Nullable Long key,
            @Nullable Duration budget,
            Deadline deadline,
            boolean hedges,
            @Nullable Duration hedgeDelay) {}
}
