package dev.tenfold.cache.edge;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is to be dropped, or marked stale.
 *
 * @param key the one key it is about, or null if it is about several
 * @param keys which keys it is about
 * @param tag the tag a copy must have, or null if any copy of those keys is meant
 * @param isSoft whether copies are marked stale instead of dropped
 */
record Purge<K>(
        @Nullable K key,
        Predicate<? super K> keys,
        @Nullable String tag,
        boolean isSoft) {

    static <K> Purge<K> ofKey(K key, boolean soft) {
        return new Purge<>(key, key::equals, null, soft);
    }

    static <K> Purge<K> ofKeys(Predicate<? super K> keys, boolean soft) {
        return new Purge<>(null, keys, null, soft);
    }

    static <K> Purge<K> ofTag(String tag, boolean soft) {
        return new Purge<>(null, key -> true, tag, soft);
    }

    /** Returns whether what is fetched for a key could be meant; its tags are not known before it is there. */
    boolean mayConcern(K asked) {
        return keys.test(asked);
    }

    boolean concerns(K asked, Copy<?> copy) {
        return keys.test(asked) && (tag == null || copy.tags().contains(tag));
    }
}
