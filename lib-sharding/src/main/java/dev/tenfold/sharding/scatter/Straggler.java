package dev.tenfold.sharding.scatter;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A query under way that can be stopped: by interrupting the thread it is on, and by what it registered itself.
 *
 * <p><b>Invariant:</b> a thread is interrupted only between {@link #enter} and {@link #leave}, and leaves without the flag
 * that an interrupt of ours set; so a pool's thread, or the caller's, goes on unharmed.
 */
final class Straggler {

    private @Nullable Thread thread;
    private boolean cancelled;
    private boolean interrupted;
    private final List<Runnable> stops = new ArrayList<>(0);

    /** False if it is over before it began. */
    synchronized boolean enter() {
        if (cancelled) {
            return false;
        }
        thread = Thread.currentThread();
        return true;
    }

    synchronized void leave() {
        thread = null;
        if (interrupted) {
            interrupted = false;
            Thread.interrupted();
        }
    }

    synchronized boolean isCancelled() {
        return cancelled;
    }

    void onCancel(Runnable stop) {
        synchronized (this) {
            if (!cancelled) {
                stops.add(stop);
                return;
            }
        }
        report(stop);
    }

    void cancel() {
        List<Runnable> toRun;
        synchronized (this) {
            if (cancelled) {
                return;
            }
            cancelled = true;
            toRun = List.copyOf(stops);
            if (thread != null && thread != Thread.currentThread()) {
                interrupted = true;
                thread.interrupt();
            }
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
