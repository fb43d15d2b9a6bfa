package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Environment;
import dev.tenfold.queue.BrokerBuilder.Propagation;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One hand of a consumer: a task that the executor runs while there are messages and that is gone otherwise.
 *
 * <p>At most one thread runs it at a time, because only whoever took it out of one of the waiting states of the queue's
 * {@link Roster} may start it, and it goes back there only as the last thing it does.
 */
final class Worker<E> implements Runnable {

    /** After this many messages other tasks of the executor get their turn. */
    private static final int SLICE = 256;

    /** How often a worker that searches looks whether something came, at most: for a microsecond or two. */
    private static final int MOST_LOOKS = 64;

    /** How often at first. */
    private static final int FIRST_LOOKS = 16;

    /** A worker that does not search because it was of no use tries again so rarely. */
    private static final int RESTS_TO_RETRY = 64;

    /** So many new messages are worth a look at once. */
    private static final int ENOUGH = 16;

    private final MemoryConsumer<E> consumer;
    private final Deliveries<E> queue;
    private final Environment given;
    private final int number;

    /** Only the running thread uses it. */
    private final ArrayDeque<Entry<E>> hands = new ArrayDeque<>(2);

    /** Whether the last message failed; only the running thread uses it. */
    private boolean failed;

    /**
     * What the running thread asks the executor, or null. Written by the thread that runs this, before it asks; by then another
     * one may run and write its own, and the first takes back only what it wrote. Read by whoever begins to run: a thread that
     * finds itself was called by its own asking, deeper down, and leaves the work to that. So one thread at a time works, and an
     * executor that runs tasks at once adds one frame to the stack, however many slices there are.
     */
    private final AtomicReference<@Nullable Handover> handover = new AtomicReference<>();

    /** How often to look before resting, by what came of it before; only the running thread uses it. */
    private int looks = FIRST_LOOKS;

    /** How often it rested without a search. */
    private int rests;

    // Guarded by the queue's lock

    /** Whether it asked for messages, found none, and will ask again instead of resting; see {@link Roster}. */
    boolean searching;

    /** How many messages had been published when it found none. */
    long sawPublished;

    boolean starved;

    /** Whether a lane waits for a message. */
    boolean resting;

    /** How many messages that wait for their retry hold this lane up. */
    int blocked;

    /** Written under the queue's lock. */
    private final AtomicLong taken = new AtomicLong();

    /** Written by the running thread or, if settled manually, under the queue's lock. */
    private final AtomicLong settled = new AtomicLong();

    Worker(MemoryConsumer<E> consumer, Deliveries<E> queue, int number) {
        this.consumer = consumer;
        this.queue = queue;
        this.given = queue.given();
        this.number = number;
    }

    MemoryConsumer<E> consumer() {
        return consumer;
    }

    /** Returns which lane it works on, or -1 where messages are not ordered by key. */
    int lane() {
        return consumer.isOrdered() ? number : -1;
    }

    boolean isSpare() {
        return number >= consumer.options().floor();
    }

    int unsettled() {
        // Once more if it took meanwhile, so that the difference is that of one instant, within what it may hold.
        long before;
        long done;
        do {
            before = taken.getAcquire();
            done = settled.getAcquire();
        } while (before != taken.getAcquire());
        return (int) (before - done);
    }

    void countTaken(int more) {
        taken.setRelease(taken.getPlain() + more);
    }

    void countSettled() {
        settled.setRelease(settled.getPlain() + 1);
    }

    void start() {
        try {
            given.executor().execute(this);
        } catch (RejectedExecutionException refused) {
            queue.stalled(this, refused);
        }
    }

