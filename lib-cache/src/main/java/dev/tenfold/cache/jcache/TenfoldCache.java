package dev.tenfold.cache.jcache;

import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.integration.CompletionListener;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;

/**
 * The standard's interface: looks at arguments, copies, counts, and orders the parts as the specification wants them. Every
 * change happens in the turn of its key, the store behind first, then the entry, then the listeners.
 */
final class TenfoldCache<K, V> implements Cache<K, V>, Measured {

    private final Lifecycle<K, V> lifecycle;
    private final Entries<K, V> entries;
    private final Backing<K, V> backing;
    private final Copying copying;
    private final Statistics statistics;
    private final Bulk<K, V> bulk;

    TenfoldCache(TenfoldCacheBuilder<K, V> b) {
        copying = b.copying;
        lifecycle = new Lifecycle<>(this, b);
        entries = lifecycle.entries();
        backing = lifecycle.backing();
        statistics = lifecycle.statistics();
        bulk = new Bulk<>(entries, backing, copying, statistics, b.executor, lifecycle::isClosed);
    }

    @Override
    public @Nullable V get(K key) {
        require(key);
        long began = statistics.begin();
        Stored<V> stored = entries.read(key);
        if (stored != null) {
            V value = copying.copy(stored.value);
            entries.accessed(stored);
            statistics.got(began, true);
            return value;
        }
        V loaded = backing.readThrough ? load(key) : null;
        statistics.got(began, false);
        return loaded;
    }

    /** Loads in the turn; who waited for another's load finds what it has left. */
    private @Nullable V load(K key) {
        K kept = copying.copy(key);
        return inTurn(kept, () -> {
            Stored<V> there = entries.live(kept);
            if (there != null) {
                entries.accessed(kept, there);
                return copying.copy(there.value);
            }
            V value = backing.load(key);
            if (value != null) {
                var unused = entries.put(kept, copying.copy(value), null);
            }
            return value;
        });
    }

    @Override
    public Map<K, V> getAll(Set<? extends K> keys) {
        requireAll(keys);
        return bulk.getAll(keys);
    }

    @Override
    public boolean containsKey(K key) {
        require(key);
        return entries.peek(key) != null;
    }

    @Override
    public void loadAll(
            Set<? extends K> keys, boolean replaceExistingValues, @Nullable CompletionListener completionListener) {
        requireAll(keys);
        bulk.loadAll(keys, replaceExistingValues, completionListener);
    }

    @Override
    public void put(K key, V value) {
        require(key, value);
        long began = statistics.begin();
        var unused = swap(key, value, began);
    }

    @Override
    public @Nullable V getAndPut(K key, V value) {
        require(key, value);
        long began = statistics.begin();
        Stored<V> before = swap(key, value, began);
        statistics.got(began, before != null);
        return valueOf(before);
    }

    private @Nullable Stored<V> swap(K key, V value, long began) {
        K kept = copying.copy(key);
        V copy = copying.copy(value);
        return inTurn(kept, () -> {
            Stored<V> before = entries.live(kept);
            set(key, value, kept, copy, before, began);
            return before;
        });
    }

    /** Writes to the store behind, then here. In the turn. */
    private void set(K key, V value, K kept, V copy, @Nullable Stored<V> before, long began) {
        backing.write(key, value);
        if (entries.put(kept, copy, before)) {
            statistics.put(began, 1);
        }
    }

    @Override
    public void putAll(Map<? extends K, ? extends V> map) {
        requireOpen();
        map.forEach(TenfoldCache::requireNonNull);
        bulk.putAll(map);
    }

    @Override
    public boolean putIfAbsent(K key, V value) {
        require(key, value);
        long began = statistics.begin();
        K kept = copying.copy(key);
        V copy = copying.copy(value);
        boolean absent = inTurn(kept, () -> {
            if (entries.live(kept) != null) {
                return false;
            }
            set(key, value, kept, copy, null, began);
            return true;
        });
        statistics.got(began, !absent);
        return absent;
    }

    @Override
    public boolean remove(K key) {
        require(key);
        long began = statistics.begin();
        return take(key, began) != null;
    }

    @Override
    public @Nullable V getAndRemove(K key) {
        require(key);
        long began = statistics.begin();
        Stored<V> before = take(key, began);
        statistics.got(began, before != null);
        return valueOf(before);
    }

    private @Nullable Stored<V> take(K key, long began) {
        return inTurn(key, () -> {
            backing.delete(key);
            Stored<V> before = entries.live(key);
            if (before != null) {
                drop(key, before, began);
            }
            return before;
        });
    }

    private void drop(K key, Stored<V> before, long began) {
        entries.remove(key, before);
        statistics.removed(began, 1);
    }

    @Override
    public boolean remove(K key, V oldValue) {
        require(key, oldValue);
        long began = statistics.begin();
        return ifEqual(key, oldValue, began, before -> {
            backing.delete(key);
            drop(key, before, began);
        });
    }

    @Override
    public boolean replace(K key, V oldValue, V newValue) {
        require(key, oldValue);
        Objects.requireNonNull(newValue, "newValue");
        long began = statistics.begin();
        K kept = copying.copy(key);
        V copy = copying.copy(newValue);
        return ifEqual(kept, oldValue, began, before -> set(key, newValue, kept, copy, before, began));
    }

