package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Environment;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The timer of a broker: whatever falls due in any of its queues, in order, with one task at the scheduler for whatever is
 * first. Setting an alarm costs a search in a tree of alarms, of which a queue has one.
 *
 * <h2>Concurrency</h2>
 *
 * The lock guards the tree and is held around nothing else. The task that was scheduled last carries the highest number; an
 * older one that could not be cancelled finds another number and does nothing.
 */
final class Alarms {

    private final Environment given;
    private final ReentrantLock lock = new ReentrantLock();
    private final TreeSet<Alarm> pending = new TreeSet<>();
    private long made;
    private long round;
    private Scheduler.@Nullable Task task;

    Alarms(Environment given) {
        this.given = given;
    }

    /** Makes an alarm that is not set. */
    Alarm of(Runnable target) {
        lock.lock();
        try {
            return new Alarm(target, made++);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sets an alarm, unless it is set for earlier. Called without a lock of a queue.
     *
     * @throws RejectedExecutionException if the scheduler is closed; the alarm is not set then
     */
    void set(Alarm alarm, long due) {
        long mine;
        lock.lock();
        try {
            if (alarm.set && due - alarm.due >= 0) {
                return;
            }
            pending.remove(alarm);
            alarm.due = due;
            alarm.set = true;
            pending.add(alarm);
            if (pending.first() != alarm) {
                return;
            }
            mine = ++round;
        } finally {
            lock.unlock();
        }
        try {
            schedule(due, mine);
        } catch (RejectedExecutionException closed) {
            cancel(alarm);
            throw closed;
        }
    }

    void cancel(Alarm alarm) {
        Scheduler.Task idle = null;
        lock.lock();
        try {
            pending.remove(alarm);
            alarm.set = false;
            if (pending.isEmpty()) {
                idle = task;
                task = null;
                round++;
            }
        } finally {
            lock.unlock();
        }
        if (idle != null) {
            idle.cancel();
        }
    }

    private void schedule(long due, long mine) {
        Duration delay = Duration.ofNanos(Math.max(0, due - given.time().nanoTime()));
        Scheduler.Task scheduled = given.scheduler().schedule(delay, () -> fire(mine));
        Scheduler.Task obsolete;
        lock.lock();
        try {
            boolean current = mine == round;
            obsolete = current ? task : scheduled;
            task = current ? scheduled : task;
        } finally {
            lock.unlock();
        }
        if (obsolete != null) {
            obsolete.cancel();
        }
    }

    private void fire(long mine) {
        List<Alarm> due = new ArrayList<>();
        lock.lock();
        try {
            if (mine != round) {
                return;
            }
            // So that a scheduler that runs tasks at once does not leave this one behind as pending.
            round++;
            task = null;
            long now = given.time().nanoTime();
            while (!pending.isEmpty() && pending.first().due - now <= 0) {
                Alarm first = pending.first();
                pending.remove(first);
                first.set = false;
                due.add(first);
            }
        } finally {
            lock.unlock();
        }
        try {
            due.forEach(alarm -> alarm.target.run());
        } finally {
            next();
        }
    }

    private void next() {
        long first;
        long mine;
        lock.lock();
        try {
            if (pending.isEmpty() || task != null) {
                return;
            }
            first = pending.first().due;
            mine = ++round;
        } finally {
            lock.unlock();
        }
        schedule(first, mine);
    }

    /** Something that happens once, at a time that may be moved forward. */
    static final class Alarm implements Comparable<Alarm> {

        private final Runnable target;
        private final long number;

        /** Both guarded by the lock. */
        private long due;

        private boolean set;

        private Alarm(Runnable target, long number) {
            this.target = target;
            this.number = number;
        }

        /** By difference, because the monotonic clock may wrap. */
        @Override
        public int compareTo(Alarm other) {
            int byTime = Long.signum(due - other.due);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }
}
