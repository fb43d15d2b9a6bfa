package dev.tenfold.coordination;

import dev.tenfold.coordination.VersionedRegister.Versioned;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * One listener of a register, told versions that only rise.
 *
 * <p>Writers and polls may hold several versions at once and arrive in any order. <b>Invariant:</b> {@code told} is the
 * highest version the listener was handed, and after {@link #close} it is handed none. <b>Writers and readers:</b> any
 * thread, holding {@code telling}; the lock is this listener's own, so a slow one delays those who bring it news and
 * nobody else, and it is what lets {@code close} wait for a call in progress.
 */
final class Watcher<V> {

    private final ReentrantLock telling = new ReentrantLock();
    private final Consumer<? super Versioned<V>> listener;
    private final Consumer<RuntimeException> onFailure;
    private long told;
    private boolean closed;

    Watcher(Consumer<? super Versioned<V>> listener, Consumer<RuntimeException> onFailure) {
        this.listener = listener;
        this.onFailure = onFailure;
    }

    void tell(Versioned<V> news) {
        telling.lock();
        try {
            if (closed || news.version() <= told) {
                return;
            }
            told = news.version();
            listener.accept(news);
        } catch (RuntimeException failure) {
            onFailure.accept(failure);
        } finally {
            telling.unlock();
        }
    }

    void close() {
        telling.lock();
        try {
            closed = true;
        } finally {
            telling.unlock();
        }
    }
}
