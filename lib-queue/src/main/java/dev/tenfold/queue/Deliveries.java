package dev.tenfold.queue;

import dev.tenfold.queue.Death.Reason;
import dev.tenfold.queue.QueueOptions.Overflow;
import dev.tenfold.retry.Backoff;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the messages of a queue from the backlog to their end: they are taken, settled, tried again, given up.
 */
abstract class Deliveries<E> extends QueueCore<E> {

    /** A worker takes no more than this at a time, so that the lock is held briefly. */
    private static final int MAX_BATCH = 256;

    /** How long a dead letter waits before it asks a full queue again. */
    private static final Duration DEAD_LETTER_RETRY = Duration.ofSeconds(1);

    Deliveries(String name, QueueOptions options, MemoryBroker broker) {
        super(name, options, broker);
    }

    /** What a worker that asked for messages is to do. */
    enum Taken {
        /** Work on what it has in its hands. */
        SOME,
        /** Ask again in a moment. */
        NOTHING_YET,
        /** Rest, and then somebody else will start it. */
        REST
    }

    /**
     * Puts messages into a worker's hands.
     *
     * @param patient whether it would rather ask again than rest
     */
    Taken take(Worker<E> worker, ArrayDeque<Entry<E>> hands, boolean patient) {
        AfterUnlock<E> after = null;
        Taken taken = Taken.REST;
        enter();
        try {
            boolean searched = roster.endSearch(worker);
            MemoryConsumer<E> consumer = worker.consumer();
            if (!consumer.isOpen()) {
                after = new AfterUnlock<>(this);
                roster.startIdle(backlog.ready(), after);
                roster.forget(consumer, after);
            } else if (!roster.isActive(consumer)) {
                roster.park(worker);
            } else {
                arrangeIfChanged();
                if (backlog.mayExpire()) {
                    after = new AfterUnlock<>(this);
                    expire(given().time().nanoTime(), after);
                }
                int room = consumer.prefetch() - worker.unsettled();
                int ready = readyFor(worker);
                if (room == 0) {
                    worker.starved = true;
                } else if (ready == 0) {
                    if (patient && !broker().isClosed() && roster.search(worker)) {
                        worker.sawPublished = counters().published.getPlain();
                        taken = Taken.NOTHING_YET;
                    } else {
                        roster.rest(worker);
                        after = after == null && broker().isClosed() ? new AfterUnlock<>(this) : after;
                    }
                } else {
                    // Its share, so that it does not hold what others could work on at once.
                    int count = Math.min(Math.min(room, worker.lane() >= 0 ? ready : roster.share(ready)), MAX_BATCH);
                    if (worker.lane() >= 0) {
                        for (int i = 0; i < count; i++) {
                            hands.addLast(Objects.requireNonNull(backlog.takeFrom(worker.lane())));
                        }
                    } else {
                        backlog.take(count, hands);
                    }
                    worker.countTaken(count);
                    QueueCounters.add(counters().delivered, count);
                    taken = Taken.SOME;
                    if (full || backlog.blocked() > 0 || roster.isMixed() || roster.hasSpares()) {
                        after = after == null ? new AfterUnlock<>(this) : after;
                        taken(after);
                    }
                }
            }
            if (searched && backlog.ready() > 0 && taken != Taken.NOTHING_YET) {
                after = after == null ? new AfterUnlock<>(this) : after;
                roster.startIdle(backlog.ready(), after);
            }
        } finally {
            lock.unlock();
        }
        if (after != null) {
            after.run();
        }
        return taken;
    }

    /** What a worker may take: its lane's, unless that waits; what consumers of a higher priority leave. */
    private int readyFor(Worker<E> worker) {
        if (worker.lane() >= 0) {
            return worker.blocked > 0 ? 0 : backlog.readyIn(worker.lane());
        }
        if (!roster.isMixed()) {
            return backlog.ready();
        }
        int above = roster.roomAbove(worker.consumer().options().priority());
        return Math.max(0, backlog.ready() - above);
    }

    /** Messages were taken: there may be room, and something left that another kind of worker may have now. */
    private void taken(AfterUnlock<E> after) {
        useRoom(after);
        if (backlog.ready() > 0 && (roster.isMixed() || roster.hasSpares())) {
            wake(0, after);
            planAlarm(after);
        }
    }

