package dev.tenfold.discovery;

import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Scheduler.Task;
import dev.tenfold.topology.Endpoint;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Asks a source of its own for each listener, again and again. */
final class Polling<T> implements Discovery<T> {

    private static final double JITTER = 0.1;
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    private final Supplier<? extends Callable<? extends Collection<Endpoint<T>>>> sources;
    private final Duration interval;
    private final Backoff backoff;

    Polling(Supplier<? extends Callable<? extends Collection<Endpoint<T>>>> sources, Duration interval) {
        this.sources = sources;
        this.interval = interval;
        Duration eight = interval.multipliedBy(8);
        Duration longest = eight.compareTo(LONGEST_RETRY) < 0 ? eight : LONGEST_RETRY;
        this.backoff = Backoff.exponential(
                        interval.compareTo(FIRST_RETRY) < 0 ? interval : FIRST_RETRY,
                        longest.compareTo(interval) < 0 ? interval : longest)
                .jitter(0.5);
    }

    @Override
    public Watch watch(Listener<T> listener, DiscoveryContext context) {
        Rounds rounds = new Rounds(sources.get(), listener, context);
        rounds.begin();
        return rounds;
    }

    /**
     * The questions of one listener. <b>Invariant:</b> at most one round is due or runs; each makes the next one due, which orders
     * what they write. {@code close} writes {@code closed} before it reads {@code next}, and a round writes {@code next} before it
     * reads {@code closed}, so one of them cancels.
     */
    private final class Rounds implements Watch {

        private final Callable<? extends Collection<Endpoint<T>>> source;
        private final Listener<T> listener;
        private final DiscoveryContext context;
        private List<Endpoint<T>> told = List.of();
        private int failures;
        private volatile @Nullable Task next;
        private volatile boolean closed;

        Rounds(
                Callable<? extends Collection<Endpoint<T>>> source,
                Listener<T> listener,
                DiscoveryContext context) {
            this.source = source;
            this.listener = listener;
            this.context = context;
        }

        void begin() {
            try {
                context.executor().execute(this::round);
            } catch (RejectedExecutionException refused) {
                failed(refused);
                again();
            }
        }

        private void round() {
            if (closed) {
                return;
            }
            try {
                ask();
            } finally {
                again();
            }
        }

        private void ask() {
            List<Endpoint<T>> found;
            try {
                found = List.copyOf(source.call());
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                failed(interrupted);
                return;
            } catch (Exception failure) {
                failed(failure);
                return;
            }
            if (found.isEmpty()) {
                failed(new IllegalStateException("the answer holds no endpoints"));
            } else if (!closed && (failures > 0 || !found.equals(told))) {
                failures = 0;
                told = found;
                listener.found(found);
            }
        }

        private void failed(Exception failure) {
            failures++;
            if (!closed) {
                listener.failed(failure);
            }
        }

        private void again() {
            if (closed) {
                return;
            }
            try {
                Task task = context.scheduler().schedule(pause(), this::begin);
                next = task;
                if (closed) {
                    task.cancel();
                }
            } catch (RejectedExecutionException schedulerClosed) {
                failed(schedulerClosed);
            }
        }

        private Duration pause() {
            if (failures > 0) {
                return backoff.delayAfter(failures, context.random());
            }
            double factor = 1 + JITTER * (2 * context.random().nextDouble() - 1);
            return Duration.ofNanos((long) (interval.toNanos() * factor));
        }

        @Override
        public void close() {
            closed = true;
            Task task = next;
            if (task != null) {
                task.cancel();
            }
        }
    }
}
