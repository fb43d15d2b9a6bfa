package dev.tenfold.benchmarks.simulation;

import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;

/**
 * Time that passes from one event to the next. Events of one instant run in the order they were scheduled, so a run depends
 * on its seed alone. For one thread.
 */
final class VirtualTime implements TimeSource, Scheduler {

    private static final class Event implements Comparable<Event>, Task {
        private final long due;
        private final long number;
        private final Runnable task;
        private boolean cancelled;

        Event(long due, long number, Runnable task) {
            this.due = due;
            this.number = number;
            this.task = task;
        }

        @Override
        public int compareTo(Event other) {
            return due != other.due ? Long.compare(due, other.due) : Long.compare(number, other.number);
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long now;
    private long numbered;

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public Instant now() {
        return Instant.ofEpochSecond(0, now);
    }

    @Override
    public Task schedule(Duration delay, Runnable task) {
        return at(now + Math.max(0, delay.toNanos()), task);
    }

    Task after(long nanos, Runnable task) {
        return at(now + nanos, task);
    }

    private Task at(long due, Runnable task) {
        Event event = new Event(due, numbered++, task);
        events.add(event);
        return event;
    }

    /** Runs everything that is due up to and including {@code end}, which is then the time. */
    void runUntil(long end) {
        for (Event next = events.peek(); next != null && next.due <= end; next = events.peek()) {
            events.remove();
            if (!next.cancelled) {
                now = next.due;
                next.task.run();
            }
        }
        now = end;
    }
}
