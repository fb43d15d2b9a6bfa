package dev.tenfold.testing;

import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A clock, a scheduler and threads that may sleep on that clock: code that blocks runs as it is, in no time, and the same way
 * each time.
 *
 * <p>Exactly one thread runs at a time, the one that holds the baton. It takes the next event in order of (due, order of
 * scheduling): a task it runs itself; a sleeper it hands the baton to. Whoever goes to sleep hands the baton to an idle thread,
 * which goes on with the events. So everything is ordered by the baton, nothing else is shared, and no lock is needed.
 */
public final class SimulatedWorld implements AutoCloseable {

    /** Unwinds whoever still sleeps when a run is over. */
    private static final class Ended extends Error {
        private static final long serialVersionUID = 1;

        Ended() {
            super("ended", null, false, false);
        }
    }

    private static final class Sleeper {
        final Semaphore turn = new Semaphore(0);
    }

    /** A step never sleeps, so that whoever sleeps may run it without handing over the baton. */
    private record Event(
            long due,
            long order,
            @Nullable Runnable task,
            boolean step,
            @Nullable Sleeper sleeper) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byDue = Long.compare(due, other.due);
            return byDue != 0 ? byDue : Long.compare(order, other.order);
        }
    }

    private static final int STUCK_SECONDS = 20;

    private static final ThreadFactory THREADS = threads();

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Deque<Semaphore> idle = new ArrayDeque<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Sleeper main = new Sleeper();
    private volatile long now;
    private long order;
    private volatile boolean ended;
    private volatile @Nullable Throwable failure;
    private final long step;

    /** A world in which only waiting takes time. */
    public SimulatedWorld() {
        this(0);
    }

    /**
     * A world in which everything takes some time: two events are never due at one moment for long.
     *
     * @param step how long each event takes, in nanoseconds; >= 0
     */
    public SimulatedWorld(long step) {
        this.step = step;
    }

    /** Virtual ones where there are any: handing the baton over is most of what a simulation does. */
    private static ThreadFactory threads() {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            return (ThreadFactory) Class.forName("java.lang.Thread$Builder")
                    .getMethod("factory")
                    .invoke(builder);
        } catch (ReflectiveOperationException old) {
            return task -> {
                Thread thread = new Thread(task);
                thread.setDaemon(true);
                return thread;
            };
        }
    }

    /** Returns the true time, in nanoseconds from the beginning; the machines' clocks differ from it. */
    public long now() {
        return now;
    }

    /** Runs a task later; it may sleep. */
    public Scheduler.Task schedule(long delay, Runnable task) {
        return schedule(delay, task, false);
    }

    /** Schedules something that does not sleep, which is much cheaper. */
    public void step(long delay, Runnable task) {
        var unused = schedule(delay, task, true);
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
    public void run(long nanos) {
        sleep(nanos, main);
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure != null) {
            throw new AssertionError(failure);
        }
    }

    /** Called within a task: others go on meanwhile. */
    public void sleep(long nanos) {
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
                now = Math.max(now, due);
                return;
            }
            if (!next.step) {
                break;
            }
            events.remove();
            now = Math.max(now, next.due) + step;
            Objects.requireNonNull(next.task).run();
        }
        events.add(new Event(due, order++, null, false, me));
        passBaton();
        if (me == main) {
            awaitMain();
        } else {
            me.turn.acquireUninterruptibly();
        }
        if (ended && me != main) {
            throw new Ended();
        }
    }

    /** Code that waits for another simulated thread and not through its scheduler would keep the baton for ever. */
    private void awaitMain() {
        try {
            if (!main.turn.tryAcquire(STUCK_SECONDS, TimeUnit.SECONDS)) {
                StringBuilder stacks = new StringBuilder("the simulation stands still at " + now + ":");
                for (Thread thread : List.copyOf(threads)) {
                    stacks.append("\n").append(thread.getName());
                    for (StackTraceElement line : thread.getStackTrace()) {
                        stacks.append("\n    ").append(line);
                    }
                }
                throw new AssertionError(stacks);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }

    private void passBaton() {
        Semaphore waiting = idle.poll();
        if (waiting != null) {
            waiting.release();
            return;
        }
        Thread thread = THREADS.newThread(this::loop);
        thread.setName("simulated-" + threads.size());
        threads.add(thread);
        thread.start();
    }

    private void loop() {
        Semaphore myTurn = new Semaphore(0);
        while (!ended) {
            Event next = Objects.requireNonNull(events.poll(), "somebody always sleeps");
            now = Math.max(now, next.due) + step;
            if (next.sleeper != null) {
                idle.push(myTurn);
                next.sleeper.turn.release();
                myTurn.acquireUninterruptibly();
                continue;
            }
            try {
                Objects.requireNonNull(next.task).run();
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
    public Clock clock(long offset, double rate) {
        return clock(offset, rate, 1);
    }

    /**
     * The clock of one machine, which runs at its own rate and shows only so many nanoseconds at a time.
     *
     * @param granularity > 0
     */
    public Clock clock(long offset, double rate, long granularity) {
        return new Clock(offset, rate, granularity);
    }

    /** A machine's clock, and what runs on the machine. */
    public final class Clock implements TimeSource, Scheduler {
        private final long offset;
        private final double rate;
        private final long granularity;
        /** Until when the machine stands still. */
        private long pausedUntil;

        private boolean dead;

        private Clock(long offset, double rate, long granularity) {
            this.offset = offset;
            this.rate = rate;
            this.granularity = granularity;
        }

        /** Lets the machine stand still. */
        public void pause(long nanos) {
            pausedUntil = Math.max(pausedUntil, now + nanos);
        }

        /** Ends a pause, within 50 ms. */
        public void wake() {
            pausedUntil = now;
        }

        /** Whatever runs on it stops for good. */
        public void die() {
            dead = true;
        }

        /** Says whether it was killed. */
        public boolean isDead() {
            return dead;
        }

        /** Sleeps, and as long as the machine stands still. */
        public void sleep(long nanos) {
            SimulatedWorld.this.sleep(nanos);
            standStill();
        }

        void standStill() {
            if (dead) {
                // Nobody waits for it: its thread sleeps until the world ends.
                SimulatedWorld.this.sleep(Long.MAX_VALUE / 4);
            }
            while (pausedUntil > now) {
                // In steps, so that it can be woken.
                SimulatedWorld.this.sleep(Math.min(pausedUntil - now, 50_000_000));
            }
            if (dead) {
                standStill();
            }
        }

        @Override
        public void await(CompletableFuture<?> done) {
            long step = 500_000;
            while (!done.isDone()) {
                sleep(step);
                step = Math.min(step * 2, 8_000_000);
            }
        }

        @Override
        public long nanoTime() {
            long exact = offset + (long) (now * rate);
            return exact - Math.floorMod(exact, granularity);
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