    /** Takes back what a worker held but had not begun. */
    void putBack(Worker<E> worker, ArrayDeque<Entry<E>> hands) {
        change(after -> {
            for (Entry<E> entry = hands.pollFirst(); entry != null; entry = hands.pollFirst()) {
                back(entry, after);
                roster.settle(worker, after);
            }
        });
    }

    /** A message is given back, and is ready again at its old place if the queue has one for it. */
    private void back(Entry<E> entry, AfterUnlock<E> after) {
        if (!deleted) {
            backlog.giveBack(entry);
            dropExcess(after);
            told(entry, after);
        } else {
            broker().log().removed(entry);
        }
    }

    /** A message that waited for its time is ready. It had its place all the while, if need be beyond the limit. */
    private void ripe(Entry<E> entry, AfterUnlock<E> after) {
        backlog.giveBack(entry);
        told(entry, after);
    }

    private void told(Entry<E> entry, AfterUnlock<E> after) {
        wake(entry.part(), after);
        if (entry.expires() != Entry.NEVER) {
            planAlarm(after);
        }
    }

    /** As in RabbitMQ, a full queue that drops its head does so as well for what comes back, which may be the head itself. */
    private void dropExcess(AfterUnlock<E> after) {
        while (rules().overflow() == Overflow.DROP_HEAD && isOverfull()) {
            Entry<E> head = backlog.drop();
            if (head == null) {
                return;
            }
            Worker<E> lane = head.blocks();
            unblock(head);
            wakeLane(lane, after);
            moving++;
            after.bury(head, Reason.MAXLEN);
        }
    }

    CompletionStage<Void> acknowledge(Worker<E> worker, Entry<E> entry) {
        CompletionStage<Void> kept = broker().log().removed(entry);
        acknowledged(worker);
        return kept;
    }

    /** The same for one whose end is written down already. */
    void acknowledged(Worker<E> worker) {
        counters().acknowledged.increment();
        if (worker.consumer().isManual()) {
            change(after -> roster.settle(worker, after));
        } else {
            // Only its own thread settles, and that looks for more by itself.
            worker.countSettled();
        }
    }

    CompletionStage<Void> requeue(Worker<E> worker, Entry<E> entry) {
        if (entry.deliveries > rules().deliveryLimit()) {
            return die(worker, entry, Reason.DELIVERY_LIMIT);
        }
        CompletionStage<Void> kept = broker().log().returned(entry, Duration.ZERO);
        counters().requeued.increment();
        change(after -> {
            back(entry, after);
            roster.settle(worker, after);
        });
        return kept;
    }

    /**
     * An attempt failed.
     *
     * @param pause when to try again, or null to ask the queue's retry
     */
    CompletionStage<Void> fail(Worker<E> worker, Entry<E> entry, Throwable cause, @Nullable Duration pause) {
        counters().failed.increment();
        entry.failures++;
        Backoff retry = rules().retry();
        boolean fatal = worker.consumer().options().isFatal(cause);
        boolean again = !fatal && retry.allowsAfter(entry.failures) && entry.deliveries <= rules().deliveryLimit();
        Duration delay =
                !again ? Duration.ZERO : pause != null ? pause : retry.delayAfter(entry.failures, given().random());
        worker.tellFailure(entry, cause, again ? "next in " + delay.truncatedTo(ChronoUnit.MILLIS) : "the last");
        if (!again) {
            return die(worker, entry, fatal ? Reason.REJECTED : Reason.DELIVERY_LIMIT);
        }
        CompletionStage<Void> kept = broker().log().returned(entry, delay);
        long due = given().time().nanoTime() + delay.toNanos();
        change(after -> {
            if (delay.isZero() || deleted) {
                back(entry, after);
            } else {
                backlog.delay(entry, due);
                if (worker.lane() >= 0 && worker.consumer() == roster.ordered()) {
                    block(entry, worker);
                }
                planAlarm(after);
            }
            roster.settle(worker, after);
        });
        return kept;
    }

