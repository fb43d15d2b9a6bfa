package dev.tenfold.cache.write;

import dev.tenfold.cache.Writer;
import dev.tenfold.error.CallFailedException;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Changes the store on the caller's thread, before the cache. Give it to {@code CacheBuilder.writer}.
 *
 * <p>Thread-safe. Two callers who put the same key at the same time may reach the store in one order and the cache in the
 * other; where that can happen, invalidate instead of putting, or use {@link WriteBehind}, which keeps the order of a key.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class WriteThrough<K, V> implements Writer<K, V> {

    private final StoreWriter<K, V> store;

    private WriteThrough(StoreWriter<K, V> store) {
        this.store = Objects.requireNonNull(store, "store");
    }

    /**
     * Writes through to a store.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param store the store
     * @return a writer
     */
    public static <K, V> WriteThrough<K, V> to(StoreWriter<K, V> store) {
        return new WriteThrough<>(store);
    }

    /**
     * {@inheritDoc}
     *
     * @throws CallFailedException if the store threw a checked exception
     */
    @Override
    public void write(K key, @Nullable V value) {
        try {
            if (value == null) {
                store.removeAll(Set.of(key));
            } else {
                store.writeAll(Map.of(key, value));
            }
        } catch (Exception e) {
            throw CallFailedException.unchecked("write of key " + key, e);
        }
    }
}
