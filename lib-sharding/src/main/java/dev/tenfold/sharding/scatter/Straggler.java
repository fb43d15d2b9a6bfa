package dev.tenfold.sharding.scatter;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A query under way that can be stopped: by interrupting the thread it is on, and by what it registered itself.
 *
 * <p><b>Invariant:</b> a thread is interrupted only between {@link #enter} and {@link #leave}, and leaves without the flag
 * that an interrupt of ours set; so a pool's thread, or the caller's, goes on unharmed.
 */
final class Straggler {

    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Thread thread;
    private boolean cancelled;
    private boolean interrupted;
    private final List<Runnable> stops = new ArrayList<>(0);

    /** False if it is over before it began. */
    boolean enter() {
        lock.lock();
        try {
            if (cancelled) {
                return false;
            }
            thread = Thread.currentThread();
            return true;
        } finally {
            lock.unlock();
        }
    }

    void leave() {
        lock.lock();
        try {
            thread = null;
            if (interrupted) {
                interrupted = false;
                Thread.interrupted();
            }
        } finally {
            lock.unlock();
        }
    }

    boolean isCancelled() {
        lock.lock();
        try {
            return cancelled;
        } finally {
            lock.unlock();
        }
    }

    void onCancel(Runnable stop) {
        lock.lock();
        try {
            if (!cancelled) {
                stops.add(stop);
                return;
            }
        } finally {
            lock.unlock();
        }
        report(stop);
    }

    void cancel() {
        List<Runnable> toRun;
        lock.lock();
        try {
            if (cancelled) {
                return;
            }
            cancelled = true;
            toRun = List.copyOf(stops);
            if (thread != null && thread != Thread.currentThread()) {
                interrupted = true;
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
        toRun.forEach(Straggler::report);
    }

    /** One that fails must not keep the others, or the scatter's end, from happening. */
    private static void report(Runnable stop) {
        try {
            stop.run();
        } catch (RuntimeException failure) {
            Thread here = Thread.currentThread();
            here.getUncaughtExceptionHandler().uncaughtException(here, failure);
        }
    }
}