    /** Changes an entry if it has a value; if it has another, that was an access. */
    private boolean ifEqual(K key, V expected, long began, Consumer<Stored<V>> change) {
        boolean[] present = new boolean[1];
        boolean equal = inTurn(key, () -> {
            Stored<V> before = entries.live(key);
            present[0] = before != null;
            if (before == null) {
                return false;
            }
            if (!before.value.equals(expected)) {
                entries.accessed(key, before);
                return false;
            }
            change.accept(before);
            return true;
        });
        statistics.got(began, present[0]);
        return equal;
    }

    @Override
    public boolean replace(K key, V value) {
        return getAndReplace(key, value) != null;
    }

    @Override
    public @Nullable V getAndReplace(K key, V value) {
        require(key, value);
        long began = statistics.begin();
        K kept = copying.copy(key);
        V copy = copying.copy(value);
        Stored<V> replaced = inTurn(kept, () -> {
            Stored<V> before = entries.live(kept);
            if (before != null) {
                set(key, value, kept, copy, before, began);
            }
            return before;
        });
        statistics.got(began, replaced != null);
        return valueOf(replaced);
    }

    @Override
    public void removeAll(Set<? extends K> keys) {
        requireAll(keys);
        bulk.removeAll(keys);
    }

    @Override
    public void removeAll() {
        requireOpen();
        bulk.removeAll(entries.keys());
    }

    @Override
    public void clear() {
        requireOpen();
        entries.clear();
    }

    @Override
    public <T> @Nullable T invoke(K key, EntryProcessor<K, V, T> processor, @Nullable Object... arguments) {
        require(key);
        Objects.requireNonNull(processor, "processor");
        long began = statistics.begin();
        K kept = copying.copy(key);
        return inTurn(kept, () -> {
            Stored<V> before = entries.live(kept);
            statistics.got(began, before != null);
            ProcessedEntry<K, V> entry = new ProcessedEntry<>(key, before, entries, backing, copying);
            T result;
            try {
                result = processor.process(entry, arguments);
            } catch (EntryProcessorException e) {
                throw e;
            } catch (RuntimeException e) {
                throw new EntryProcessorException("entry processor failed on key " + key, e);
            }
            entry.settle(kept, statistics, began);
            return result;
        });
    }

    @Override
    public <T> Map<K, EntryProcessorResult<T>> invokeAll(
            Set<? extends K> keys, EntryProcessor<K, V, T> processor, @Nullable Object... arguments) {
        requireAll(keys);
        Objects.requireNonNull(processor, "processor");
        Map<K, EntryProcessorResult<T>> results = new HashMap<>();
        for (K key : keys) {
            try {
                T result = invoke(key, processor, arguments);
                if (result != null) {
                    results.put(key, () -> result);
                }
            } catch (RuntimeException e) {
                EntryProcessorException failed = e instanceof EntryProcessorException already
                        ? already
                        : new EntryProcessorException("entry processor failed on key " + key, e);
                results.put(key, () -> {
                    throw failed;
                });
            }
        }
        return results;
    }

    @Override
    public Iterator<Entry<K, V>> iterator() {
        requireOpen();
        Predicate<K> removal = this::remove;
        return new EntryIterator<>(entries, copying, statistics, removal);
    }

    @Override
    public <C extends Configuration<K, V>> C getConfiguration(Class<C> type) {
        return Unwrapping.as(lifecycle.configuration(), type);
    }

    @Override
    public String getName() {
        return lifecycle.name();
    }

    @Override
    public CacheManager getCacheManager() {
        return lifecycle.manager();
    }

    @Override
    public void close() {
        lifecycle.close(bulk::drain);
    }

    @Override
    public boolean isClosed() {
        return lifecycle.isClosed();
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        return Unwrapping.as(this, type);
    }

    @Override
    public void registerCacheEntryListener(CacheEntryListenerConfiguration<K, V> configuration) {
        requireOpen();
        lifecycle.register(configuration);
    }

    @Override
    public void deregisterCacheEntryListener(CacheEntryListenerConfiguration<K, V> configuration) {
        requireOpen();
        lifecycle.deregister(configuration);
    }

    @Override
    public List<Measurement> measurements() {
        return statistics.measurements(getName());
    }

    Lifecycle<K, V> lifecycle() {
        return lifecycle;
    }

    @Override
    public String toString() {
        return "TenfoldCache[" + getName() + (isClosed() ? ", closed]" : "]");
    }

    private <T extends @Nullable Object> T inTurn(K key, Supplier<T> work) {
        return entries.turns.with(key, work);
    }

    private @Nullable V valueOf(@Nullable Stored<V> stored) {
        return stored == null ? null : copying.copy(stored.value);
    }

    private void requireOpen() {
        lifecycle.requireOpen();
    }

    private void require(K key) {
        requireOpen();
        Objects.requireNonNull(key, "key");
    }

    private void require(K key, V value) {
        requireOpen();
        requireNonNull(key, value);
    }

    private void requireAll(Collection<? extends K> keys) {
        requireOpen();
        keys.forEach(key -> Objects.requireNonNull(key, "key"));
    }

    private static void requireNonNull(Object key, Object value) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(value, "value");
    }
}
