package dev.tenfold.queue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The consumers of a queue, and which of their workers wait for a message. Not thread-safe: the queue's lock guards it.
 *
 * <p>A worker of an open consumer is at any time in exactly one state: idle (waits for a message), spare (as idle, but beyond
 * its consumer's floor), parked (its consumer is not the active one, or its lane waits for a retry), starved (holds all it
 * may), or running (on the executor or about to be). Whoever takes it out of the first four must start it.
 *
 * <p>One that runs may search: it found nothing and looks again soon, on its thread. As long as one does, nobody is woken for a
 * message. Whoever ends a search with messages left has to start as many of the idle, see {@link #endSearch}.
 */
final class Roster<E> {

    private final ArrayDeque<Worker<E>> idle = new ArrayDeque<>(2);

    /** The open ones, and the closed ones that still hold something. */
    private final List<MemoryConsumer<E>> consumers = new ArrayList<>(2);

    private int open;
    private int made;
    private int searching;

    /** How many workers begin at once: the floors of the open consumers. */
    private int floors;

    /** Whether open consumers have more than one priority. */
    private boolean mixed;

    /** Whether there are workers beyond a floor. */
    private boolean spares;

    /** Whether the queue was declared so that only one consumer is active. */
    private boolean alwaysSingle;

    /** Whether only one consumer may be active: also while there is one that keeps order by key. */
    private boolean single;

    private @Nullable MemoryConsumer<E> active;

    int open() {
        return open;
    }

    int nextNumber() {
        return ++made;
    }

    List<MemoryConsumer<E>> all() {
        return List.copyOf(consumers);
    }

    /** Says whether consumers take turns. */
    void single(boolean only) {
        alwaysSingle = only;
        recount();
    }

    boolean hasExclusive() {
        for (MemoryConsumer<E> consumer : consumers) {
            if (consumer.isOpen() && consumer.options().isExclusive()) {
                return true;
            }
        }
        return false;
    }

    /** Returns how long messages wait before one more worker begins; the shortest where consumers differ. */
    Duration patience() {
        Duration shortest = null;
        for (MemoryConsumer<E> consumer : consumers) {
            Duration patience = consumer.options().patience();
            if (consumer.isOpen() && (shortest == null || patience.compareTo(shortest) < 0)) {
                shortest = patience;
            }
        }
        return shortest == null ? Duration.ofSeconds(1) : shortest;
    }

    boolean isMixed() {
        return mixed;
    }

    boolean hasSpares() {
        return spares;
    }

    void add(MemoryConsumer<E> consumer) {
        consumers.add(consumer);
        open++;
        recount();
    }

    private void recount() {
        single = alwaysSingle;
        floors = 0;
        mixed = false;
        spares = false;
        MemoryConsumer<E> first = null;
        for (MemoryConsumer<E> consumer : consumers) {
            single |= consumer.isOrdered();
            if (consumer.isOpen()) {
                first = first == null ? consumer : first;
                floors += consumer.options().floor();
                mixed |= consumer.options().priority() != first.options().priority();
                spares |= consumer.options().ceiling() > consumer.options().floor() && !consumer.isOrdered();
            }
        }
    }

    /** Says whether a consumer may work; makes it the active one if there is none. */
    boolean isActive(MemoryConsumer<E> consumer) {
        if (!single) {
            return true;
        }
        if (active == null && consumer == candidate()) {
            active = consumer;
        }
        return active == consumer;
    }

    /** The next to become active: of the highest priority, and of those the first. */
    private @Nullable MemoryConsumer<E> candidate() {
        MemoryConsumer<E> best = null;
        for (MemoryConsumer<E> consumer : consumers) {
            if (!consumer.isOpen()) {
                // Closed, but not settled: the order could be lost.
                return null;
            }
            if (best == null || consumer.options().priority() > best.options().priority()) {
                best = consumer;
            }
        }
        return best;
    }

    /** Returns how many of some messages one worker may take without keeping the others from their part. */
    int share(int messages) {
        return floors <= 1 ? messages : (messages + floors - 1) / floors;
    }

    /** Returns how many messages consumers of a higher priority could take. */
    int roomAbove(int priority) {
        int room = 0;
        for (MemoryConsumer<E> consumer : consumers) {
            if (consumer.isOpen() && consumer.options().priority() > priority) {
                room += consumer.room();
            }
        }
        return room;
    }

    /** A running worker found nothing to do. */
    void rest(Worker<E> worker) {
        MemoryConsumer<E> consumer = worker.consumer();
        consumer.busy--;
        if (worker.lane() >= 0) {
            worker.resting = true;
        } else if (worker.isSpare()) {
            consumer.spare.addLast(worker);
        } else {
            idle.addLast(worker);
        }
    }

    /** A running worker found nothing to do, and may look again before it rests; false where it may not. */
    boolean search(Worker<E> worker) {
        // What it does must not keep a better or the only one from being woken.
        if (single || mixed) {
            return false;
        }
        worker.searching = true;
        searching++;
        return true;
    }

    /** A worker looks again; returns whether it had searched, so that others may have to be started for what it leaves. */
    boolean endSearch(Worker<E> worker) {
        if (!worker.searching) {
            return false;
        }
        worker.searching = false;
        searching--;
        return true;
    }

    /** A running worker is not to work now. */
    void park(Worker<E> worker) {
        worker.consumer().busy--;
        worker.consumer().parked.add(worker);
    }

    /** Takes out the worker that is to have a message, or null. */
    @Nullable
    Worker<E> pollIdle(int part, int ready) {
        if (active != null && active.isOrdered()) {
            Worker<E> lane = active.workers().get(part);
            if (!lane.resting || lane.blocked > 0) {
                return null;
            }
            lane.resting = false;
            return busy(lane);
        }
        Worker<E> first = mixed ? pollHighest() : searching > 0 ? null : idle.pollFirst();
        if (first == null && spares) {
            first = pollSpare(ready);
        }
        return first == null ? null : busy(first);
    }

    private Worker<E> busy(Worker<E> worker) {
        worker.consumer().busy++;
        return worker;
    }

    private @Nullable Worker<E> pollHighest() {
        Worker<E> best = null;
        for (Worker<E> worker : idle) {
            int priority = worker.consumer().options().priority();
            if (best == null || priority > best.consumer().options().priority()) {
                best = worker;
            }
        }
        if (best != null) {
            idle.remove(best);
        }
        return best;
    }

    /** One more, where each that works could have a full prefetch waiting. */
    private @Nullable Worker<E> pollSpare(int ready) {
        for (MemoryConsumer<E> consumer : consumers) {
            if (!consumer.spare.isEmpty()
                    && ready > (long) consumer.busy * consumer.options().prefetch()) {
                return consumer.spare.pollFirst();
            }
        }
        return null;
    }

    /** Takes out one spare worker, because messages have waited for too long; null if there is none. */
    @Nullable
    Worker<E> pollAnySpare() {
        for (MemoryConsumer<E> consumer : consumers) {
            Worker<E> one = consumer.spare.pollFirst();
            if (one != null) {
                return busy(one);
            }
        }
        return null;
    }

    /** Says whether a new message would be taken at once. */
    boolean hasIdle(int part) {
        if (active != null && active.isOrdered()) {
            Worker<E> lane = active.workers().get(part);
            return lane.resting && lane.blocked == 0;
        }
        return searching > 0 || !idle.isEmpty();
    }

    void startIdle(int messages, AfterUnlock<E> after) {
        for (int i = 0; i < messages; i++) {
            Worker<E> next = pollIdle(0, messages);
            if (next == null) {
                return;
            }
            after.start(next);
        }
    }

    /** A worker holds one message less. */
    void settle(Worker<E> worker, AfterUnlock<E> after) {
        worker.countSettled();
        MemoryConsumer<E> consumer = worker.consumer();
        if (!consumer.isOpen()) {
            forget(consumer, after);
        } else if (worker.starved) {
            worker.starved = false;
            after.start(worker);
        }
    }

    /** Returns whether it was open. */
    boolean close(MemoryConsumer<E> consumer, AfterUnlock<E> after) {
        if (!consumer.markClosed()) {
            return false;
        }
        open--;
        idle.removeIf(worker -> worker.consumer() == consumer);
        consumer.spare.clear();
        consumer.parked.clear();
        recount();
        forget(consumer, after);
        return true;
    }

    /** Drops a closed consumer once it holds nothing; then the next one may become active. */
    void forget(MemoryConsumer<E> consumer, AfterUnlock<E> after) {
        if (consumer.unsettled() > 0) {
            return;
        }
        consumers.remove(consumer);
        recount();
        if (active == consumer || active == null) {
            active = null;
            MemoryConsumer<E> next = candidate();
            if (next != null && isActive(next) && !next.parked.isEmpty()) {
                next.parked.forEach(worker -> after.start(busy(worker)));
                next.parked.clear();
            }
        }
    }

    /** Returns the lanes of the active consumer, or null if it has none. */
    @Nullable
    MemoryConsumer<E> ordered() {
        return active != null && active.isOrdered() ? active : null;
    }

    int unsettled() {
        int sum = 0;
        for (MemoryConsumer<E> consumer : consumers) {
            sum += consumer.unsettled();
        }
        return sum;
    }
}
