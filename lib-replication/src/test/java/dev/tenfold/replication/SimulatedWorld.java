package dev.tenfold.replication;

import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/**
 * A clock, a scheduler and threads that may sleep on that clock: code that blocks runs as it is, in no time, and the same way
 * each time.
 *
 * <p>Exactly one thread runs at a time, the one that holds the baton. It takes the next event in order of (due, order of
 * scheduling): a task it runs itself; a sleeper it hands the baton to. Whoever goes to sleep hands the baton to an idle thread,
 * which goes on with the events. So everything is ordered by the baton, nothing else is shared, and no lock is needed.
 */
final class SimulatedWorld implements AutoCloseable {

    /** Unwinds whoever still sleeps when a run is over. */
    private static final class Ended extends Error {
        private static final long serialVersionUID = 1;

        Ended() {
            super("ended", null, false, false);
        }
    }

    private final class Sleeper {
        final Semaphore turn = new Semaphore(0);
    }

    /** A step never sleeps, so that whoever sleeps may run it without handing over the baton. */
    private record Event(long due, long order, Runnable task, boolean step, Sleeper sleeper)
            implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byDue = Long.compare(due, other.due);
            return byDue != 0 ? byDue : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Deque<Semaphore> idle = new ArrayDeque<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Sleeper main = new Sleeper();
    private volatile long now;
    private long order;
    private volatile boolean ended;
    private volatile Throwable failure;

    long now() {
        return now;
    }

    Scheduler.Task schedule(long delay, Runnable task) {
        return schedule(delay, task, false);
    }

    /** Schedules something that does not sleep, which is much cheaper. */
    void step(long delay, Runnable task) {
        schedule(delay, task, true);
    }

    private Scheduler.Task schedule(long delay, Runnable task, boolean step) {
        if (ended) {
            return () -> {};
        }
        Event event = new Event(now + Math.max(0, delay), order++, task, step, null);
        events.add(event);
        return () -> {
            if (!ended) {
                events.remove(event);
            }
        };
    }

    /** Lets everything else go on for a while; called by the test's thread, which then holds the baton again. */
    void run(long nanos) {
        sleep(nanos, main);
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure != null) {
            throw new AssertionError(failure);
        }
    }

    /** Called within a task: others go on meanwhile. */
    void sleep(long nanos) {
        sleep(nanos, new Sleeper());
    }

    private void sleep(long nanos, Sleeper me) {
        if (ended) {
            throw new Ended();
        }
        long due = now + Math.max(0, nanos);
        while (me != main) {
            Event next = events.peek();
            if (next == null || next.due > due) {
                now = due;
                return;
            }
            if (!next.step) {
                break;
            }
            events.remove();
            now = Math.max(now, next.due);
            next.task.run();
        }
        events.add(new Event(due, order++, null, false, me));
        passBaton();
        me.turn.acquireUninterruptibly();
        if (ended && me != main) {
            throw new Ended();
        }
    }

    private void passBaton() {
        Semaphore waiting = idle.poll();
        if (waiting != null) {
            waiting.release();
            return;
        }
        Thread thread = new Thread(this::loop, "simulated-" + threads.size());
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void loop() {
        Semaphore myTurn = new Semaphore(0);
        while (!ended) {
            Event next = events.poll();
            now = Math.max(now, next.due);
            if (next.sleeper != null) {
                idle.push(myTurn);
                next.sleeper.turn.release();
                myTurn.acquireUninterruptibly();
                continue;
            }
            try {
                next.task.run();
            } catch (Ended over) {
                return;
            } catch (Throwable thrown) {
                failure = thrown;
                idle.push(myTurn);
                main.turn.release();
                myTurn.acquireUninterruptibly();
            }
        }
    }

    @Override
    public void close() {
        ended = true;
        for (Event event : List.copyOf(events)) {
            if (event.sleeper != null) {
                event.sleeper.turn.release();
            }
        }
        List.copyOf(idle).forEach(Semaphore::release);
    }

    /** The clock of one machine, which runs at its own rate. */
    Clock clock(long offset, double rate) {
        return new Clock(offset, rate);
    }

    final class Clock implements TimeSource, Scheduler {
        private final long offset;
        private final double rate;
        /** Until when the machine stands still. */
        private long pausedUntil;

        private boolean dead;

        private Clock(long offset, double rate) {
            this.offset = offset;
            this.rate = rate;
        }

        void pause(long nanos) {
            pausedUntil = Math.max(pausedUntil, now + nanos);
        }

        /** Whatever runs on it stops for good. */
        void die() {
            dead = true;
        }

        boolean isDead() {
            return dead;
        }

        /** Sleeps, and as long as the machine stands still. */
        void sleep(long nanos) {
            SimulatedWorld.this.sleep(nanos);
            standStill();
        }

        void standStill() {
            if (dead) {
                // Nobody waits for it: its thread sleeps until the world ends.
                SimulatedWorld.this.sleep(Long.MAX_VALUE / 4);
            }
            if (pausedUntil > now) {
                SimulatedWorld.this.sleep(pausedUntil - now);
                standStill();
            }
        }

        /** A caller's wait for a latch. */
        void await(CountDownLatch latch) {
            long step = 500_000;
            while (latch.getCount() > 0) {
                sleep(step);
                step = Math.min(step * 2, 8_000_000);
            }
        }

        @Override
        public long nanoTime() {
            return offset + (long) (now * rate);
        }

        @Override
        public Instant now() {
            return Instant.EPOCH.plusNanos(nanoTime());
        }

        @Override
        public Task schedule(Duration delay, Runnable task) {
            return SimulatedWorld.this.schedule((long) (delay.toNanos() / rate), () -> {
                standStill();
                task.run();
            });
        }
    }
}
