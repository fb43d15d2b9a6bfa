package dev.tenfold.sharding.scatter;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One scatter under way.
 *
 * <p>What is asked for is a set of slots. Parts of it are asked of the shards that own them; a part that a shard refuses rests
 * a little and is then divided anew by a newer map, while the others go on. So at any time each slot is in one part, waiting,
 * running or at rest, or in one answer, or given up: no slot is ever answered for twice, whatever moves. {@link ScatterState}
 * keeps that account; this class does what takes time: it asks, checks, waits and stops, holding no lock.
 *
 * <p>{@code pumping} counts the calls of {@link #pump} not yet served, and whoever raised it from 0 serves them, so that an
 * executor that runs tasks at once does not grow the stack.
 */
final class Scattering<K, S, T, A, R extends @Nullable Object> {

    private final ScatterQuery<K, S, T> query;
    private final ScatterBuilder<K, S> with;
    private final Sharder<K, S> sharder;
    private final Gathering<T, A, R> gathering;
    private final Deadline deadline;
    private final ScatterState<K, A> state;
    private final CompletableFuture<Gathered<R>> result = new CompletableFuture<>();
    private final AtomicInteger pumping = new AtomicInteger();
    private Executor executor = Runnable::run;
    private volatile Scheduler.@Nullable Task timer;

    Scattering(ScatterQuery<K, S, T> query, Gathering<T, A, R> gathering) {
        this.query = query;
        this.with = query.scatter.configuration;
        this.sharder = with.sharder;
        this.gathering = gathering;
        this.deadline = query.effectiveDeadline();
        this.state = new ScatterState<>(with.parallelism, query::wanted, query.scatter::slotOf, with.time);
    }

    CompletionStage<Gathered<R>> start() {
        if (with.executor != null) {
            executor = with.executor;
        } else if (query.asyncQuery == null) {
            throw new IllegalStateException("executor: none (expected: one, set with executor(...), to start blocking"
                    + " queries on; or use run(), which asks on the caller's thread)");
        }
        begin();
        return result;
    }

    Gathered<R> await() {
        try {
            if (with.executor == null && query.asyncQuery == null) {
                runHere();
            } else {
                start();
            }
            return result.get();
        } catch (InterruptedException interrupted) {
            result.cancel(false);
            Thread.currentThread().interrupt();
            throw new DeadlineExceededException("a scatter, interrupted", deadline.budget(), interrupted);
        } catch (ExecutionException failed) {
            throw CallFailedException.unchecked("a scatter", Objects.requireNonNull(failed.getCause()));
        }
    }

    /** The caller's thread is the executor: it runs what there is to do until the result is there. */
    private void runHere() throws InterruptedException {
        BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        executor = tasks::add;
        var unused = result.whenComplete((gathered, failure) -> tasks.add(() -> {}));
        begin();
        while (!result.isDone()) {
            tasks.take().run();
        }
    }

    private void begin() {
        var unused = result.whenComplete((gathered, failure) -> stop());
        boolean settled = state.begin(sharder.map(), query.soughtKeys());
        if (settled || deadline.isExpired()) {
            conclude(!settled);
            return;
        }
        if (deadline.isLimited()) {
            timer = with.scheduler.schedule(deadline.remaining(), () -> conclude(true));
        }
        pump();
    }

    private void pump() {
        if (pumping.getAndIncrement() != 0) {
            return;
        }
        int served = 1;
        do {
            for (Attempt<K, A> next = state.next(); next != null; next = state.next()) {
                Attempt<K, A> attempt = next;
                try {
                    executor.execute(() -> ask(attempt));
                } catch (RejectedExecutionException rejected) {
                    state.release();
                    failed(attempt, rejected);
                }
            }
            served = pumping.addAndGet(-served);
        } while (served != 0);
    }

    private void ask(Attempt<K, A> attempt) {
        attempt.begin(with.time.nanoTime(), gathering.enough());
        boolean answered = false;
        Throwable failure = null;
        if (attempt.straggler.enter()) {
            try {
                answered = query.asyncQuery == null ? askBlocking(attempt) : askAsync(attempt);
            } catch (Throwable thrown) {
                failure = thrown;
            } finally {
                attempt.straggler.leave();
            }
        }
        if (failure instanceof InterruptedException && !attempt.straggler.isCancelled()) {
            // Not ours: whoever interrupted the executor's thread shall find it so.
            Thread.currentThread().interrupt();
        }
        if (query.asyncQuery == null || failure != null || attempt.straggler.isCancelled()) {
            ended(attempt, answered, failure);
        }
    }

    private void ended(Attempt<K, A> attempt, boolean answered, @Nullable Throwable failure) {
        if (!attempt.end()) {
            return;
        }
        state.release();
        if (answered) {
            if (state.answered(attempt)) {
                conclude(false);
            }
        } else if (failure != null) {
            failed(attempt, failure);
        }
        pump();
    }

    private boolean askBlocking(Attempt<K, A> attempt) throws Exception {
        S shard = target(attempt.part);
        ShardPart<K> part;
        do {
            part = part(attempt);
        } while (!take(attempt, part, Objects.requireNonNull(query.query).on(shard, part)));
        check(shard, part, attempt.part);
        return true;
    }

    private boolean askAsync(Attempt<K, A> attempt) {
        S shard = target(attempt.part);
        ShardPart<K> part = part(attempt);
        var stage = Objects.requireNonNull(
                Objects.requireNonNull(query.asyncQuery).on(shard, part), "the query returned null instead of a stage");
        attempt.straggler.onCancel(() -> stage.toCompletableFuture().cancel(true));
        stage.whenComplete((rows, failure) -> {
            if (failure != null) {
                ended(attempt, false, failure);
            } else {
                hand(attempt, () -> arrived(attempt, shard, part, rows));
            }
        });
        return false;
    }

    /** The rows of an asynchronous query are there. */
    private void arrived(Attempt<K, A> attempt, S shard, ShardPart<K> part, Iterable<? extends T> rows) {
        if (!attempt.straggler.enter()) {
            ended(attempt, false, null);
            return;
        }
        boolean answered = false;
        Throwable failure = null;
        try {
            answered = take(attempt, part, rows);
            if (answered) {
                check(shard, part, attempt.part);
            } else {
                askAsync(attempt);
            }
        } catch (Throwable thrown) {
            failure = thrown;
        } finally {
            attempt.straggler.leave();
        }
        if (answered || failure != null) {
            ended(attempt, failure == null, failure);
        }
    }

    private void hand(Attempt<K, A> attempt, Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException rejected) {
            ended(attempt, false, rejected);
        }
    }

    private ShardPart<K> part(Attempt<K, A> attempt) {
        OptionalLong limit = attempt.hint == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(attempt.hint);
        return new ShardPart<>(attempt.part, query.scatter::slotOf, limit, deadline, attempt.straggler);
    }

    private S target(Part<K> part) {
        try {
            return sharder.shard(part.shard());
        } catch (UnavailableException unknown) {
            // The map was read ahead of the sharder, which is about to make the target.
            long known = sharder.map().epoch();
            if (known < part.map().epoch()) {
                throw new StaleEpochException(
                        "target of shard " + part.shard(), known, part.map().epoch());
            }
            throw unknown;
        }
    }

    /** Takes rows up; false if more are needed and the shard may have more. */
    private boolean take(Attempt<K, A> attempt, ShardPart<K> part, Iterable<? extends T> rows) {
        Function<? super T, ? extends K> keyOf = query.keyOf;
        A answer = gathering.begin();
        long seen = 0;
        long kept = 0;
        for (T row : rows) {
            seen++;
            if (keyOf == null || part.owns(keyOf.apply(row))) {
                kept++;
                if (!gathering.add(answer, row)) {
                    break;
                }
            }
        }
        attempt.answer = answer;
        // A shard that answers with exactly as many rows as asked for may have more; rows that are not its own may be
        // among
        // them, and must not push its own ones out.
        if (kept >= gathering.enough() || seen != attempt.hint || attempt.straggler.isCancelled()) {
            return true;
        }
        attempt.hint = attempt.hint > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : attempt.hint * 2;
        return false;
    }

    /**
     * Where the shard is not asked, the register is, after the read: slots are given to their new owner in it before any
     * row is deleted or accepted elsewhere, so one that is still here was whole, and the only truth, when it was read.
     */
    private void check(S shard, ShardPart<K> part, Part<K> asked) throws Exception {
        ShardCheck<K, ? super S> check = query.check;
        if (check != null) {
            check.check(shard, part);
        } else if (query.keyOf != null) {
            ShardMap now = sharder.refresh();
            if (now.epoch() != asked.map().epoch()
                    && !(asked.numberedAs(now)
                            && asked.slots().stream()
                                    .allMatch(slot -> now.owner(slot).equals(asked.shard())))) {
                throw new StaleEpochException(
                        "slots of shard " + asked.shard() + " moved while they were read",
                        asked.map().epoch(),
                        now.epoch());
            }
        }
    }

    private void failed(Attempt<K, A> attempt, Throwable thrown) {
        Throwable failure = thrown instanceof CompletionException && thrown.getCause() != null
                ? Objects.requireNonNull(thrown.getCause())
                : thrown;
        if (failure instanceof StaleEpochException refused) {
            Part<K> part = attempt.part.refusedBy(refused);
            if (state.rest(attempt, part)) {
                wait(part);
            }
        } else if (state.failed(attempt, failure, query.leastCoverage)) {
            conclude(false);
        }
    }

    private void wait(Part<K> part) {
        Duration pause = with.backoff.delayAfter(part.attempt(), with.random);
        try {
            var unused = with.scheduler.schedule(pause, () -> {
                try {
                    executor.execute(() -> seekAgain(part));
                } catch (RejectedExecutionException rejected) {
                    giveUp(part, rejected);
                }
            });
        } catch (RejectedExecutionException closed) {
            giveUp(part, closed);
        }
    }

    private void seekAgain(Part<K> part) {
        if (result.isDone()) {
            return;
        }
        ShardMap now;
        try {
            now = sharder.refresh();
        } catch (UnavailableException unreachable) {
            Part<K> again = part.refusedBy(unreachable);
            if (state.restAgain(part, again)) {
                wait(again);
            }
            return;
        } catch (RuntimeException failure) {
            giveUp(part, failure);
            return;
        }
        for (Straggler outdated : state.divide(part, now, query.soughtKeys())) {
            outdated.cancel();
        }
        pump();
    }

    private void giveUp(Part<K> part, Throwable reason) {
        if (state.giveUp(part, reason, query.leastCoverage)) {
            conclude(false);
        }
    }

    /** Ends the scatter with what there is; late means that nothing more is waited for. */
    private void conclude(boolean late) {
        ScatterState.Summary<A> summary = state.conclude(late, deadline);
        if (summary == null) {
            return;
        }
        try {
            if (summary.coverage() < query.leastCoverage) {
                result.completeExceptionally(
                        summary.onlyLate()
                                ? new DeadlineExceededException(
                                        "shards " + summary.missing(),
                                        deadline.budget(),
                                        summary.missing().get(0).reason())
                                : new IncompleteResultException(summary.missing()));
            } else {
                result.complete(new Gathered<>(
                        gathering.finish(summary.answers()),
                        summary.missing(),
                        summary.coverage(),
                        summary.epoch(),
                        summary.times()));
            }
        } catch (Throwable failure) {
            // The user's comparator or collector.
            result.completeExceptionally(failure);
        }
    }

    /** However the result came about, nobody needs what still runs. */
    private void stop() {
        Scheduler.Task waiting = timer;
        if (waiting != null) {
            waiting.cancel();
        }
        state.abandon().forEach(Straggler::cancel);
    }
}
