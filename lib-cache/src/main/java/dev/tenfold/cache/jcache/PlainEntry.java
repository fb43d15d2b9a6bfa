package dev.tenfold.cache.jcache;

import javax.cache.Cache;

/** A key and its value, on the way to a writer or to who iterates. */
record PlainEntry<K, V>(K key, V value) implements Cache.Entry<K, V> {

    @Override
    public K getKey() {
        return key;
    }

    @Override
    public V getValue() {
        return value;
    }

    @Override
    public <T> T unwrap(Class<T> type) {
        return Unwrapping.as(this, type);
    }
}
