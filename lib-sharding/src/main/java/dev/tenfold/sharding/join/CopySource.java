package dev.tenfold.sharding.join;

import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The original of a {@link DenormalisedCopy}: what is read to build it anew. Thread-safe; may block; what it throws is passed
 * on. It must read what is committed, from the primary rather than a replica that lags.
 *
 * @param <K> the kind of key
 * @param <V> the kind of row
 */
public interface CopySource<K, V> {

    /**
     * A row as it stands.
     *
     * @param <K> the kind of key
     * @param <V> the kind of row
     * @param key which row
     * @param version its version
     * @param value the row; null where it was deleted and only that is known
     */
    record Row<K, V>(K key, long version, @Nullable V value) {}

    /**
     * Reads all rows, in any order. A row that changes meanwhile may be seen as before or as after.
     *
     * @param sink takes each
     */
    void scan(Consumer<? super Row<K, V>> sink);

    /**
     * Reads a row that a scan did not show.
     *
     * @param key which one
     * @return the row; with a null value and the version of its deletion where the source keeps that; empty where nothing is
     *     known of it
     */
    Optional<Row<K, V>> read(K key);
}
