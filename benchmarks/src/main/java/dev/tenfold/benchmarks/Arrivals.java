package dev.tenfold.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts how many of a publisher's messages were handled, so that it can wait for the last of a batch.
 *
 * <p><b>Writers:</b> the handling threads count; the publisher alone sets {@code awaited} before it publishes the batch.
 * <b>Order:</b> whoever counts the last message does so after that write, since the message reached it by way of a queue.
 */
final class Arrivals {

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

    private final AtomicLong arrived = new AtomicLong();
    private volatile long awaited;
    private volatile Thread publisher = Thread.currentThread();

    /** Begins a batch; nothing of an earlier one is under way. */
    void expect(int messages) {
        publisher = Thread.currentThread();
        awaited = arrived.get() + messages;
    }

    void arrive() {
        if (arrived.incrementAndGet() == awaited) {
            LockSupport.unpark(publisher);
        }
    }

    /** Waits until the whole batch was handled. */
    long await() {
        long started = System.nanoTime();
        while (arrived.get() < awaited) {
            LockSupport.parkNanos(this, PATIENCE);
            if (System.nanoTime() - started > PATIENCE) {
                throw new IllegalStateException((awaited - arrived.get()) + " messages were lost (expected: none)");
            }
        }
        return awaited;
    }
}
