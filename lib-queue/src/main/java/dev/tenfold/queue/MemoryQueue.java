package dev.tenfold.queue;

import dev.tenfold.observe.Measurement;
import dev.tenfold.queue.Death.Reason;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Scheduler;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A queue in memory.
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
 * <p>An open consumer is at any time in exactly one state: idle (waits for a message), starved (holds all it may), or
 * running (on the executor or about to be). Whoever takes it out of the first two, under the lock, must start it. Each
 * message that becomes ready takes one consumer out of idle, so none waits while one is idle.
 */
final class MemoryQueue<E> implements Queue<E> {

    /** A consumer takes no more than this at a time, so that the lock is held briefly. */
    private static final int MAX_BATCH = 64;

    /** How long a dead letter waits before it asks a full queue again. */
    private static final Duration DEAD_LETTER_RETRY = Duration.ofSeconds(1);

    private final String name;
    private final MemoryBroker broker;
    private final Surroundings given;
    private final QueueCounters counters = new QueueCounters();

    /** These two are written again only if the queue was declared along with another one first. */
    private volatile Class<E> type;

    private volatile QueueOptions options;

    private final ReentrantLock lock = new ReentrantLock();

    // All below is guarded by the lock.

    private final Backlog<E> backlog = new Backlog<>();
    private final ArrayDeque<MemoryConsumer<E>> idle = new ArrayDeque<>();

    /** The open ones, and the closed ones that still hold something. */
    private final List<MemoryConsumer<E>> consumers = new ArrayList<>();

    private int open;
    private int consumersMade;
    private int moving;
    private boolean accepting = true;

    /** From the first message that found no room until half of the room is free again. */
    private boolean full;

    /** A wake-up is scheduled for this time; others, for later times, may be too, and find nothing new to do. */
    private boolean wakeUpPlanned;

    private long wakeUpAt;

    MemoryQueue(String name, Class<E> type, QueueOptions options, MemoryBroker broker) {
        this.name = name;
        this.type = type;
        this.options = options;
        this.broker = broker;
        this.given = broker.given();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Class<E> type() {
        return type;
    }

    @Override
    public QueueOptions options() {
        return options;
    }

    MemoryBroker broker() {
        return broker;
    }

    QueueCounters counters() {
        return counters;
    }

    void redeclare(Class<E> explicitType, QueueOptions explicitOptions) {
        type = explicitType;
        options = explicitOptions;
    }

    // Publishing

    /**
     * Takes a message in, or says why not.
     *
     * @param dead whether it is a dead letter: those come in while the broker drains, and never wait for room
     */
    Admission<E> offer(Message<E> message, boolean dead) {
        Admission<E> answer = Admission.taken();
        MemoryConsumer<E> woken = null;
        boolean nowFull = false;
        lock.lock();
        try {
            if (!accepting && !dead) {
                return Admission.refused("the broker is closed");
            }
            if (backlog.length() < options.maxLength() && backlog.blocked() == 0) {
                backlog.append(message);
            } else {
                nowFull = !full;
                full = true;
                answer = overflow(message, dead);
            }
            if (answer.isTaken()) {
                QueueCounters.add(counters.published, 1);
                woken = idle.pollFirst();
            }
        } finally {
            lock.unlock();
        }
        if (nowFull) {
            tell(Level.WARNING, "queue.full", "full, maxLength " + options.maxLength() + ": " + options.overflow());
        }
        if (woken != null) {
            woken.start();
        }
        return answer;
    }

    private Admission<E> overflow(Message<E> message, boolean dead) {
        if (options.overflow() == Overflow.DROP_HEAD) {
            List<Entry<E>> dropped = backlog.drop(backlog.length() - options.maxLength() + 1);
            moving += dropped.size();
            backlog.append(message);
            return Admission.taken(dropped);
        }
        if (options.overflow() == Overflow.BLOCK && !dead) {
            BlockedPublish<E> blocked = new BlockedPublish<>(message, new CompletableFuture<>());
            backlog.block(blocked);
            return Admission.blocked(blocked);
        }
        counters.refused.increment();
        return Admission.refused("full, maxLength " + options.maxLength());
    }

    /** Waits until a blocked message is in; returns why it is not, or null. */
    @Nullable
    String await(BlockedPublish<E> blocked) {
        Duration timeout = options.blockTimeout();
        String why = "full, maxLength " + options.maxLength() + ", no room within " + timeout;
        Scheduler.Task expiry = given.scheduler().schedule(timeout, () -> giveUp(blocked, why));
        try {
            return blocked.verdict().get();
        } catch (InterruptedException stop) {
            giveUp(blocked, "interrupted while waiting for room");
            Thread.currentThread().interrupt();
            return blocked.verdict().join();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException("a verdict is only ever completed", impossible);
        } finally {
            expiry.cancel();
        }
    }

    private void giveUp(BlockedPublish<E> blocked, String why) {
        lock.lock();
        try {
            if (!backlog.unblock(blocked)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        counters.refused.increment();
        blocked.verdict().complete(why);
    }

    // Consuming

    @Override
    public Consumer consume(int prefetch, Consumer.Handler<E> handler) {
        return start(prefetch, handler, false);
    }

    @Override
    public Consumer consumeManually(int prefetch, Consumer.Handler<E> handler) {
        return start(prefetch, handler, true);
    }

    private Consumer start(int prefetch, Consumer.Handler<E> handler, boolean manual) {
        Objects.requireNonNull(handler, "handler");
        if (prefetch < 1 || prefetch > MAX_PREFETCH) {
            throw new IllegalArgumentException("prefetch: " + prefetch + " (expected: 1 to " + MAX_PREFETCH + ")");
        }
        MemoryConsumer<E> consumer;
        lock.lock();
        try {
            if (!accepting) {
                throw new IllegalStateException("queue '" + name + "' takes no consumer: the broker is closed");
            }
            consumer = new MemoryConsumer<>(this, name + "#" + ++consumersMade, given, prefetch, handler, manual);
            consumers.add(consumer);
            open++;
        } finally {
            lock.unlock();
        }
        consumer.start();
        return consumer;
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
                startIdle(ready, after);
                forget(consumer);
            } else if (room == 0) {
                consumer.starved = true;
            } else if (ready == 0) {
                idle.addLast(consumer);
                after = broker.isClosed() ? new AfterUnlock<>(this) : null;
            } else {
                // Its share, so that it does not hold what others could work on at once.
                int share = (ready + open - 1) / open;
                int count = Math.min(Math.min(room, share), MAX_BATCH);
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
                settle(consumer, after);
                startIdle(1, after);
            }
        });
    }

