package dev.tenfold.cache;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/**
 * Which copies carry which tag, so that invalidating a tag costs what it drops and a hit costs nothing.
 *
 * <p>Copies are told apart by identity, so that forgetting an evicted one never forgets its successor. A copy is in the
 * index before it is in the store and leaves it after; whoever takes a tag's copies must therefore look, inside the
 * section of each key, whether the store still holds that very copy. The map of a tag is changed inside {@code
 * byTag.compute} and read only by who has removed it.
 *
 * <p><b>Memory:</b> about 60 bytes for each tag of each copy held; nothing of copies that are gone.
 */
final class TagIndex<K, V> {

    private final ConcurrentHashMap<String, Map<Copy<V>, K>> byTag = new ConcurrentHashMap<>();

    void add(K key, Copy<V> copy) {
        if (copy instanceof TrackedCopy<V> tracked) {
            for (String tag : tracked.tags) {
                byTag.compute(tag, (t, copies) -> {
                    Map<Copy<V>, K> grown = copies == null ? new HashMap<>() : copies;
                    grown.put(copy, key);
                    return grown;
                });
            }
        }
    }

    void forget(Copy<V> copy) {
        if (copy instanceof TrackedCopy<V> tracked) {
            for (String tag : tracked.tags) {
                byTag.computeIfPresent(tag, (t, copies) -> {
                    copies.remove(copy);
                    return copies.isEmpty() ? null : copies;
                });
            }
        }
    }

    /** Takes every copy of a tag off the index and shows it. */
    void take(String tag, BiConsumer<K, Copy<V>> action) {
        Map<Copy<V>, K> copies = byTag.remove(tag);
        if (copies != null) {
            copies.forEach((copy, key) -> action.accept(key, copy));
        }
    }

    int size() {
        return byTag.size();
    }
}