    /** Gives a message up. */
    CompletionStage<Void> die(Worker<E> worker, Entry<E> entry, Reason reason) {
        boolean[] gone = new boolean[1];
        change(after -> {
            gone[0] = deleted;
            moving += deleted ? 0 : 1;
            roster.settle(worker, after);
        });
        return gone[0] ? broker().log().removed(entry) : broker().deadLetters().bury(this, entry, reason);
    }

    void close(MemoryConsumer<E> consumer) {
        change(after -> close(consumer, after));
    }

    /** With the lock held. */
    void close(MemoryConsumer<E> consumer, AfterUnlock<E> after) {
        if (roster.close(consumer, after)) {
            // What it would have taken goes to those who are left.
            roster.startIdle(backlog.ready(), after);
            touch(after);
            if (rules().autoDelete() && roster.open() == 0 && !deleted && !broker().isClosed()) {
                after.unused();
            }
        }
    }

    /** The executor refused to run a worker. It is tried again with the next message. */
    void stalled(Worker<E> worker, RejectedExecutionException refused) {
        change(after -> {
            if (worker.consumer().isOpen()) {
                roster.rest(worker);
            } else {
                roster.forget(worker.consumer(), after);
            }
        });
        tell(
                Level.ERROR,
                "consumer.stalled",
                worker.consumer().name() + " is stopped, the executor refuses it: " + refused);
    }

    // Dead letters

    /** A message that was moving has arrived, or was dropped for good. */
    void moved() {
        change(after -> moving--);
    }

    /** A message found no room elsewhere: it stays for a while and tries again. */
    void keep(Entry<E> entry, Reason reason) {
        long due = given().time().nanoTime() + DEAD_LETTER_RETRY.toNanos();
        change(after -> {
            moving--;
            if (!deleted) {
                entry.dying(reason);
                backlog.delay(entry, due);
                planAlarm(after);
            }
        });
    }

    // Time

    @Override
    void ring() {
        long now = given().time().nanoTime();
        change(after -> {
            alarmIsOver();
            if (deleted) {
                return;
            }
            for (Entry<E> entry = backlog.takeDue(now); entry != null; entry = backlog.takeDue(now)) {
                Worker<E> lane = entry.blocks();
                Reason fate = entry.dying();
                unblock(entry);
                if (fate != null) {
                    moving++;
                    after.bury(entry, fate);
                } else if (entry.isExpired(now)) {
                    moving++;
                    after.bury(entry, Reason.EXPIRED);
                    wakeLane(lane, after);
                } else {
                    entry.due(Entry.NEVER);
                    ripe(entry, after);
                }
            }
            expire(now, after);
            loosePatience(now, after);
            if (isUnusedTooLong(now)) {
                after.unused();
            }
            useRoom(after);
            planAlarm(after);
        });
    }

    /** Nothing holds this lane up any more, maybe. */
    void wakeLane(@Nullable Worker<E> lane, AfterUnlock<E> after) {
        if (lane != null && lane.consumer() == roster.ordered() && backlog.readyIn(lane.lane()) > 0) {
            wake(lane.lane(), after);
        }
    }

    /** Takes the first ready message that has not expired, or null; with the lock held. */
    @Nullable
    Entry<E> takeFirst(AfterUnlock<E> after) {
        arrangeIfChanged();
        if (backlog.mayExpire()) {
            expire(given().time().nanoTime(), after);
        }
        return backlog.take();
    }

    /** Returns how many messages are held by those who polled; with the lock held. */
    abstract int polled();

    private void expire(long now, AfterUnlock<E> after) {
        for (Entry<E> entry = backlog.takeExpired(now); entry != null; entry = backlog.takeExpired(now)) {
            moving++;
            after.bury(entry, Reason.EXPIRED);
        }
    }

    /** Says whether nothing is left that a consumer would still get by {@code deadline}. */
    boolean isDrained(long deadline) {
        lock.lock();
        try {
            Entry<E> next = backlog.nextDue();
            boolean nothingToCome = backlog.ready() == 0 && (next == null || next.due() - deadline > 0);
            return roster.unsettled() + polled() + moving + reserved == 0 && (roster.open() == 0 || nothingToCome);
        } finally {
            lock.unlock();
        }
    }
}
