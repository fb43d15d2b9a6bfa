package dev.tenfold;

/**
 * Drops copies of what has changed.
 *
 * @param <K> the kind of key
 */
@FunctionalInterface
public interface Invalidation<K> {

    /**
     * Drops the copy of a key. When this returns, no copy that was loaded before is served, nor will a load that is under
     * way leave one.
     *
     * @param key the key that changed
     */
    void invalidate(K key);
}
