package dev.tenfold.cache;

import org.jspecify.annotations.Nullable;

/**
 * Changes the store behind a cache when the cache is changed: {@link Cache#put}, {@link Cache#remove} and the map view.
 * {@code dev.tenfold.cache.write} has one that writes at once and one that writes later, in batches.
 *
 * <p>Implementations are thread-safe.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public interface Writer<K, V> extends AutoCloseable {

    /**
     * Writes a value, or takes it over to be written.
     *
     * @param key the key
     * @param value the value; null removes it
     * @throws RuntimeException if it was not; the cache is then not changed, and drops its copy
     */
    void write(K key, @Nullable V value);

    /**
     * Returns what was taken over for a key and is not yet in the store, so that a load does not read past it.
     *
     * @param key the key
     * @return what waits to be written, or null if nothing does
     */
    default @Nullable Pending<V> pending(K key) {
        return null;
    }

    /** Writes what waits, as far as it can, and stops. Called as the cache is closed. */
    @Override
    default void close() {}

    /**
     * A change that is on its way to the store.
     *
     * @param <V> the kind of value
     * @param value the value; null where it is removed
     */
    record Pending<V>(@Nullable V value) {}
}
