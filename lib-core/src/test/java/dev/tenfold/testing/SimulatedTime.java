package dev.tenfold.testing;

import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;

/**
 * A clock and scheduler that move only when a test moves them. Due tasks run on the thread that moves the clock, in
 * order of due time and, at one instant, in order of scheduling; so a run is repeatable.
 *
 * <p>Reading and scheduling are thread-safe; one thread moves it.
 */
public final class SimulatedTime implements TimeSource, Scheduler {

    private static final Instant ORIGIN = Instant.parse("2030-01-01T00:00:00Z");

    private final PriorityQueue<Entry> queue = new PriorityQueue<>();
    private long nanos;
    private long sequence;

    @Override
    public synchronized long nanoTime() {
        return nanos;
    }

    @Override
    public synchronized Instant now() {
        return ORIGIN.plusNanos(nanos);
    }

    @Override
    public synchronized Task schedule(Duration delay, Runnable task) {
        Entry entry = new Entry(due(delay), sequence++, task);
        queue.add(entry);
        return () -> cancel(entry);
    }

    /** Beyond the end of the clock means at its end, never at once. */
    private long due(Duration delay) {
        if (delay.isNegative()) {
            return nanos;
        }
        Duration left = Duration.ofNanos(Long.MAX_VALUE - nanos);
        return delay.compareTo(left) >= 0 ? Long.MAX_VALUE : nanos + delay.toNanos();
    }

    /** Moves the clock forward, running what falls due on the way at its own due time. */
    public void advance(Duration duration) {
        long end = nanoTime() + duration.toNanos();
        while (runNext(end)) {}
        synchronized (this) {
            nanos = Math.max(nanos, end);
        }
    }

    /** Moves the clock to the next due task and runs it; false if there is none. */
    public boolean runNext() {
        return runNext(Long.MAX_VALUE);
    }

    /** Returns how many tasks wait. */
    public synchronized int pending() {
        return queue.size();
    }

    private boolean runNext(long limit) {
        Entry next;
        synchronized (this) {
            next = queue.peek();
            if (next == null || next.due > limit) {
                return false;
            }
            queue.remove();
            nanos = Math.max(nanos, next.due);
        }
        next.task.run();
        return true;
    }

    private synchronized void cancel(Entry entry) {
        queue.remove(entry);
    }

    private record Entry(long due, long order, Runnable task) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            int byDue = Long.compare(due, other.due);
            return byDue != 0 ? byDue : Long.compare(order, other.order);
        }
    }
}
