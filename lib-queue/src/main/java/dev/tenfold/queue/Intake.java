package dev.tenfold.queue;

import dev.tenfold.queue.QueueOptions.Overflow;
import dev.tenfold.time.Scheduler;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * How messages come into a queue: at once, or in two steps where they are written to a log in between. The first step finds
 * out whether there is room and reserves it, the second puts the message in.
 */
abstract class Intake<E> extends Deliveries<E> {

    /** Ids of messages taken in, with the time until which they count; guarded by the lock. */
    private @Nullable RecentIds recent;

    Intake(String name, QueueOptions options, MemoryBroker broker) {
        super(name, options, broker);
    }

    /** Says whether it can hold a message; asked where types were not compared beforehand. */
    abstract boolean holds(Message<?> message);

    abstract String typeName();

    /** Makes this queue's copy of a message, with its times. */
    Entry<E> entry(Message<E> message) {
        Entry<E> entry = new Entry<>(message);
        Message.Properties properties = message.propertiesOrNull();
        if (rules().countsBytes()) {
            entry.bytes(given().codecs().size(message.body()));
        }
        if (rules().timed() || (properties != null && (properties.ttl() != null || properties.isDelayed()))) {
            time(entry, properties);
        }
        return entry;
    }

    private void time(Entry<E> entry, Message.@Nullable Properties properties) {
        long now = given().time().nanoTime();
        long begin = now;
        if (properties != null && properties.isDelayed()) {
            long delay =
                    BoundedTime.nanos(entry.message.delayFrom(given().time().now()));
            begin = Entry.time(now + delay);
            entry.due(delay > 0 ? begin : Entry.NEVER);
        }
        long ttl = rules().ttlNanos();
        if (properties != null && properties.ttl() != null) {
            long own = BoundedTime.nanos(properties.ttl());
            ttl = ttl < 0 ? own : Math.min(ttl, own);
        }
        if (ttl >= 0) {
            entry.expires(Entry.time(begin + ttl));
        }
    }

    /**
     * Puts a message back that was here in an earlier life. Limits do not matter: it was taken in before.
     *
     * @param now the monotonic clock
     * @param today the wall clock at the same time
     */
    void restore(Entry<E> entry, Restoring.Copy copy, long now, Instant today) {
        Entry<E> fresh = entry(entry.message);
        Duration age = Duration.between(copy.restored().published(), today);
        long passed = age.isNegative() ? 0 : BoundedTime.nanos(age);
        entry.bytes(fresh.bytes());
        entry.failures = copy.failures();
        // It may have been in somebody's hands when the process ended; the log does not say.
        entry.deliveries = copy.deliveries();
        entry.expires(fresh.expires() == Entry.NEVER ? Entry.NEVER : Entry.time(fresh.expires() - passed));
        long due = fresh.due() == Entry.NEVER ? now : fresh.due() - passed;
        if (copy.due() != 0) {
            due = now + BoundedTime.nanos(Duration.between(today, Instant.ofEpochMilli(copy.due())));
        }
        entry.due(due - now > 0 ? Entry.time(due) : Entry.NEVER);
        change(after -> {
            put(entry, after);
            remember(entry.message);
        });
    }

