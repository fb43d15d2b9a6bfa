package dev.tenfold.topology;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Holds the current snapshot of something and replaces it atomically, never with an older one.
 *
 * <p>Thread-safe. {@link #current()} is one volatile read. Changes are rare and take a lock, under which listeners are told,
 * so each listener sees rising versions and never misses the last.
 *
 * <p><b>Invariant:</b> the version held never falls. <b>Writers:</b> any thread, holding {@code changing}. <b>Readers:</b>
 * any thread, lock-free, through the volatile {@code current}. <b>Order:</b> a change is written before listeners are told.
 *
 * @param <S> the kind of snapshot
 */
public final class SnapshotCell<S extends Snapshot> {

    private final ReentrantLock changing = new ReentrantLock();
    private final List<Consumer<? super S>> listeners = new ArrayList<>();
    private volatile S current;

    /**
     * Starts with a snapshot.
     *
     * @param first the current one
     */
    public SnapshotCell(S first) {
        current = first;
    }

    /**
     * Returns the newest snapshot.
     *
     * @return what was offered last
     */
    public S current() {
        return current;
    }

    /**
     * Replaces the snapshot if {@code next} is newer, and tells the listeners.
     *
     * @param next the candidate
     * @return whether it was newer
     */
    public boolean offer(S next) {
        changing.lock();
        try {
            if (next.version() <= current.version()) {
                return false;
            }
            replace(next);
            return true;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Replaces the snapshot with one computed from it.
     *
     * @param change makes a newer snapshot from the current one, or returns its argument to leave it; called once, quick
     * @return the snapshot now current
     * @throws IllegalArgumentException if the result is another snapshot that is not newer; nothing changed
     */
    public S update(UnaryOperator<S> change) {
        changing.lock();
        try {
            S next = change.apply(current);
            if (next != current) {
                if (next.version() <= current.version()) {
                    throw new IllegalArgumentException(
                            "version: " + next.version() + " (expected: > " + current.version() + ", the current one)");
                }
                replace(next);
            }
            return next;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Watches for changes. The listener is told the current snapshot at once, then each newer one. It must be quick and
     * must not change this cell.
     *
     * @param listener whom to tell
     * @return stops the watching when closed
     */
    public Watch watch(Consumer<? super S> listener) {
        Consumer<S> entry = listener::accept;
        changing.lock();
        try {
            listeners.add(entry);
            entry.accept(current);
        } finally {
            changing.unlock();
        }
        return () -> forget(entry);
    }

    private void forget(Consumer<S> entry) {
        changing.lock();
        try {
            listeners.remove(entry);
        } finally {
            changing.unlock();
        }
    }

    private void replace(S next) {
        current = next;
        for (Consumer<? super S> listener : listeners) {
            listener.accept(next);
        }
    }

    /** A subscription that ends when it is closed. */
    @FunctionalInterface
    public interface Watch extends AutoCloseable {

        /** Stops the watching; the listener is not told anything once this returns. */
        @Override
        void close();
    }
}
