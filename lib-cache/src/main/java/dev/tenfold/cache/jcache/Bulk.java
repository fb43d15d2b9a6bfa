package dev.tenfold.cache.jcache;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import javax.cache.CacheException;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CompletionListener;
import org.jspecify.annotations.Nullable;

/**
 * Operations on several keys. What goes to the store behind in one call goes in the turns of all its keys, so that store and
 * cache see the changes of a key in one order; what does not takes each key alone.
 */
final class Bulk<K, V> {

    private final Entries<K, V> entries;
    private final Backing<K, V> backing;
    private final Copying copying;
    private final Statistics statistics;
    private final Executor executor;
    private final BooleanSupplier closed;

    /** Held, shared, by what loads on its own in the executor; who closes waits for that, since it uses the loader. */
    private final ReentrantReadWriteLock loading = new ReentrantReadWriteLock();

    Bulk(
            Entries<K, V> entries,
            Backing<K, V> backing,
            Copying copying,
            Statistics statistics,
            Executor executor,
            BooleanSupplier closed) {
        this.entries = entries;
        this.backing = backing;
        this.copying = copying;
        this.statistics = statistics;
        this.executor = executor;
        this.closed = closed;
    }

    Map<K, V> getAll(Collection<? extends K> keys) {
        long began = statistics.begin();
        Map<K, V> values = new HashMap<>();
        List<K> missing = new ArrayList<>();
        for (K key : keys) {
            Stored<V> stored = entries.read(key);
            if (stored == null) {
                missing.add(copying.copy(key));
            } else {
                values.put(key, copying.copy(stored.value));
                entries.accessed(stored);
            }
        }
        long hits = values.size();
        if (backing.readThrough && !missing.isEmpty()) {
            throwIf(entries.turns.withAll(missing, () -> load(missing, false, values)));
        }
        statistics.got(began, hits, missing.size());
        return values;
    }

    void loadAll(Collection<? extends K> keys, boolean replace, @Nullable CompletionListener listener) {
        List<K> kept = new ArrayList<>(keys.size());
        keys.forEach(key -> kept.add(copying.copy(key)));
        Runnable load = () -> {
            try {
                throwIf(entries.turns.withAll(kept, () -> loadUnlessClosed(kept, replace)));
            } catch (CacheException e) {
                failed(listener, e);
                return;
            } catch (RuntimeException e) {
                failed(listener, new CacheLoaderException("load of " + kept.size() + " keys failed", e));
                return;
            }
            if (listener != null) {
                listener.onCompletion();
            }
        };
        if (backing.loader == null) {
            if (listener != null) {
                listener.onCompletion();
            }
            return;
        }
        try {
            executor.execute(load);
        } catch (RejectedExecutionException e) {
            failed(listener, new CacheLoaderException("the executor took no load of " + kept.size() + " keys", e));
        }
    }

    /** In the turns of all keys, so that who closes the cache in one of them does not wait for who waits for that turn. */
    private @Nullable CacheException loadUnlessClosed(List<K> keys, boolean replace) {
        loading.readLock().lock();
        try {
            if (closed.getAsBoolean()) {
                throw new CacheException("the cache was closed before the load of " + keys.size() + " keys began");
            }
            return load(keys, replace, null);
        } finally {
            loading.readLock().unlock();
        }
    }

    /** Waits for the loads that have begun before it was closed, unless one of them is what closes. */
    void drain() {
        if (loading.getReadHoldCount() == 0) {
            loading.writeLock().lock();
            try {
                // Whoever held it has finished, and who comes now finds the cache closed.
            } finally {
                loading.writeLock().unlock();
            }
        }
    }

    /** Whoever did not ask to be told is told by the failure itself, as far as the executor passes it on. */
    private static void failed(@Nullable CompletionListener listener, CacheException failure) {
        if (listener == null) {
            throw failure;
        }
        listener.onException(failure);
    }

    /** Loads keys, and keeps what there is. In the turns of all of them. Returns what listeners threw. */
    private @Nullable CacheException load(List<K> keys, boolean replace, @Nullable Map<K, V> values) {
        List<K> wanted = new ArrayList<>();
        for (K key : keys) {
            Stored<V> there = entries.live(key);
            if (there == null || replace) {
                wanted.add(key);
            } else if (values != null) {
                values.put(key, copying.copy(there.value));
                entries.accessed(key, there);
            }
        }
        Map<K, V> loaded = backing.loadAll(wanted);
        return each(wanted, key -> {
            V value = loaded.get(key);
            if (value != null) {
                var unused = entries.put(key, copying.copy(value), entries.live(key));
                if (values != null) {
                    values.put(key, value);
                }
            }
        });
    }

    void putAll(Map<? extends K, ? extends V> values) {
        long began = statistics.begin();
        Map<K, V> copies = new LinkedHashMap<>();
        values.forEach((key, value) -> copies.put(copying.copy(key), copying.copy(value)));
        if (!backing.writeThrough) {
            throwIf(each(copies.keySet(), key -> entries.turns.with(key, () -> put(key, copies, began))));
            return;
        }
        throwIf(entries.turns.withAll(copies.keySet(), () -> {
            Backing.Attempt<K> attempt = backing.writeAll(values);
            copies.keySet().retainAll(attempt.done());
            return first(attempt.failure(), each(copies.keySet(), key -> put(key, copies, began)));
        }));
    }

    @SuppressWarnings("NullAway") // every key asked for is one of the map's
    private boolean put(K key, Map<K, V> copies, long began) {
        boolean kept = entries.put(key, copies.get(key), entries.live(key));
        statistics.put(began, kept ? 1 : 0);
        return kept;
    }

    void removeAll(Collection<? extends K> keys) {
        long began = statistics.begin();
        if (!backing.writeThrough) {
            throwIf(each(keys, key -> entries.turns.with(key, () -> remove(key, began))));
            return;
        }
        throwIf(entries.turns.withAll(keys, () -> {
            Backing.Attempt<K> attempt = backing.deleteAll(keys);
            CacheException failed = each(attempt.done(), key -> remove(key, began));
            return first(attempt.failure(), failed);
        }));
    }

    private boolean remove(K key, long began) {
        Stored<V> before = entries.live(key);
        if (before == null) {
            return false;
        }
        entries.remove(key, before);
        statistics.removed(began, 1);
        return true;
    }

    /** Does something to each key, whatever listeners throw; returns the first of that. */
    private static <K> @Nullable CacheException each(Collection<? extends K> keys, Consumer<K> action) {
        CacheException failed = null;
        for (K key : keys) {
            try {
                action.accept(key);
            } catch (CacheEntryListenerException e) {
                failed = first(failed, e);
            }
        }
        return failed;
    }

    private static @Nullable CacheException first(@Nullable CacheException one, @Nullable CacheException other) {
        if (one != null && other != null) {
            one.addSuppressed(other);
        }
        return one == null ? other : one;
    }

    private static void throwIf(@Nullable CacheException failed) {
        if (failed != null) {
            throw failed;
        }
    }
}
