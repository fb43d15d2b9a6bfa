package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Environment;
import dev.tenfold.queue.Death.Reason;
import dev.tenfold.retry.Backoff;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What happens to the messages of a queue from the backlog to their end: they are taken, settled, tried again, given up.
 *
 * <h2>Concurrency</h2>
 *
 * One lock guards what waits, who waits for it, and the books of every consumer. It is held for a few instructions, never
 * around handlers, observers, the scheduler, the executor or another queue: a method decides under the lock what has to be
 * done outside, notes it in {@link AfterUnlock}, and does it then.
 *
 * <p>A message is at any time in exactly one place: ready, delayed, with a consumer (unsettled), or on its way to another
 * queue (moving). It is counted in its old place until it has arrived in the new one, so a queue that looks drained is.
 *
 * <p>Each message that becomes ready takes one consumer out of the idle, see {@link Roster}, so no message waits while a
 * consumer does.
 */
abstract class Deliveries<E> {

    /** A consumer takes no more than this at a time, so that the lock is held briefly. */
    private static final int MAX_BATCH = 64;

    /** How long a dead letter waits before it asks a full queue again. */
    private static final Duration DEAD_LETTER_RETRY = Duration.ofSeconds(1);

    private final String name;
    private final MemoryBroker broker;
    private final Environment given;
    private final QueueCounters counters = new QueueCounters();

    /** Written again only if the queue was declared along with another one first. */
    private volatile QueueOptions options;

    final ReentrantLock lock = new ReentrantLock();

    // All below is guarded by the lock; the subclass uses it too.

    final Backlog<E> backlog = new Backlog<>();
    final Roster<E> roster = new Roster<>();

    /** Messages on their way to another queue. */
    int moving;

    boolean accepting = true;

    /** From the first message that found no room until half of the room is free again. */
    boolean full;

    final WakeUp timer;

    Deliveries(String name, QueueOptions options, MemoryBroker broker) {
        this.name = name;
        this.options = options;
        this.broker = broker;
        this.given = broker.given();
        this.timer = new WakeUp(given, this::wakeUp);
    }

    public String name() {
        return name;
    }

    public QueueOptions options() {
        return options;
    }

    MemoryBroker broker() {
        return broker;
    }

    QueueCounters counters() {
        return counters;
    }

    void options(QueueOptions explicit) {
        options = explicit;
    }

    Environment given() {
        return given;
    }

    /** Puts messages into a consumer's hands; false if it must rest, and then somebody else will start it. */
    boolean take(MemoryConsumer<E> consumer, ArrayDeque<Entry<E>> hands) {
        AfterUnlock<E> after = null;
        boolean taken = false;
        lock.lock();
        try {
            int room = consumer.prefetch() - consumer.unsettled();
            int ready = backlog.ready();
            if (consumer.isClosed()) {
                after = new AfterUnlock<>(this);
                roster.startIdle(ready, after);
                roster.forget(consumer);
            } else if (room == 0) {
                consumer.starved = true;
            } else if (ready == 0) {
                roster.rest(consumer);
                after = broker.isClosed() ? new AfterUnlock<>(this) : null;
            } else {
                // Its share, so that it does not hold what others could work on at once.
                int count = Math.min(Math.min(room, roster.share(ready)), MAX_BATCH);
                for (int i = 0; i < count; i++) {
                    hands.addLast(Objects.requireNonNull(backlog.take()));
                }
                consumer.countTaken(count);
                QueueCounters.add(counters.delivered, count);
                taken = true;
                if (full) {
                    after = new AfterUnlock<>(this);
                    useRoom(after);
                }
            }
        } finally {
            lock.unlock();
        }
        if (after != null) {
            after.run();
        }
        return taken;
    }

    /** Takes back what a consumer held but had not begun. */
    void putBack(MemoryConsumer<E> consumer, ArrayDeque<Entry<E>> hands) {
        change(after -> {
            for (Entry<E> entry = hands.pollFirst(); entry != null; entry = hands.pollFirst()) {
                backlog.giveBack(entry);
                roster.settle(consumer, after);
                roster.startIdle(1, after);
            }
        });
    }

    void acknowledge(MemoryConsumer<E> consumer) {
        counters.acknowledged.increment();
        if (consumer.isManual()) {
            change(after -> roster.settle(consumer, after));
        } else {
            // Only its own thread settles, and that looks for more by itself.
            consumer.countSettled();
        }
    }

    void requeue(MemoryConsumer<E> consumer, Entry<E> entry) {
        counters.requeued.increment();
        change(after -> {
            backlog.giveBack(entry);
            roster.settle(consumer, after);
            roster.startIdle(1, after);
        });
    }

