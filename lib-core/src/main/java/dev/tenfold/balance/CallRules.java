package dev.tenfold.balance;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.retry.Backoff;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What all callers of one balancer share: how calls are judged, repeated and hedged, and how often they were. */
final class CallRules {

    private final String name;
    private final Function<? super Throwable, Outcome> classifier;
    private final Backoff retries;
    private final RetryBudget retryBudget;
    private final RetryBudget hedgeBudget;
    private final Latencies latencies;
    private final @Nullable Duration attemptTimeout;
    private final Scheduler scheduler;
    private final @Nullable Executor executor;
    private final @Nullable Function<Object, @Nullable ServerLoad> serverLoad;
    private final TimeSource time;
    private final RandomGenerator random;

    private final LongAdder retried = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder hedged = new LongAdder();
    private final LongAdder hedgesWon = new LongAdder();
    private final LongAdder exceeded = new LongAdder();

    CallRules(LoadBalancerBuilder<?> from) {
        name = from.name;
        classifier = from.classifier;
        retries = from.retries;
        retryBudget = from.retryBudget != null ? from.retryBudget : RetryBudget.standard();
        hedgeBudget = from.hedgeBudget;
        latencies = new Latencies(from.hedgeQuantile);
        attemptTimeout = from.attemptTimeout;
        scheduler = from.timer();
        executor = from.hedgeExecutor;
        serverLoad = from.serverLoad;
        time = from.time;
        random = from.random;
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

    /** Judges an answer, and learns what the server says of its load. */
    <R extends @Nullable Object> Outcome judged(Member<?> member, R answer, Function<? super R, Outcome> judge) {
        if (serverLoad != null && answer != null) {
            ServerLoad load = serverLoad.apply(answer);
            if (load != null) {
                member.reportLoad(load);
            }
        }
        return judge.apply(answer);
    }

    /** Notes that an endpoint answered, which pays for the retries and hedges of others. */
    void answered(Outcome outcome) {
        if (outcome == Outcome.SUCCESS) {
            retryBudget.deposit();
            hedgeBudget.deposit();
        }
    }

    /**
     * Says after what delay a call is made again, or null where it is not. The budget is charged here, so that retries count
     * that wait.
     */
    @Nullable
    Duration delayBeforeRetry(Outcome outcome, int attemptsMade, Deadline deadline) {
        if (!outcome.countsAgainstEndpoint() || !retries.allowsAfter(attemptsMade)) {
            return null;
        }
        Duration delay = retries.delayAfter(attemptsMade, random);
        if (deadline.isLimited() && deadline.remainingNanos() <= delay.toNanos()) {
            return null;
        }
        if (!retryBudget.tryWithdraw()) {
            refused.increment();
            return null;
        }
        return delay;
    }

    /** Asks for a hedge. */
    boolean mayHedge() {
        boolean allowed = hedgeBudget.tryWithdraw();
        if (!allowed) {
            refused.increment();
        }
        return allowed;
    }

    /** How long to wait before a hedge, or null where too little is known. */
    @Nullable
    Duration usualLatency() {
        long nanos = latencies.quantileNanos();
        return nanos < 0 ? null : Duration.ofNanos(nanos);
    }

    /** By when one attempt of a call must have ended. */
    Deadline attemptDeadline(Deadline whole) {
        return attemptTimeout == null ? whole : sooner(whole, attemptTimeout);
    }

    /** The deadline itself, unless a budget that begins now ends before it. */
    Deadline sooner(Deadline deadline, Duration budget) {
        Deadline own = Deadline.after(budget, time);
        return own.remainingNanos() < deadline.remainingNanos() ? own : deadline;
    }

    DeadlineExceededException spentBefore(Deadline deadline) {
        return new DeadlineExceededException(
                "what came before load balancer '" + name + "': no attempt was made", deadline.budget(), null);
    }

    DeadlineExceededException spentOn(Member<?> member, int attempt, Deadline deadline, @Nullable Throwable failure) {
        return new DeadlineExceededException(
                "endpoint '" + member.endpoint().id() + "' of load balancer '" + name + "', attempt " + attempt,
                deadline.budget(),
                failure);
    }

    DeadlineExceededException spentWaiting(int attemptsMade, Deadline deadline) {
        return new DeadlineExceededException(
                "attempt " + (attemptsMade + 1) + " on load balancer '" + name + "' to begin", deadline.budget(), null);
    }

    String name() {
        return name;
    }

    TimeSource time() {
        return time;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    @Nullable
    Executor executor() {
        return executor;
    }

    Latencies latencies() {
        return latencies;
    }

    void countRetry() {
        retried.increment();
    }

    void countHedge() {
        hedged.increment();
    }

    void countExceeded() {
        exceeded.increment();
    }

    void countHedgeWon() {
        hedgesWon.increment();
    }

    long retried() {
        return retried.sum();
    }

    /** Retries and hedges that a budget denied. */
    long refused() {
        return refused.sum();
    }

    long hedged() {
        return hedged.sum();
    }

    long hedgesWon() {
        return hedgesWon.sum();
    }

    long exceeded() {
        return exceeded.sum();
    }

    long retriesLeft() {
        return retryBudget.available();
    }

    long hedgesLeft() {
        return hedgeBudget.available();
    }
}
