package dev.tenfold.cache.jcache;

import javax.cache.Cache;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;

/**
 * One change of an entry, as listeners see it.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
final class EntryEvent<K, V> extends CacheEntryEvent<K, V> {

    private static final long serialVersionUID = 1;

    private final transient K key;
    private final transient V value;
    private final transient @Nullable V before;

    /**
     * Describes a change.
     *
     * @param value what it holds now; of a removal or an expiry, what it held last
     * @param before what it held before, or null
     */
    EntryEvent(Cache<K, V> source, EventType type, K key, V value, @Nullable V before) {
        super(source, type);
        this.key = key;
        this.value = value;
        this.before = before;
    }

    @Override
    public K getKey() {
        return key;
    }

    @Override
    public V getValue() {
        return value;
    }

    @Override
    public @Nullable V getOldValue() {
        return before;
    }

    @Override
    public boolean isOldValueAvailable() {
        return before != null;
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        return Unwrapping.as(this, type);
    }

    @Override
    public String toString() {
        return getEventType() + "[" + key + ", " + before + " -> " + value + "]";
    }
}