    void fail(MemoryConsumer<E> consumer, Entry<E> entry, Throwable cause) {
        counters.failed.increment();
        entry.failures++;
        Backoff retry = options.retry();
        boolean again = retry.allowsAfter(entry.failures);
        Duration delay = again ? retry.delayAfter(entry.failures, given.random()) : Duration.ZERO;
        consumer.tellFailure(entry, cause, again ? "next in " + delay.truncatedTo(ChronoUnit.MILLIS) : "the last");
        if (!again) {
            die(consumer, entry, Reason.DELIVERY_LIMIT);
            return;
        }
        long due = given.time().nanoTime() + delay.toNanos();
        change(after -> {
            if (delay.isZero()) {
                backlog.giveBack(entry);
                roster.startIdle(1, after);
            } else {
                backlog.delay(entry, due);
                planWakeUp(after);
            }
            roster.settle(consumer, after);
        });
    }

    /** Gives a message up. */
    void die(MemoryConsumer<E> consumer, Entry<E> entry, Reason reason) {
        change(after -> {
            moving++;
            roster.settle(consumer, after);
        });
        broker.deadLetters().bury(this, entry, reason);
    }

    void close(MemoryConsumer<E> consumer) {
        change(after -> roster.close(consumer));
    }

    /** The executor refused to run a consumer. It is tried again with the next message. */
    void stalled(MemoryConsumer<E> consumer, RejectedExecutionException refused) {
        change(after -> {
            if (consumer.isClosed()) {
                roster.forget(consumer);
            } else {
                roster.rest(consumer);
            }
        });
        tell(Level.ERROR, "consumer.stalled", consumer.name() + " is stopped, the executor refuses it: " + refused);
    }

    // Dead letters

    /** A message that was moving has arrived, or was dropped for good. */
    void moved() {
        change(after -> moving--);
    }

    /** A message found no room elsewhere: it stays for a while and tries again. */
    void keep(Entry<E> entry, Reason reason) {
        long due = given.time().nanoTime() + DEAD_LETTER_RETRY.toNanos();
        change(after -> {
            moving--;
            entry.dying = reason;
            backlog.delay(entry, due);
            planWakeUp(after);
        });
    }

    // Time

    /** The scheduler refused. The next message to be delayed tries again. */
    void wakeUpLost(long planned, RejectedExecutionException refused) {
        change(after -> timer.fired(planned));
        tell(Level.ERROR, "queue.stalled", "retries wait, the scheduler refuses to wake them: " + refused);
    }

    private void wakeUp(long planned) {
        long now = given.time().nanoTime();
        List<Entry<E>> dying = new ArrayList<>();
        change(after -> {
            timer.fired(planned);
            for (Entry<E> entry = backlog.takeDue(now); entry != null; entry = backlog.takeDue(now)) {
                if (entry.dying == null) {
                    backlog.giveBack(entry);
                    roster.startIdle(1, after);
                } else {
                    dying.add(entry);
                    moving++;
                }
            }
            planWakeUp(after);
            useRoom(after);
        });
        dying.forEach(entry -> broker.deadLetters().bury(this, entry, Objects.requireNonNull(entry.dying)));
    }

    /** Says whether nothing is left that a consumer would still get by {@code deadline}. */
    boolean isDrained(long deadline) {
        lock.lock();
        try {
            Entry<E> next = backlog.nextDue();
            boolean nothingToCome = backlog.ready() == 0 && (next == null || next.due - deadline > 0);
            return roster.unsettled() + moving == 0 && (roster.open() == 0 || nothingToCome);
        } finally {
            lock.unlock();
        }
    }

    void tell(Level level, String kind, String message) {
        given.tell(level, "queue/" + name, kind, message, Map.of());
    }

    // With the lock held

    void change(java.util.function.Consumer<AfterUnlock<E>> change) {
        AfterUnlock<E> after = new AfterUnlock<>(this);
        lock.lock();
        try {
            change.accept(after);
        } finally {
            lock.unlock();
        }
        after.run();
    }

    /** Room may have become free. */
    void useRoom(AfterUnlock<E> after) {
        if (backlog.blocked() > 0) {
            List<BlockedPublish<E>> admitted = backlog.admit(options.maxLength());
            QueueCounters.add(counters.published, admitted.size());
            roster.startIdle(admitted.size(), after);
            after.release(admitted, null);
        }
        if (full && backlog.blocked() == 0 && backlog.length() <= options.maxLength() / 2) {
            full = false;
            after.relieved();
        }
    }

    void planWakeUp(AfterUnlock<E> after) {
        Entry<E> next = backlog.nextDue();
        if (next != null && timer.plan(next.due)) {
            after.wakeUp(timer, next.due);
        }
    }
}
