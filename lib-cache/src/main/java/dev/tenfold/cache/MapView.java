package dev.tenfold.cache;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The copies within their lifetime that have a value, as a map. Each conditional change is one step in the key's section;
 * what {@link ConcurrentMap} builds on them ({@code compute}, {@code merge}) is a loop of such steps.
 */
final class MapView<K, V> extends AbstractMap<K, V> implements ConcurrentMap<K, V> {

    private final Cache<K, V> cache;
    private final Store<K, V> store;
    private final Copies<K, V> copies;
    private final Changing<K, V> changing;

    MapView(Cache<K, V> cache, CacheParts<K, V> parts, Changing<K, V> changing) {
        this.cache = cache;
        this.changing = changing;
        store = parts.store();
        copies = parts.copies();
    }

    @Override
    @SuppressWarnings("unchecked") // a key of another kind equals none
    public @Nullable V get(@Nullable Object key) {
        return cache.getIfPresent((K) Objects.requireNonNull(key));
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return valueOf(peek(key)) != null;
    }

    @Override
    public boolean containsValue(@Nullable Object value) {
        Objects.requireNonNull(value);
        return super.containsValue(value);
    }

    @Override
    public @Nullable V put(K key, V value) {
        return valueOf(changing.change(key, there -> true, Objects.requireNonNull(value)));
    }

    @Override
    public @Nullable V putIfAbsent(K key, V value) {
        return valueOf(changing.change(key, there -> valueOf(there) == null, Objects.requireNonNull(value)));
    }

    @Override
    public @Nullable V replace(K key, V value) {
        return valueOf(changing.change(key, there -> valueOf(there) != null, Objects.requireNonNull(value)));
    }

    @Override
    public boolean replace(K key, V expected, V value) {
        Objects.requireNonNull(value);
        return changeIf(key, Objects.requireNonNull(expected), value);
    }

    @Override
    @SuppressWarnings("unchecked") // a key of another kind equals none
    public @Nullable V remove(@Nullable Object key) {
        return valueOf(changing.change((K) Objects.requireNonNull(key), there -> true, null));
    }

    @Override
    @SuppressWarnings("unchecked") // a key of another kind equals none
    public boolean remove(@Nullable Object key, @Nullable Object expected) {
        Objects.requireNonNull(key);
        return expected != null && changeIf((K) key, expected, null);
    }

    private boolean changeIf(K key, Object expected, @Nullable V next) {
        boolean[] met = new boolean[1];
        changing.change(
                key,
                there -> {
                    met[0] = expected.equals(valueOf(there));
                    return met[0];
                },
                next);
        return met[0];
    }

    /** Removes each key; what others write meanwhile may stay. */
    @Override
    public void clear() {
        entries().forEach(entry -> remove(entry.getKey()));
    }

    @Override
    public int size() {
        return entries().size();
    }

    @Override
    public boolean isEmpty() {
        return entries().isEmpty();
    }

    @Override
    public Set<Map.Entry<K, V>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Map.Entry<K, V>> iterator() {
                return new Entries(entries().iterator());
            }

            @Override
            public int size() {
                return MapView.this.size();
            }

            @Override
            public boolean contains(@Nullable Object candidate) {
                return candidate instanceof Map.Entry<?, ?> entry
                        && entry.getKey() != null
                        && entry.getValue() != null
                        && entry.getValue().equals(valueOf(peek(entry.getKey())));
            }

            @Override
            public boolean remove(@Nullable Object candidate) {
                return candidate instanceof Map.Entry<?, ?> entry
                        && entry.getKey() != null
                        && MapView.this.remove(entry.getKey(), entry.getValue());
            }

            @Override
            public boolean removeIf(Predicate<? super Map.Entry<K, V>> filter) {
                boolean removed = false;
                for (Map.Entry<K, V> entry : entries()) {
                    removed |= filter.test(entry) && MapView.this.remove(entry.getKey(), entry.getValue());
                }
                return removed;
            }

            @Override
            public void clear() {
                MapView.this.clear();
            }
        };
    }

    @SuppressWarnings("unchecked") // a key of another kind equals none
    private @Nullable Copy<V> peek(@Nullable Object key) {
        return store.peekFresh((K) Objects.requireNonNull(key));
    }

    private static <V> @Nullable V valueOf(@Nullable Copy<V> copy) {
        return copy == null ? null : copy.value;
    }

    private List<Map.Entry<K, V>> entries() {
        long now = copies.now();
        List<Map.Entry<K, V>> entries = new ArrayList<>();
        store.forEach((key, copy) -> {
            V value = copy.value;
            if (value != null && store.isFresh(copy, now)) {
                entries.add(Map.entry(key, value));
            }
        });
        return entries;
    }

    /** Goes over a snapshot, and changes the cache. */
    private final class Entries implements Iterator<Map.Entry<K, V>> {

        private final Iterator<Map.Entry<K, V>> snapshot;
        private @Nullable K last;

        Entries(Iterator<Map.Entry<K, V>> snapshot) {
            this.snapshot = snapshot;
        }

        @Override
        public boolean hasNext() {
            return snapshot.hasNext();
        }

        @Override
        public Map.Entry<K, V> next() {
            Map.Entry<K, V> entry = snapshot.next();
            last = entry.getKey();
            return new WriteThroughEntry(entry);
        }

        @Override
        public void remove() {
            K key = last;
            if (key == null) {
                throw new IllegalStateException("remove() without next()");
            }
            last = null;
            var unused = MapView.this.remove(key);
        }
    }

    private final class WriteThroughEntry extends SimpleEntry<K, V> {

        private static final long serialVersionUID = 1;

        WriteThroughEntry(Map.Entry<K, V> entry) {
            super(entry);
        }

        @Override
        public V setValue(V value) {
            var unused = MapView.this.put(getKey(), value);
            return super.setValue(value);
        }
    }
}
