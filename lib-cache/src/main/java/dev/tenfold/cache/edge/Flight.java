package dev.tenfold.cache.edge;

import dev.tenfold.time.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One fetch under way at a {@link Tier}, which says who may touch what. */
final class Flight<K, V> {

    /** Beyond so many purges during one fetch, it leaves nothing whatever they were about. */
    static final int MAXIMUM_PURGES = 64;

    final K key;
    final Thread pilot = Thread.currentThread();

    /** What those who wait get; null tells them to look again. */
    final CompletableFuture<@Nullable Fetched<K, V>> landing = new CompletableFuture<>();

    private final AtomicBoolean armed = new AtomicBoolean();
    private volatile Scheduler.@Nullable Task alarm;

    final ReentrantLock lock = new ReentrantLock();

    /** The purges that came since it began and could concern what it brings. Guarded by {@link #lock}. */
    private final List<Purge<K>> purges = new ArrayList<>(0);

    private boolean purgedTooOften;

    Flight(K key) {
        this.key = key;
    }

    /** Notes a purge; call it holding the lock. */
    void overtakenBy(Purge<K> purge) {
        if (purges.size() < MAXIMUM_PURGES) {
            purges.add(purge);
        } else {
            purgedTooOften = true;
        }
    }

    /** Returns the copy that may be kept after the purges so far, or null; call it holding the lock. */
    @Nullable
    Copy<V> keepable(K under, Copy<V> copy, long now) {
        if (purgedTooOften) {
            return null;
        }
        Copy<V> kept = copy;
        for (Purge<K> purge : purges) {
            if (purge.concerns(under, copy)) {
                if (!purge.isSoft()) {
                    return null;
                }
                kept = kept.softened(now);
            }
        }
        return kept;
    }

    /** Sets the alarm when somebody waits for the first time. */
    void arm(Runnable setting) {
        if (!armed.get() && armed.compareAndSet(false, true)) {
            setting.run();
        }
    }

    void alarm(Scheduler.Task task) {
        alarm = task;
        if (landing.isDone()) {
            task.cancel();
        }
    }

    void land(@Nullable Fetched<K, V> fetched) {
        landing.complete(fetched);
        disarm();
    }

    void crash(Throwable failure) {
        landing.completeExceptionally(failure);
        disarm();
    }

    private void disarm() {
        Scheduler.Task set = alarm;
        if (set != null) {
            set.cancel();
        }
    }
}
