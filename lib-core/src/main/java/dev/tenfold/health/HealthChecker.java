package dev.tenfold.health;

import dev.tenfold.time.Scheduler;
import dev.tenfold.time.Scheduler.Task;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Checks the members of a group again and again and reports to their {@linkplain HealthCell#checked cells}, whatever their
 * state: one that is out comes back by the checks it passes.
 *
 * <p>Thread-safe. It starts nothing but what it schedules. <b>Invariants:</b> each member has at most one check due, waiting or
 * running, so {@code waiting} holds no more than there are members; at most {@code concurrency} run; a check ends once, by its
 * answer or by its timeout, and ending it makes the next one due unless the member has left. <b>Writers:</b> {@code members} and
 * {@code closed} under {@code changing}; {@code running} by whoever starts or ends a check. {@code asked} counts the calls of
 * {@link #startWaiting} not yet served: whoever raises it from 0 starts checks for all of them, so that checks that end at
 * once do not recurse.
 *
 * @param <T> the kind of target
 */
public final class HealthChecker<T> implements AutoCloseable {

    private final HealthCheck<? super T> check;
    private final CheckSchedule schedule;
    private final Scheduler scheduler;
    private final RandomGenerator random;
    private final Consumer<RejectedExecutionException> onStopped;

    private final ReentrantLock changing = new ReentrantLock();
    private Map<HealthCell, Checked> members = Map.of();
    private boolean closed;
    private final Queue<Checked> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();

    /**
     * Creates a checker that checks nobody yet.
     *
     * @param check how to check
     * @param schedule how often
     * @param scheduler waits out pauses and timeouts
     * @param random draws the jitter; thread-safe
     * @param onStopped told when the scheduler refuses a check, which ends the checks of that member; thread-safe and quick
     */
    public HealthChecker(
            HealthCheck<? super T> check,
            CheckSchedule schedule,
            Scheduler scheduler,
            RandomGenerator random,
            Consumer<RejectedExecutionException> onStopped) {
        this.check = check;
        this.schedule = schedule;
        this.scheduler = scheduler;
        this.random = random;
        this.onStopped = onStopped;
    }

    /**
     * Sets who is checked. Who stays keeps its schedule; a check that runs on one that leaves is not reported.
     *
     * @param targets by cell, whom to check, read at each check
     */
    public void update(Map<HealthCell, ? extends Supplier<? extends T>> targets) {
        changing.lock();
        try {
            if (closed) {
                return;
            }
            Map<HealthCell, Checked> before = members;
            Map<HealthCell, Checked> after = new LinkedHashMap<>(targets.size() * 2);
            targets.forEach((cell, target) -> {
                Checked kept = before.get(cell);
                after.put(cell, kept != null ? kept : new Checked(cell, target));
            });
            members = after;
            before.forEach((cell, left) -> {
                if (!after.containsKey(cell)) {
                    left.stop();
                }
            });
            after.forEach((cell, joined) -> {
                if (!before.containsKey(cell)) {
                    joined.checkIn(random.nextDouble());
                }
            });
        } finally {
            changing.unlock();
        }
    }

    /** Stops checking; what runs is not reported. */
    @Override
    public void close() {
        changing.lock();
        try {
            closed = true;
            members.values().forEach(Checked::stop);
            members = Map.of();
        } finally {
            changing.unlock();
        }
    }

    private void startWaiting() {
        if (asked.getAndIncrement() != 0) {
            return;
        }
        int served = 1;
        do {
            while (running.get() < schedule.concurrency()) {
                Checked next = waiting.poll();
                if (next == null) {
                    break;
                }
                // Only the one thread in this loop raises it, so it stays within the limit.
                running.incrementAndGet();
                next.run();
            }
            served = asked.addAndGet(-served);
        } while (served != 0);
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure.getCause();
        Throwable said = failure instanceof CompletionException && cause != null ? cause : failure;
        String message = said.getMessage();
        return message == null ? said.getClass().getSimpleName() : message;
    }

    /** One member and its next check. */
    private final class Checked {

        private final HealthCell cell;
        private final Supplier<? extends T> target;
        private volatile @Nullable Task next;
        private volatile boolean stopped;

        Checked(HealthCell cell, Supplier<? extends T> target) {
            this.cell = cell;
            this.target = target;
        }

        /** Makes a check due after some part of the interval. */
        void checkIn(double intervals) {
            Duration pause = Duration.ofNanos((long) (schedule.interval().toNanos() * intervals));
            try {
                Task task = scheduler.schedule(pause, () -> {
                    waiting.add(this);
                    startWaiting();
                });
                next = task;
                if (stopped) {
                    task.cancel();
                }
            } catch (RejectedExecutionException refused) {
                onStopped.accept(refused);
            }
        }

        void stop() {
            stopped = true;
            Task task = next;
            if (task != null) {
                task.cancel();
            }
        }

        void run() {
            AtomicBoolean ended = new AtomicBoolean();
            if (stopped) {
                end(ended, false, "");
                return;
            }
            CompletionStage<Boolean> answer;
            Task timeout;
            try {
                answer = check.check(target.get(), schedule.timeout());
                timeout = scheduler.schedule(schedule.timeout(), () -> {
                    end(ended, false, "no answer within " + schedule.timeout());
                    answer.toCompletableFuture().cancel(true);
                });
            } catch (Throwable failure) {
                end(ended, false, reason(failure));
                return;
            }
            answer.whenComplete((passed, failure) -> {
                timeout.cancel();
                boolean well = failure == null && Boolean.TRUE.equals(passed);
                end(ended, well, failure == null ? "" : reason(failure));
            });
        }

        private void end(AtomicBoolean ended, boolean passed, String why) {
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            running.decrementAndGet();
            if (!stopped) {
                cell.checked(passed, why);
                checkIn(1 + schedule.jitter() * (2 * random.nextDouble() - 1));
            }
            startWaiting();
        }
    }
}