    /**
     * Works until there is nothing to do, in slices. Between two slices it asks the executor to run it again; an executor
     * that runs tasks at once does that inside {@link #start}, and then the loop goes on here instead of deeper down.
     */
    @Override
    public void run() {
        Handover current = handover.get();
        if (current != null && current.from == Thread.currentThread()) {
            current.returned = true;
            return;
        }
        boolean interrupted = false;
        try {
            for (boolean more = true; more; ) {
                Slice slice = slice();
                interrupted |= slice == Slice.INTERRUPTED;
                more = slice != Slice.REST && handOver();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Returns whether the executor gave the task straight back. */
    private boolean handOver() {
        Handover mine = new Handover(Thread.currentThread());
        handover.set(mine);
        start();
        // Another thread may run the task already and have set its own.
        handover.compareAndSet(mine, null);
        return mine.returned;
    }

    private Slice slice() {
        for (int done = 0; done < SLICE; ) {
            if (!take()) {
                return Slice.REST;
            }
            for (Entry<E> entry = hands.pollFirst(); entry != null; entry = hands.pollFirst()) {
                boolean interrupted = deliver(entry);
                done++;
                // What follows a failure in a lane must not overtake it.
                if (interrupted || !consumer.isOpen() || (failed && consumer.isOrdered())) {
                    queue.putBack(this, hands);
                }
                if (interrupted) {
                    return Slice.INTERRUPTED;
                }
            }
        }
        return Slice.MORE;
    }

    /**
     * Takes messages; false if there are none. To be put to rest and started again costs both sides some microseconds, so
     * where messages come quickly, a worker looks again for a shorter time than that first, without the lock. It does so for
     * longer if something came, for half as long if nothing did, and in the end not at all but for an attempt now and then:
     * where there is little to do, or where this thread is the one that publishes, it costs nothing.
     */
    private boolean take() {
        Deliveries.Taken taken = queue.take(this, hands, looks > 0);
        if (taken == Deliveries.Taken.NOTHING_YET) {
            search();
            taken = queue.take(this, hands, false);
        }
        if (taken == Deliveries.Taken.REST && looks == 0 && ++rests % RESTS_TO_RETRY == 0) {
            looks = FIRST_LOOKS;
        }
        return taken == Deliveries.Taken.SOME;
    }

    private void search() {
        AtomicLong published = queue.counters().published;
        for (int i = 0; i < looks && published.getOpaque() - sawPublished < ENOUGH; i++) {
            Thread.onSpinWait();
        }
        looks = published.getOpaque() == sawPublished ? looks / 2 : Math.min(MOST_LOOKS, 2 * looks);
    }

    /** Calls the handler; returns whether that was interrupted. */
    private boolean deliver(Entry<E> entry) {
        MemoryDelivery<E> delivery = new MemoryDelivery<>(queue, this, entry);
        failed = false;
        entry.deliveries++;
        Throwable failure = null;
        try {
            if (given.propagation() == Propagation.NONE) {
                consumer.handler().handle(delivery);
            } else {
                handleInContext(delivery);
            }
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (failure == null) {
            if (!consumer.isManual()) {
                queue.acknowledge(this, entry);
            }
        } else if (!consumer.isManual() || delivery.claim()) {
            failed = true;
            queue.fail(this, entry, failure, null);
        } else {
            tellFailure(entry, failure, "after it had settled the delivery");
        }
        return failure instanceof InterruptedException;
    }

    @SuppressWarnings("try") // it is there while the handler runs
    private void handleInContext(MemoryDelivery<E> delivery) throws Exception {
        try (Propagation.Scope context = given.propagation().extract(delivery.headers())) {
            consumer.handler().handle(delivery);
        }
    }

    void tellFailure(Entry<E> entry, Throwable cause, String next) {
        given.tell(
                Level.WARNING,
                "queue/" + queue.name(),
                "consumer.failed",
                consumer.name() + " failed on '" + entry.message.routingKey() + "', attempt " + entry.failures + " of "
                        + queue.options().retry().attempts() + ", " + next + ": " + cause,
                Map.of("consumer", consumer.name(), "attempt", entry.failures, "cause", cause));
    }

    private enum Slice {
        /** There is more to do. */
        MORE,
        /** There is more to do, but not on this thread. */
        INTERRUPTED,
        /** The queue starts it again. */
        REST
    }

    private static final class Handover {

        final Thread from;

        /** Written and read by that thread only. */
        boolean returned;

        Handover(Thread from) {
            this.from = from;
        }
    }
}
