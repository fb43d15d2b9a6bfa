package dev.tenfold.cache;

import org.jspecify.annotations.Nullable;

/**
 * A copy that has left its cache.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 * @param key the key
 * @param value what the copy said; null if it said that the key has no value
 * @param cause why it left
 */
public record Removal<K, V>(K key, @Nullable V value, Cause cause) {

    /** Why a copy left. */
    public enum Cause {
        /** It was invalidated or removed by its key, here or on another node. */
        EXPLICIT,
        /** A later load or a put took its place. */
        REPLACED,
        /** Its time was up. Noticed when it is next looked at, replaced or swept. */
        EXPIRED,
        /** The cache was full. */
        SIZE,
        /** One of its tags was invalidated. */
        TAG,
        /** Its key matched an invalidated prefix or predicate. */
        PREFIX,
        /** Everything was invalidated, or messages from other nodes may have been lost. */
        ALL
    }
}
