package dev.tenfold;

import dev.tenfold.error.UnavailableException;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Counts the calls of a path, refuses new ones once it is closed, and lets whoever closes it wait for those under way.
 *
 * <p><b>Invariant:</b> every call that was counted in is counted out, also one that was refused. <b>Order:</b> a call counts
 * itself in before it looks whether the gate is closed, and who closes it closes before it counts; so either the call sees the
 * closed gate, or it is waited for. {@code ended} is read before {@code begun}: the difference is never too small.
 */
final class Gate {

    private final LongAdder begun = new LongAdder();
    private final LongAdder ended = new LongAdder();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition left = lock.newCondition();
    private volatile boolean closed;

    /** Counts a call in. Whoever it lets in calls {@link #leave}, whatever happens. */
    void enter(Object path) {
        begun.increment();
        VarHandle.fullFence(); // an adder's increment orders nothing after it
        if (closed) {
            leave();
            throw new UnavailableException(path + " is closed", List.of(), null);
        }
    }

    void leave() {
        ended.increment();
        VarHandle.fullFence();
        if (closed) {
            lock.lock();
            try {
                left.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    long underWay() {
        long out = ended.sum();
        return Math.max(0, begun.sum() - out);
    }

    /** Closes, and returns when no call is under way; an interrupt ends the wait, and stays set. */
    void close() {
        closed = true;
        lock.lock();
        try {
            while (underWay() > 0) {
                left.await();
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }
}
