package dev.tenfold.cache;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
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

    /**
     * Reads a value without blocking.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     */
    @FunctionalInterface
    interface Async<K, V> {

        /**
         * Begins to read the value of a key.
         *
         * @param key the key
         * @return completes with the value, or null if there is none
         * @throws Exception if reading cannot begin
         */
        CompletionStage<? extends @Nullable V> load(K key) throws Exception;
    }

    /**
     * Reads several values at once.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     */
    @FunctionalInterface
    interface Bulk<K, V> {

        /**
         * Reads the values of some keys. What it throws fails all of them.
         *
         * @param keys at least one, at most as many as a batch may have
         * @return the values by key; a key left out has no value, a key not asked for is ignored
         * @throws Exception if the values cannot be read
         */
        Map<? extends K, ? extends V> loadAll(Set<K> keys) throws Exception;
    }
}
