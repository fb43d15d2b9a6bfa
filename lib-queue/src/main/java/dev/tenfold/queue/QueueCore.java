package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Environment;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a queue consists of, and the rules for touching it.
 *
 * <h2>Concurrency</h2>
 *
 * One lock guards what waits, who waits for it, and the books of every consumer. It is held for a few instructions, never
 * around handlers, observers, the scheduler, the executor, the log or another queue (but for a transaction, which takes the
 * locks of its queues in the order of their numbers): a method decides under the lock what has to be done outside, notes it in
 * {@link AfterUnlock}, and does it then.
 *
 * <p>A message is at any time in exactly one place: ready, delayed, with a consumer (unsettled), or on its way to another
 * queue (moving). It is counted in its old place until it has arrived in the new one, so a queue that looks drained is. A
 * message that is being written to the log first has a place reserved, which counts as taken.
 *
 * <p>Each message that becomes ready takes one worker out of the idle, see {@link Roster}, so no message waits while a worker
 * does. A worker that searches stands for those it keeps from being woken: it looks again within a moment, and wakes as many
 * as there is something left for.
 *
 * <p>There is one alarm for whatever is due first. {@code alarmAt} is when it was set for; it may ring for nothing, but what
 * falls due is never later than it.
 */
abstract class QueueCore<E> {

    private static final int TRIES = 64;

    private final String name;
    private final long number;
    private final MemoryBroker broker;
    private final Environment given;
    private final QueueCounters counters = new QueueCounters();
    private final Alarms.Alarm alarm;

    /** Written again only if the queue was declared along with another one first. */
    private volatile QueueRules rules;

    final ReentrantLock lock = new ReentrantLock();

    // All below is guarded by the lock; the subclasses use it, too.

    final Backlog<E> backlog = new Backlog<>();
    final Roster<E> roster = new Roster<>();

    /** The ordered consumer by whose lanes the backlog is sorted, or null where it is sorted by priority. */
    private @Nullable MemoryConsumer<E> arranged;

    /** Messages on their way to another queue. */
    int moving;

    /** Places for messages that are being written to the log. */
    int reserved;

    long reservedBytes;

    boolean accepting = true;

    boolean deleted;

    /** From the first message that found no room until half of the room is free again. */
    boolean full;

    private long alarmAt = Entry.NEVER;

    /** When to look whether messages have waited for too long, and which were there then. */
    private long patienceAt = Entry.NEVER;

    private long patienceFor;

    /** Since when the queue has not been used, where that counts and it is not. */
    private long unusedSince = Entry.NEVER;

    QueueCore(String name, QueueOptions options, MemoryBroker broker) {
        this.name = name;
        this.broker = broker;
        this.given = broker.given();
        this.number = broker.nextNumber();
        this.alarm = broker.alarms().of(this::ring);
        this.rules = QueueRules.of(options);
        applyRules();
    }

    public String name() {
        return name;
    }

    public QueueOptions options() {
        return rules.options();
    }

    /** Returns its place among all queues of the broker. */
    long number() {
        return number;
    }

    QueueRules rules() {
        return rules;
    }

    MemoryBroker broker() {
        return broker;
    }

    QueueCounters counters() {
        return counters;
    }

    Environment given() {
        return given;
    }

    void options(QueueOptions explicit) {
        lock.lock();
        try {
            rules = QueueRules.of(explicit);
            applyRules();
        } finally {
            lock.unlock();
        }
    }

    private void applyRules() {
        roster.single(rules.single());
        arrange();
    }

    void tell(Level level, String kind, String message) {
        given.tell(level, "queue/" + name, kind, message, Map.of());
    }

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

    /** What is due is done; without the lock. */
    abstract void ring();

    /** Says whether a message that waited for room is still wanted, and remembers it; with the lock held. */
    abstract boolean isNew(Entry<E> entry);

    /** Deletes the queue if it still has no consumer; without the lock. */
    abstract void deleteUnused();

    /**
     * Takes the lock as those do who take it with every message. It is held for some ten nanoseconds as a rule, a thousandth of
     * what it takes to put a thread to sleep and wake it, so whoever finds it taken tries again for a moment first.
     */
    void enter() {
        for (int tries = 0; tries < TRIES; tries++) {
            if (lock.tryLock()) {
                return;
            }
            Thread.onSpinWait();
        }
        lock.lock();
    }

    // With the lock held

    /** Sorts the backlog by the lanes of the active consumer, if it has some, else by priority. */
    void arrange() {
        MemoryConsumer<E> ordered = roster.ordered();
        arranged = ordered;
        if (ordered == null) {
            int top = rules.maxPriority();
            ToIntFunction<Message<E>> byPriority = message -> Math.min(message.priority(), top);
            backlog.arrange(top + 1, top == 0 ? null : byPriority);
            return;
        }
        Function<? super E, ?> key = ordered.options().order().orElseThrow();
        int lanes = ordered.workers().size();
        ToIntFunction<Message<E>> byKey = message -> lane(key.apply(message.body()), lanes);
        backlog.arrange(lanes, byKey);
        backlog.forEachDelayed(entry -> {
            if (entry.failures > 0 && entry.dying() == null) {
                block(entry, ordered.workers().get(byKey.applyAsInt(entry.message)));
            }
        });
    }

    void arrangeIfChanged() {
        if (roster.ordered() != arranged) {
            arrange();
        }
    }

    /** Spreads keys whose hashes differ in few bits. */
    private static int lane(@Nullable Object key, int lanes) {
        int hash = key == null ? 0 : key.hashCode() * 0x9E3779B9;
        return (int) (((hash & 0xFFFFFFFFL) * lanes) >>> Integer.SIZE);
    }

