package dev.tenfold.cache.write;

import java.util.Map;
import java.util.Set;

/**
 * Changes the store behind a cache. Must be safe to call from several threads for different keys; it may block. Repeating
 * a call must do no harm: what failed is tried again, though the store may have carried it out.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public interface StoreWriter<K, V> {

    /**
     * Writes values, best in one transaction.
     *
     * @param values by key, at least one
     * @throws Exception if they were not all written
     */
    void writeAll(Map<K, V> values) throws Exception;

    /**
     * Removes keys, best in one transaction.
     *
     * @param keys at least one
     * @throws Exception if they were not all removed
     */
    void removeAll(Set<K> keys) throws Exception;
}
