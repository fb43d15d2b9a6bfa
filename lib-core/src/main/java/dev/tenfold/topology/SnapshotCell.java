package dev.tenfold.topology;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Holds the current snapshot of something and replaces it atomically, never with an older one.
 *
 * <p>Thread-safe. {@link #current()} is one volatile read. Changes are rare and take a lock, under which listeners are told,
 * so each listener sees rising versions and never misses the last.
 *
 * <p><b>Invariant:</b> the version held never falls. <b>Writers:</b> any thread, holding {@code changing}. <b>Readers:</b>
 * any thread, lock-free, through the volatile {@code current}. <b>Order:</b> a change is written before listeners are told;
 * the list of listeners is copied on a change of its own, so a listener may end its watch while it is told.
 *
 * @param <S> the kind of snapshot
 */
public final class SnapshotCell<S extends Snapshot> {

    private final ReentrantLock changing = new ReentrantLock();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private boolean telling;
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
     * Replaces the snapshot if {@code next} is newer, and tells the listeners. Where one of them throws, the snapshot stays
     * replaced, the others are told, and the exception is thrown after that.
     *
     * @param next the candidate
     * @return whether it was newer
     * @throws IllegalStateException if called by a listener of this cell; nothing changed
     */
    public boolean offer(S next) {
        changing.lock();
        try {
            requireNotTelling();
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
     * Replaces the snapshot with one computed from it, and tells the listeners as {@link #offer} does.
     *
     * @param change makes a newer snapshot from the current one, or returns its argument to leave it; called once, quick
     * @return the snapshot now current
     * @throws IllegalArgumentException if the result is another snapshot that is not newer; nothing changed
     * @throws IllegalStateException if called by a listener of this cell; nothing changed
     */
    public S update(UnaryOperator<S> change) {
        changing.lock();
        try {
            requireNotTelling();
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
     * must not change this cell. If it throws at once, it is not watching and this method throws the same.
     *
     * @param listener whom to tell
     * @return stops the watching when closed
     */
    public Watch watch(Consumer<? super S> listener) {
        Listener added = new Listener(listener);
        changing.lock();
        try {
            boolean nested = telling;
            telling = true;
            try {
                listener.accept(current);
            } finally {
                telling = nested;
            }
            listeners.add(added);
        } finally {
            changing.unlock();
        }
        return () -> forget(added);
    }

    private void forget(Listener listener) {
        changing.lock();
        try {
            listener.watching = false;
            listeners.remove(listener);
        } finally {
            changing.unlock();
        }
    }

    private void replace(S next) {
        current = next;
        RuntimeException failed = null;
        telling = true;
        try {
            for (Listener listener : listeners) {
                failed = tell(listener, next, failed);
            }
        } finally {
            telling = false;
        }
        if (failed != null) {
            throw failed;
        }
    }

    private @Nullable RuntimeException tell(Listener listener, S next, @Nullable RuntimeException earlier) {
        try {
            if (listener.watching) {
                listener.told.accept(next);
            }
            return earlier;
        } catch (RuntimeException failure) {
            if (earlier == null) {
                return failure;
            }
            if (earlier != failure) {
                earlier.addSuppressed(failure);
            }
            return earlier;
        }
    }

    /** A change from within a listener would reach the listeners after it before the change they are being told of. */
    private void requireNotTelling() {
        if (telling) {
            throw new IllegalStateException("a listener changes the cell it listens to, at version " + current.version()
                    + " (expected: listeners that hand the change to another thread)");
        }
    }

    /** One subscription; {@code watching} is read and written holding {@code changing}. */
    private final class Listener {
        final Consumer<? super S> told;
        boolean watching = true;

        Listener(Consumer<? super S> told) {
            this.told = told;
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
