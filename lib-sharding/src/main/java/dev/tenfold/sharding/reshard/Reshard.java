package dev.tenfold.sharding.reshard;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import dev.tenfold.sharding.reshard.ReshardJournal.Request;
import dev.tenfold.sharding.reshard.ReshardJournal.Stage;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A plan under way. Any process that has the journal can {@linkplain Resharder#current() get hold of it}, watch it, pause it,
 * abort it; the one that {@linkplain #run runs} or {@linkplain #start starts} it, or calls {@link #step} again and again, works
 * on it, and takes it over from whoever did before.
 *
 * <p>Thread-safe; one thread at a time steps. Requests are written to the journal, and so reach a coordinator in another
 * process within its {@linkplain ResharderBuilder#poll poll interval}.
 */
public final class Reshard implements Measured, AutoCloseable {

    /** How far the slots of a flow are. */
    public enum Phase {
        /** Nothing was done yet. */
        PLANNED,
        /** What writers write is being recorded, from now or soon on. */
        CAPTURING,
        /** Rows are copied, chunk by chunk. */
        COPYING,
        /** What was written meanwhile is sent on. */
        CATCHING_UP,
        /** Rows are compared at both ends. */
        VERIFYING,
        /** Equal at both ends, and following; waits for {@link Reshard#cutOver} where that was asked for. */
        READY,
        /** Writers are about to be stopped, or are, for {@linkplain ResharderBuilder#maxFence a moment}. */
        FENCING,
        /** The map names the new owner. There is no way back but a rollback. */
        SWITCHED,
        /** The new owner works, and the old one follows it. */
        SOAKING,
        /** The old owner's rows are deleted. */
        CLEANUP,
        /** The new owner alone has the slots. */
        DONE,
        /** The slots are where they were. */
        ABORTED
    }

    /**
     * How far a plan is.
     *
     * @param journal everything that is written down, flow by flow
     * @param phase that of the flow at work: the one furthest behind of those begun and not over. Where there is none, {@link
     *     Phase#PLANNED} if some are left, and else {@link Phase#DONE} unless all were aborted
     * @param slots how many slots move in all
     * @param switched how many of them have their new owner
     * @param rows how many rows were copied
     * @param bytes how many bytes these had, in the store's form
     * @param expectedRows how many there were to copy when the plan began, as far as the stores could tell
     * @param rowsPerSecond how fast rows were copied, by this process; 0 where it copied none
     * @param remaining how long the rest takes to copy at that rate; empty where that is not known
     * @param longestStall the longest time slots refused writes while they switched, of the switches made by this process
     */
    public record Progress(
            ReshardJournal journal,
            Phase phase,
            int slots,
            int switched,
            long rows,
            long bytes,
            long expectedRows,
            double rowsPerSecond,
            Optional<Duration> remaining,
            Duration longestStall) {

        @Override
        public String toString() {
            return "plan " + journal.plan() + ": " + phase + ", " + switched + " of " + slots + " slots switched, "
                    + rows
                    + " of about " + expectedRows + " rows copied"
                    + remaining
                            .map(left -> ", " + left.toSeconds() + " s to go")
                            .orElse("");
        }
    }

    private final Settings settings;
    private final long plan;
    private final CompletableFuture<ShardMap> end = new CompletableFuture<>();
    private final CompletableFuture<Boolean> ready = new CompletableFuture<>();
    private final AtomicBoolean stepping = new AtomicBoolean();
    private final long began;
    private volatile boolean closed;
    private volatile @Nullable Coordinator coordinator;

    Reshard(Settings settings, long plan) {
        this.settings = settings;
        this.plan = plan;
        this.began = settings.time().nanoTime();
    }

    // --- working on it
    // ------------------------------------------------------------------------------------------------

    /**
     * Does the next bit of work: a few calls to stores and registers, one chunk of rows at most. The first call takes the plan
     * over from whoever worked on it before.
     *
     * @return how long to wait before the next call, zero if there is work at once; empty once the plan is over
     * @throws StaleEpochException if another coordinator took over; further calls do nothing
     * @throws RuntimeException what a store or register failed with, after too many failures in a row; the plan is left to be
     *     taken over
     * @throws IllegalStateException if another thread is stepping
     */
    public Optional<Duration> step() {
        if (!stepping.compareAndSet(false, true)) {
            throw new IllegalStateException("plan " + plan + ": another thread is stepping (expected: one at a time)");
        }
        try {
            Coordinator mine = coordinator;
            if (closed || end.isDone()) {
                return Optional.empty();
            }
            if (mine == null) {
                mine = new Coordinator(settings, journal());
                coordinator = mine;
            }
            Optional<Duration> rest = mine.step();
            if (isReady(mine.journal())) {
                ready.complete(true);
            }
            if (rest.isEmpty()) {
                conclude(mine.journal());
            }
            return rest;
        } catch (RuntimeException failure) {
            Coordinator failed = coordinator;
            if (failed == null || failed.isOver()) {
                end.completeExceptionally(failure);
                ready.completeExceptionally(failure);
            }
            throw failure;
        } finally {
            stepping.set(false);
        }
    }

    private void conclude(ReshardJournal last) {
        ready.complete(false);
        if (last.failure().isEmpty()) {
            end.complete(settings.maps().current());
        } else {
            end.completeExceptionally(
                    new UnavailableException("plan " + plan + " was given up", List.of(last.failure()), null));
        }
    }

    /**
     * Works on the plan on this thread until it is over.
     *
     * @return the map in the end; that of before, apart from its epoch, if the plan was aborted
     * @throws UnavailableException if the plan was given up; the message says why, and slots that had not switched are where
     *     they were
     * @throws StaleEpochException if another coordinator took over
     * @throws RuntimeException what a store or register failed with, after too many failures in a row
     */
    public ShardMap run() {
        Optional<Duration> rest = step();
        while (rest.isPresent()) {
            if (!rest.get().isZero() && !pause(rest.get())) {
                throw new UnavailableException(
                        "interrupted; plan " + plan + " is left to be taken over", List.of(), null);
            }
            rest = step();
        }
        if (!end.isDone()) {
            throw new IllegalStateException("plan " + plan + " was closed here before it was over");
        }
        return await(Deadline.none());
    }

    /** False, at once and with the flag kept, if the thread is interrupted. */
    private boolean pause(Duration rest) {
        CountDownLatch over = new CountDownLatch(1);
        Scheduler.Task timer = settings.scheduler().schedule(rest, over::countDown);
        try {
            over.await();
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            timer.cancel();
            return false;
        }
    }

    /**
     * Works on the plan on an executor's threads, a step at a time, until it is over or this is {@linkplain #close closed}.
     *
     * @param executor runs the steps, which block on stores
     * @return this
     */
    public Reshard start(Executor executor) {
        executor.execute(() -> turn(executor));
        return this;
    }

    private void turn(Executor executor) {
        try {
            step().ifPresent(rest -> {
                if (rest.isZero()) {
                    executor.execute(() -> turn(executor));
                } else {
                    settings.scheduler().schedule(rest, () -> executor.execute(() -> turn(executor)));
                }
            });
        } catch (RuntimeException failure) {
            end.completeExceptionally(failure);
            ready.completeExceptionally(failure);
        }
    }

    /** Stops working on the plan here, after the step under way. It stays as it is until somebody works on it again. */
    @Override
    public void close() {
        closed = true;
        IllegalStateException why = new IllegalStateException("plan " + plan + " was closed here before it was over");
        end.completeExceptionally(why);
        ready.completeExceptionally(why);
    }

    // --- asking for things
    // --------------------------------------------------------------------------------------------

    /** Stops between chunks; what is behind a fence is finished or taken down first. Writes go on being recorded. */
    public void pause() {
        ask(Request.PAUSE, true);
    }

    /** Goes on after {@link #pause}. */
    public void resume() {
        ask(Request.PAUSE, false);
    }

    /**
     * Undoes what has not switched: the old owners go on as if nothing had been, and what was copied is deleted. Slots that
     * have switched stay where they are now.
     */
    public void abort() {
        ask(Request.ABORT, true);
    }

    /**
     * Undoes what has not switched and brings back what has, with everything written to it since.
     *
     * @throws IllegalStateException if rows of the old owner are being deleted already, or it never followed: set {@link
     *     ResharderBuilder#soak}
     */
    public void rollback() {
        ask(Request.ROLL_BACK, true);
    }

    /** Lets flows that are ready switch, where the plan waits for it. */
    public void cutOver() {
        ask(Request.CUT_OVER, true);
    }

    /** Ends the soaking now: the old rows are deleted. */
    public void settle() {
        ask(Request.SETTLE, true);
    }

    private void ask(Request request, boolean wanted) {
        settings.journals().update(current -> {
            requireThis(current);
            if (request == Request.ROLL_BACK) {
                if (settings.soak().isZero()) {
                    throw new IllegalStateException(
                            "rollback: soak is zero (expected: set soak(...) to keep the way back open; or abort())");
                }
                for (Flow flow : current.flows()) {
                    if (flow.phase() == Phase.CLEANUP || flow.phase() == Phase.DONE) {
                        throw new IllegalStateException(
                                "rollback: slots of " + flow.from() + " are at " + flow.phase() + " (expected: at most "
                                        + Phase.SOAKING + "; set soak(...) to keep the way back open)");
                    }
                }
            }
            return current.isOver() ? current : current.asking(request, wanted);
        });
        Coordinator mine = coordinator;
        if (mine != null) {
            mine.wake();
        }
    }

    // --- watching it
    // --------------------------------------------------------------------------------------------------

    /**
     * Waits until this process has carried the plan out.
     *
     * @param deadline by when
     * @return the map in the end
     * @throws DeadlineExceededException if it is not over by then
     * @throws RuntimeException as {@link #run}
     */
    public ShardMap await(Deadline deadline) {
        return await(end, "plan " + plan + " to be over", deadline);
    }

    /**
     * Waits until every flow is ready to switch or has switched.
     *
     * @param deadline by when
     * @return false if the plan is over instead
     * @throws DeadlineExceededException if it is neither by then
     * @throws RuntimeException as {@link #run}
     */
    public boolean awaitReady(Deadline deadline) {
        return await(ready, "plan " + plan + " to be ready", deadline);
    }

    private <V> V await(CompletableFuture<V> future, String what, Deadline deadline) {
        try {
            return future.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            throw new DeadlineExceededException(what, deadline.budget(), null);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new DeadlineExceededException(what + ", interrupted", deadline.budget(), null);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(failed.getCause());
        }
    }

    /**
     * Says how far the plan is. Reads the journal, unless this process works on the plan.
     *
     * @return a snapshot
     * @throws IllegalStateException if another plan was begun since
     */
    public Progress progress() {
        Coordinator mine = coordinator;
        ReshardJournal now = mine == null || mine.isOver() ? journal() : mine.journal();
        List<FlowMove> moves = mine == null ? List.of() : mine.moves();
        return ProgressOf.plan(now, moves, settings.time().nanoTime() - began);
    }

    private static boolean isReady(ReshardJournal now) {
        return now.stage() != Stage.BEGUN
                && now.flows().stream().allMatch(flow -> flow.phase().compareTo(Phase.READY) >= 0);
    }

    private ReshardJournal journal() {
        ReshardJournal current = settings.journals().current();
        requireThis(current);
        return current;
    }

    private void requireThis(ReshardJournal current) {
        if (current.plan() != plan) {
            throw new IllegalStateException("plan: " + plan + " (expected: " + current.plan() + ", begun since)");
        }
    }

    @Override
    public List<Measurement> measurements() {
        Map<String, String> tags = Map.of("name", settings.name());
        return List.of(
                Measurement.counter(
                        "tenfold.reshard.rows",
                        "Rows copied by this process",
                        tags,
                        () -> working().stream().mapToLong(FlowMove::rowsHere).sum()),
                Measurement.gauge(
                        "tenfold.reshard.flows",
                        "1",
                        "Flows not yet at their end, as this process knows",
                        tags,
                        () -> working().stream().filter(move -> !move.isOver()).count()),
                Measurement.gauge(
                        "tenfold.reshard.stall",
                        "ms",
                        "The longest time slots refused writes while they switched",
                        tags,
                        () -> working().stream()
                                .mapToLong(move -> move.stall().toMillis())
                                .max()
                                .orElse(0)));
    }

    private List<FlowMove> working() {
        Coordinator mine = coordinator;
        return mine == null ? List.of() : mine.moves();
    }

    @Override
    public String toString() {
        return "Reshard[plan " + plan + " of " + settings.name() + "]";
    }
}