    void acknowledge(MemoryConsumer<E> consumer) {
        counters.acknowledged.increment();
        if (consumer.isManual()) {
            change(after -> settle(consumer, after));
        } else {
            // Only its own thread settles, and that looks for more by itself.
            consumer.countSettled();
        }
    }

    void requeue(MemoryConsumer<E> consumer, Entry<E> entry) {
        counters.requeued.increment();
        change(after -> {
            backlog.giveBack(entry);
            settle(consumer, after);
            startIdle(1, after);
        });
    }

    void fail(MemoryConsumer<E> consumer, Entry<E> entry, Throwable cause) {
        counters.failed.increment();
        entry.failures++;
        Backoff retry = options.retry();
        boolean again = retry.allowsAfter(entry.failures);
        Duration delay = again ? retry.delayAfter(entry.failures, given.random()) : Duration.ZERO;
        tellFailure(consumer, entry, cause, again ? "next in " + delay : "the last");
        if (!again) {
            die(consumer, entry, Reason.DELIVERY_LIMIT);
            return;
        }
        long due = given.time().nanoTime() + delay.toNanos();
        change(after -> {
            if (delay.isZero()) {
                backlog.giveBack(entry);
                startIdle(1, after);
            } else {
                backlog.delay(entry, due);
                planWakeUp(after);
            }
            settle(consumer, after);
        });
    }

    /** Reports a failure of a handler that had settled its message already, or is about to be handled by the caller. */
    void tellFailure(MemoryConsumer<E> consumer, Entry<E> entry, Throwable cause, String next) {
        given.tell(
                Level.WARNING,
                "queue/" + name,
                "consumer.failed",
                consumer.name() + " failed on '" + entry.message.routingKey() + "', attempt " + entry.failures + " of "
                        + options.retry().attempts() + ", " + next + ": " + cause,
                Map.of("consumer", consumer.name(), "attempt", entry.failures, "cause", cause));
    }

    /** Gives a message up. */
    void die(MemoryConsumer<E> consumer, Entry<E> entry, Reason reason) {
        change(after -> {
            moving++;
            settle(consumer, after);
        });
        broker.deadLetters().bury(this, entry, reason);
    }

    void close(MemoryConsumer<E> consumer) {
        change(after -> {
            if (consumer.markClosed()) {
                open--;
                idle.remove(consumer);
                forget(consumer);
            }
        });
    }

