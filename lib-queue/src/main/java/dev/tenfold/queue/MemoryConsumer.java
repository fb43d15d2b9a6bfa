package dev.tenfold.queue;

import dev.tenfold.queue.BrokerBuilder.Environment;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A consumer of a queue in memory: a task that the executor runs while there are messages and that is gone otherwise.
 *
 * <p>At most one thread runs it at a time, because only whoever took it out of the queue's idle or starved consumers may
 * start it, and it goes back there only as the last thing it does.
 */
final class MemoryConsumer<E> implements Consumer, Runnable {

    /** After this many messages other tasks of the executor get their turn. */
    private static final int SLICE = 256;

    private final Deliveries<E> queue;
    private final String name;
    private final Environment given;
    private final int prefetch;
    private final Handler<E> handler;
    private final boolean manual;

    /** Only the running thread uses it. */
    private final ArrayDeque<Entry<E>> hands = new ArrayDeque<>();

    private final AtomicReference<@Nullable Handover> handover = new AtomicReference<>();

    /** Guarded by the queue's lock. */
    boolean starved;

    /** Written under the queue's lock. */
    private final AtomicLong taken = new AtomicLong();

    /** Written by the running thread or, if settled manually, under the queue's lock. */
    private final AtomicLong settled = new AtomicLong();

    /** Written under the queue's lock. */
    private volatile boolean closed;

    MemoryConsumer(
            Deliveries<E> queue, String name, Environment given, int prefetch, Handler<E> handler, boolean manual) {
        this.queue = queue;
        this.name = name;
        this.given = given;
        this.prefetch = prefetch;
        this.handler = handler;
        this.manual = manual;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int unsettled() {
        // In this order the difference is never negative.
        long done = settled.getAcquire();
        return (int) (taken.getAcquire() - done);
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() {
        queue.close(this);
    }

    int prefetch() {
        return prefetch;
    }

    boolean isManual() {
        return manual;
    }

    boolean isClosed() {
        return closed;
    }

    boolean markClosed() {
        boolean first = !closed;
        closed = true;
        return first;
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
            if (!queue.take(this, hands)) {
                return Slice.REST;
            }
            for (Entry<E> entry = hands.pollFirst(); entry != null; entry = hands.pollFirst()) {
                boolean interrupted = deliver(entry);
                done++;
                if (interrupted || closed) {
                    queue.putBack(this, hands);
                }
                if (interrupted) {
                    return Slice.INTERRUPTED;
                }
            }
        }
        return Slice.MORE;
    }

    /** Calls the handler; returns whether that was interrupted. */
    private boolean deliver(Entry<E> entry) {
        MemoryDelivery<E> delivery = new MemoryDelivery<>(queue, this, entry);
        entry.delivered = true;
        Throwable failure = null;
        try {
            handler.handle(delivery);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (failure == null) {
            if (!manual) {
                queue.acknowledge(this);
            }
        } else if (!manual || delivery.claim()) {
            queue.fail(this, entry, failure);
        } else {
            tellFailure(entry, failure, "after it had settled the delivery");
        }
        return failure instanceof InterruptedException;
    }

    void tellFailure(Entry<E> entry, Throwable cause, String next) {
        given.tell(
                Level.WARNING,
                "queue/" + queue.name(),
                "consumer.failed",
                name + " failed on '" + entry.message.routingKey() + "', attempt " + entry.failures + " of "
                        + queue.options().retry().attempts() + ", " + next + ": " + cause,
                Map.of("consumer", name, "attempt", entry.failures, "cause", cause));
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