    /**
     * Takes a message in, or a place for it, or says why not.
     *
     * @param dead whether it is a dead letter: those come in while the broker drains, and never wait for room
     * @param reserve whether only to keep a place, for {@link #fill} or {@link #release}
     */
    Admission<E> admit(Entry<E> entry, boolean dead, boolean reserve) {
        Admission<E> answer;
        AfterUnlock<E> after = null;
        Worker<E> woken = null;
        boolean nowFull = false;
        enter();
        try {
            if (deleted) {
                return Admission.gone();
            }
            if (!accepting && !dead) {
                return Admission.refused(PublishRejectedException.CLOSED);
            }
            if (rules().dedupNanos() >= 0 && isDuplicate(entry.message)) {
                return Admission.duplicate();
            }
            if (entry.expires() != Entry.NEVER && entry.due() == Entry.NEVER && !mayWait(entry)) {
                moving++;
                return Admission.expired();
            }
            if (hasRoom(entry.bytes()) && backlog.blocked() == 0) {
                answer = Admission.taken();
            } else {
                nowFull = !full;
                full = true;
                answer = overflow(entry, dead, reserve);
            }
            if (answer.isTaken()) {
                remember(entry.message);
                if (reserve) {
                    reserved++;
                    reservedBytes += entry.bytes();
                } else if (entry.due() == Entry.NEVER && entry.expires() == Entry.NEVER && !roster.hasSpares()) {
                    QueueCounters.add(counters().published, 1);
                    backlog.append(entry);
                    woken = roster.pollIdle(entry.part(), backlog.ready());
                } else {
                    after = new AfterUnlock<>(this);
                    put(entry, after);
                }
                if (!answer.isPlain()) {
                    after = after == null ? new AfterUnlock<>(this) : after;
                    for (Entry<E> dropped : answer.dropped()) {
                        Worker<E> lane = dropped.blocks();
                        unblock(dropped);
                        wakeLane(lane, after);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
        if (nowFull) {
            tell(Level.WARNING, "queue.full", limit() + ": " + rules().overflow());
        }
        if (after != null) {
            after.run();
        }
        if (woken != null) {
            woken.start();
        }
        return answer;
    }

    private String limit() {
        return "full, maxLength " + rules().maxLength()
                + (rules().countsBytes() ? ", maxBytes " + rules().maxBytes() : "");
    }

    /** A time to live of zero: a consumer has it at once, or nobody has. */
    private boolean mayWait(Entry<E> entry) {
        if (!entry.isExpired(given().time().nanoTime())) {
            return true;
        }
        entry.expires(Entry.NEVER);
        return backlog.ready() == 0 && roster.hasIdle(entry.part());
    }

    private Admission<E> overflow(Entry<E> entry, boolean dead, boolean reserve) {
        if (entry.bytes() > rules().maxBytes()) {
            counters().refused.increment();
            return Admission.refused(
                    "its body of " + entry.bytes() + " bytes is larger than maxBytes " + rules().maxBytes());
        }
        if (rules().overflow() == Overflow.DROP_HEAD) {
            List<Entry<E>> dropped = new ArrayList<>(1);
            while (!hasRoom(entry.bytes())) {
                if (wouldLead(entry)) {
                    // As in RabbitMQ: it is the head then.
                    moving++;
                    return Admission.dropped(dropped);
                }
                Entry<E> head = backlog.drop();
                if (head == null) {
                    break;
                }
                moving++;
                dropped.add(head);
            }
            return Admission.taken(dropped);
        }
        if (rules().overflow() == Overflow.BLOCK && !dead) {
            BlockedPublish<E> blocked = new BlockedPublish<>(entry, reserve, new CompletableFuture<>());
            backlog.block(blocked);
            return Admission.blocked(blocked);
        }
        counters().refused.increment();
        return Admission.refused(limit());
    }

    /** Says whether {@link #admit} would take it now; with the lock held, for a transaction. */
    @Nullable
    String refusal(List<Entry<E>> entries) {
        if (deleted) {
            return "it is deleted";
        }
        if (!accepting) {
            return "the broker is closed";
        }
        long bytes = 0;
        for (Entry<E> entry : entries) {
            bytes += entry.bytes();
        }
        if (rules().overflow() == Overflow.DROP_HEAD) {
            return bytes > rules().maxBytes() || entries.size() > rules().maxLength()
                    ? "the transaction is larger than the queue may be, maxLength " + rules().maxLength()
                    : null;
        }
        boolean room = backlog.length() + reserved + entries.size() <= rules().maxLength()
                && (!rules().countsBytes() || backlog.bytes() + reservedBytes + bytes <= rules().maxBytes());
        return room && backlog.blocked() == 0 ? null : limit();
    }

    /** Keeps places for all of a transaction, and returns what has to go for it; with the lock held. */
    List<Entry<E>> reserve(List<Entry<E>> entries) {
        List<Entry<E>> dropped = new ArrayList<>();
        for (Entry<E> entry : entries) {
            while (!hasRoom(entry.bytes())) {
                Entry<E> head = backlog.drop();
                if (head == null) {
                    break;
                }
                unblock(head);
                moving++;
                dropped.add(head);
            }
            reserved++;
            reservedBytes += entry.bytes();
        }
        return dropped;
    }

    /** Puts a message into the place that was kept for it. */
    void fill(Entry<E> entry) {
        change(after -> fill(entry, after));
    }

    /** With the lock held. */
    void fill(Entry<E> entry, AfterUnlock<E> after) {
        reserved--;
        reservedBytes -= entry.bytes();
        if (deleted) {
            broker().log().removed(entry);
            return;
        }
        put(entry, after);
    }

    /** Gives a place back. */
    void release(Entry<E> entry) {
        change(after -> {
            reserved--;
            reservedBytes -= entry.bytes();
            if (recent != null) {
                entry.message.id().ifPresent(recent::forget);
            }
            useRoom(after);
        });
    }

    @Override
    boolean isNew(Entry<E> entry) {
        if (rules().dedupNanos() >= 0 && isDuplicate(entry.message)) {
            return false;
        }
        remember(entry.message);
        return true;
    }

    private boolean isDuplicate(Message<E> message) {
        String id = message.id().orElse(null);
        return id != null && recent != null && recent.knows(id, given().time().nanoTime());
    }

    private void remember(Message<E> message) {
        if (rules().dedupNanos() >= 0 && message.id().isPresent()) {
            recent = recent == null ? new RecentIds(rules().dedupNanos()) : recent;
            recent.add(message.id().get(), given().time().nanoTime());
        }
    }

    /** Waits until a blocked message is in; returns why it is not, or null. */
    @Nullable
    String await(BlockedPublish<E> blocked) {
        Duration timeout = options().blockTimeout();
        String why = limit() + ", no room within " + timeout;
        Scheduler.Task expiry;
        try {
            expiry = given().scheduler().schedule(timeout, () -> giveUp(blocked, why));
        } catch (RejectedExecutionException closed) {
            // Without a timer the wait would have no end.
            giveUp(blocked, "full, and the scheduler refuses to time the wait: " + closed);
            return blocked.verdict().join();
        }
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
        counters().refused.increment();
        blocked.verdict().complete(why);
    }

    void closeIntake() {
        change(after -> {
            accepting = false;
            after.release(backlog.unblockAll(), PublishRejectedException.CLOSED);
        });
    }
}