    /** The executor refused to run a consumer. It is tried again with the next message. */
    void stalled(MemoryConsumer<E> consumer, RejectedExecutionException refused) {
        change(after -> {
            if (consumer.isClosed()) {
                forget(consumer);
            } else {
                idle.addLast(consumer);
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

    void scheduleWakeUp(long due) {
        long delay = Math.max(0, due - given.time().nanoTime());
        given.scheduler().schedule(Duration.ofNanos(delay), () -> wakeUp(due));
    }

    void wakeUpLost() {
        change(after -> wakeUpPlanned = false);
    }

    private void wakeUp(long planned) {
        long now = given.time().nanoTime();
        List<Entry<E>> dying = new ArrayList<>();
        change(after -> {
            if (wakeUpPlanned && wakeUpAt == planned) {
                wakeUpPlanned = false;
            }
            for (Entry<E> entry = backlog.takeDue(now); entry != null; entry = backlog.takeDue(now)) {
                if (entry.dying == null) {
                    backlog.giveBack(entry);
                    startIdle(1, after);
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

    // The whole

    @Override
    public int purge() {
        int[] removed = new int[1];
        change(after -> {
            removed[0] = backlog.clear();
            useRoom(after);
        });
        return removed[0];
    }

    @Override
    public State inspect() {
        lock.lock();
        try {
            return new State(name, backlog.ready(), backlog.delayed(), unsettled() + moving, open, backlog.blocked());
        } finally {
            lock.unlock();
        }
    }

    /** Says whether nothing is left that a consumer would still get by {@code deadline}. */
    boolean isDrained(long deadline) {
        lock.lock();
        try {
            Entry<E> next = backlog.nextDue();
            boolean nothingToCome = backlog.ready() == 0 && (next == null || next.due - deadline > 0);
            return unsettled() + moving == 0 && (open == 0 || nothingToCome);
        } finally {
            lock.unlock();
        }
    }

    void closeIntake() {
        change(after -> {
            accepting = false;
            after.release(backlog.unblockAll(), "the broker is closed");
        });
    }

    void closeConsumers() {
        List<MemoryConsumer<E>> all;
        lock.lock();
        try {
            all = List.copyOf(consumers);
        } finally {
            lock.unlock();
        }
        all.forEach(MemoryConsumer::close);
    }

    @Override
    public List<Measurement> measurements() {
        return counters.measurements(this);
    }

    void tell(Level level, String kind, String message) {
        given.tell(level, "queue/" + name, kind, message, Map.of());
    }

    // With the lock held

    private void change(java.util.function.Consumer<AfterUnlock<E>> change) {
        AfterUnlock<E> after = new AfterUnlock<>(this);
        lock.lock();
        try {
            change.accept(after);
        } finally {
            lock.unlock();
        }
        after.run();
    }

    /** A consumer holds one message less. */
    private void settle(MemoryConsumer<E> consumer, AfterUnlock<E> after) {
        consumer.countSettled();
        if (consumer.isClosed()) {
            forget(consumer);
        } else if (consumer.starved) {
            consumer.starved = false;
            after.start(consumer);
        }
    }

    private void forget(MemoryConsumer<E> consumer) {
        if (consumer.unsettled() == 0) {
            consumers.remove(consumer);
        }
    }

    private void startIdle(int ready, AfterUnlock<E> after) {
        for (int i = 0; i < ready && !idle.isEmpty(); i++) {
            after.start(idle.removeFirst());
        }
    }

    /** Room may have become free. */
    private void useRoom(AfterUnlock<E> after) {
        if (backlog.blocked() > 0) {
            List<BlockedPublish<E>> admitted = backlog.admit(options.maxLength());
            QueueCounters.add(counters.published, admitted.size());
            startIdle(admitted.size(), after);
            after.release(admitted, null);
        }
        if (full && backlog.blocked() == 0 && backlog.length() <= options.maxLength() / 2) {
            full = false;
            after.relieved();
        }
    }

    private void planWakeUp(AfterUnlock<E> after) {
        Entry<E> next = backlog.nextDue();
        if (next != null && (!wakeUpPlanned || next.due - wakeUpAt < 0)) {
            wakeUpPlanned = true;
            wakeUpAt = next.due;
            after.wakeUpAt(next.due);
        }
    }

    private int unsettled() {
        int sum = 0;
        for (MemoryConsumer<E> consumer : consumers) {
            sum += consumer.unsettled();
        }
        return sum;
    }
}
