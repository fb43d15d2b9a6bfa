package dev.tenfold.cache.jcache;

import dev.tenfold.cache.Cache;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.cache.event.CacheEntryListenerException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The entries, in a Tenfold cache that bounds them, with their expiry and those who are told of their changes.
 *
 * <p>Changes, and {@link #live} which may drop what has expired, are called in the turn of the key; reads and evictions come
 * at any time. Keys and values given here are the cache's own copies.
 */
final class Entries<K, V> {

    /** Below this many entries a sweep waits for as many changes. */
    private static final long SMALLEST_SWEEP = 256;

    final Turns<K> turns;

    private final Cache<K, Stored<V>> table;
    private final Expiry expiry;
    private final Listeners<K, V> listeners;
    private final Executor executor;

    /** How many changes until the next sweep; set when one has found out how many entries there are. */
    private final AtomicLong untilSweep = new AtomicLong(SMALLEST_SWEEP);

    private final AtomicBoolean sweeping = new AtomicBoolean();

    Entries(Cache<K, Stored<V>> table, Turns.Waits waits, Expiry expiry, Listeners<K, V> listeners, Executor executor) {
        this.table = table;
        this.expiry = expiry;
        this.listeners = listeners;
        this.executor = executor;
        turns = new Turns<>(table.name(), waits);
    }

    /** Returns an entry that has not expired, and counts as a use of it for the eviction policy, not yet for its expiry. */
    @Nullable
    Stored<V> read(K key) {
        Stored<V> stored = table.getIfPresent(key);
        return stored == null || !stored.isExpired(expiry.time) ? stored : turns.with(key, () -> live(key));
    }

    /** Returns an entry that has not expired; uses nothing, drops nothing. */
    @Nullable
    Stored<V> peek(K key) {
        Stored<V> stored = table.peek(key);
        return stored == null || stored.isExpired(expiry.time) ? null : stored;
    }

    /** Returns an entry, or drops it if it has expired. In the turn. */
    @Nullable
    Stored<V> live(K key) {
        Stored<V> stored = table.peek(key);
        if (stored == null || !stored.isExpired(expiry.time)) {
            return stored;
        }
        table.invalidate(key);
        listeners.expired(key, stored.value);
        return null;
    }

    /** Notes an access by way of {@link #read}. */
    void accessed(Stored<V> stored) {
        expiry.accessed(stored);
    }

    /** Notes an access to an entry found by way of {@link #live}. */
    void accessed(K key, Stored<V> stored) {
        var unused = table.getIfPresent(key);
        expiry.accessed(stored);
    }

    /**
     * Puts a value. In the turn.
     *
     * @param before the entry that is there, by {@link #live}
     * @return whether it was put; not if it would have expired at once
     */
    boolean put(K key, V value, @Nullable Stored<V> before) {
        if (before != null) {
            update(key, value, before);
            return true;
        }
        Stored<V> created = new Stored<>(value, expiry.created());
        if (created.isExpired(expiry.time)) {
            return false;
        }
        table.put(key, created);
        changed();
        listeners.created(key, value);
        return true;
    }

    private void update(K key, V value, Stored<V> before) {
        Stored<V> updated = new Stored<>(value, expiry.updated(before));
        boolean expired = updated.isExpired(expiry.time);
        if (expired) {
            table.invalidate(key);
        } else {
            table.put(key, updated);
        }
        changed();
        try {
            listeners.updated(key, value, before.value);
        } finally {
            if (expired) {
                listeners.expired(key, value);
            }
        }
    }

    /** Removes the entry that is there. In the turn. */
    void remove(K key, Stored<V> before) {
        table.invalidate(key);
        listeners.removed(key, before.value);
    }

    /** Drops everything, and tells nobody. */
    void clear() {
        table.invalidateAll();
    }

    /** Returns the keys of a moment. */
    List<K> keys() {
        List<K> keys = new ArrayList<>();
        table.asMap().forEach((key, stored) -> keys.add(key));
        return keys;
    }

    long size() {
        return table.stats().size();
    }

    long evictions() {
        return table.stats().evictions();
    }

    private void changed() {
        if (untilSweep.decrementAndGet() <= 0 && sweeping.compareAndSet(false, true)) {
            try {
                executor.execute(this::sweep);
            } catch (RejectedExecutionException full) {
                untilSweep.set(SMALLEST_SWEEP);
                sweeping.set(false);
            }
        }
    }

    private void sweep() {
        try {
            table.asMap().forEach((key, stored) -> {
                if (stored.isExpired(expiry.time)) {
                    drop(key);
                }
            });
        } finally {
            untilSweep.set(Math.max(SMALLEST_SWEEP, size()));
            sweeping.set(false);
        }
    }

    /** Drops what has expired, unless someone works on it, who will find out. Perhaps in another key's turn: must not wait. */
    private void drop(K key) {
        try {
            turns.ifFree(key, () -> {
                var unused = live(key);
            });
        } catch (CacheEntryListenerException failure) {
            // Nobody's call to fail: the entry is gone, as it would be if the listener had not thrown.
            LoggerFactory.getLogger(Entries.class).error("listener failed on the expiry of {}", key, failure);
        }
    }
}