    void block(Entry<E> entry, Worker<E> lane) {
        unblock(entry);
        entry.blocks(lane);
        lane.blocked++;
    }

    void unblock(Entry<E> entry) {
        Worker<E> lane = entry.blocks();
        if (lane != null) {
            entry.blocks(null);
            lane.blocked--;
        }
    }

    boolean hasRoom(long bytes) {
        return backlog.length() + reserved < rules.maxLength()
                && (rules.maxBytes() == Long.MAX_VALUE || backlog.bytes() + reservedBytes + bytes <= rules.maxBytes());
    }

    boolean isOverfull() {
        return backlog.length() + reserved > rules.maxLength()
                || (rules.maxBytes() != Long.MAX_VALUE && backlog.bytes() + reservedBytes > rules.maxBytes());
    }

    /** Says whether a new message would be taken before every other that is ready. */
    boolean wouldLead(Entry<E> entry) {
        return rules.maxPriority() > 0
                && arranged == null
                && entry.due() == Entry.NEVER
                && backlog.ready() > 0
                && Math.min(entry.message.priority(), rules.maxPriority()) > backlog.topPart();
    }

    /** Room may have become free. */
    void useRoom(AfterUnlock<E> after) {
        BlockedPublish<E> next = backlog.nextBlocked();
        if (next != null && hasRoom(next.entry().bytes())) {
            List<BlockedPublish<E>> admitted = new ArrayList<>();
            List<BlockedPublish<E>> duplicates = new ArrayList<>(0);
            for (; next != null && hasRoom(next.entry().bytes()); next = backlog.nextBlocked()) {
                backlog.unblock(next);
                if (!isNew(next.entry())) {
                    duplicates.add(next);
                    continue;
                }
                admitted.add(next);
                if (next.reserve()) {
                    reserved++;
                    reservedBytes += next.entry().bytes();
                } else {
                    put(next.entry(), after);
                }
            }
            after.release(admitted, null);
            duplicates.forEach(after::duplicate);
        }
        if (full && backlog.blocked() == 0 && backlog.length() <= rules.maxLength() / 2) {
            full = false;
            after.relieved();
        }
    }

    /** Puts a new message in, now or when it is due. */
    void put(Entry<E> entry, AfterUnlock<E> after) {
        QueueCounters.add(counters.published, 1);
        if (entry.due() != Entry.NEVER) {
            backlog.appendDelayed(entry, entry.due());
        } else {
            backlog.append(entry);
            wake(entry.part(), after);
        }
        planAlarm(after);
    }

    /** A message became ready in this part. */
    void wake(int part, AfterUnlock<E> after) {
        Worker<E> woken = roster.pollIdle(part, backlog.ready());
        if (woken != null) {
            after.start(woken);
        } else if (roster.hasSpares()) {
            planPatience();
            planAlarm(after);
        }
    }

    /** Nobody was idle: look again when these messages have waited for too long. */
    void planPatience() {
        if (patienceAt == Entry.NEVER && backlog.ready() > 0) {
            patienceAt = Entry.time(given.time().nanoTime() + roster.patience().toNanos());
            patienceFor = backlog.nextPosition();
        }
    }

    /** Starts one more worker if what was there when the patience began still is. */
    void loosePatience(long now, AfterUnlock<E> after) {
        if (patienceAt == Entry.NEVER || patienceAt - now > 0) {
            return;
        }
        patienceAt = Entry.NEVER;
        if (backlog.oldestPosition() < patienceFor) {
            Worker<E> more = roster.pollAnySpare();
            if (more != null) {
                after.start(more);
            }
        }
        if (roster.hasSpares()) {
            planPatience();
        }
    }

    /** The queue is in use right now, by others than consumers. */
    void touch(AfterUnlock<E> after) {
        if (rules.expiresNanos() >= 0 && roster.open() == 0) {
            unusedSince = Entry.time(given.time().nanoTime());
            planAlarm(after);
        }
    }

    /** A consumer came. */
    void used() {
        unusedSince = Entry.NEVER;
    }

    boolean isUnusedTooLong(long now) {
        return unusedSince != Entry.NEVER && roster.open() == 0 && now - unusedSince - rules.expiresNanos() >= 0;
    }

    /** Sees to it that the alarm rings for what is due first. */
    void planAlarm(AfterUnlock<E> after) {
        Entry<E> due = backlog.nextDue();
        Entry<E> expiry = backlog.nextExpiry();
        long next = due == null ? Entry.NEVER : Entry.time(due.due());
        next = earlier(next, expiry == null ? Entry.NEVER : expiry.expires());
        next = earlier(next, patienceAt);
        next = earlier(next, unusedSince == Entry.NEVER ? Entry.NEVER : Entry.time(unusedSince + rules.expiresNanos()));
        if (next != Entry.NEVER && (alarmAt == Entry.NEVER || next - alarmAt < 0)) {
            alarmAt = next;
            after.alarm(next);
        }
    }

    private static long earlier(long one, long other) {
        if (one == Entry.NEVER || other == Entry.NEVER) {
            return one == Entry.NEVER ? other : one;
        }
        return one - other < 0 ? one : other;
    }

    /** The alarm rings. */
    void alarmIsOver() {
        alarmAt = Entry.NEVER;
    }

    // Without the lock

    void setAlarm(long due) {
        broker.alarms().set(alarm, due);
    }

    void cancelAlarm() {
        broker.alarms().cancel(alarm);
    }

    /** The scheduler refused. The next message to be delayed tries again. */
    void alarmLost(RejectedExecutionException refused) {
        lock.lock();
        try {
            alarmIsOver();
        } finally {
            lock.unlock();
        }
        tell(Level.ERROR, "queue.stalled", "messages wait, the scheduler refuses to wake them: " + refused);
    }
}
