package dev.tenfold.cache;

import org.jspecify.annotations.Nullable;

/**
 * Reads a value from where it lives. Must be safe to call from several threads, for different keys at once; it may block.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
@FunctionalInterface
public interface Loader<K, V> {

    /**
     * Reads the value of a key. It must not ask the cache it loads for, on the same thread, for the same key.
     *
     * @param key the key
     * @return the value, or null if there is none
     * @throws Exception if the value cannot be read; an unchecked one reaches the callers as it is, a checked one inside a
     *     {@link dev.tenfold.error.CallFailedException}
     */
    @Nullable
    V load(K key) throws Exception;
}
