package dev.tenfold.sharding.join;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link DenormalisedCopy} is kept. Thread-safe; may block; what it throws is passed on.
 *
 * <p>In PostgreSQL, with a column for the version and {@code null} in the others for a row that was deleted:
 *
 * <pre>{@code
 * WITH old AS (SELECT version FROM user_name WHERE id = ?),
 * written AS (INSERT INTO user_name AS copy (id, version, name) VALUES (?, ?, ?)
 *   ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name
 *   WHERE copy.version < excluded.version)
 * SELECT coalesce((SELECT version FROM old), 0)
 * }</pre>
 *
 * <p>Where two put one key at once, the second may return there what stood before the first: it then counts a gap that is
 * none, and writes the right row nevertheless.
 *
 * @param <K> the kind of key
 * @param <V> the kind of row
 */
public interface CopyStore<K, V> {

    /**
     * Writes a row if it is newer than the copy: compares and writes in one step.
     *
     * @param key which row
     * @param version its version
     * @param value the row; null to keep only that it was deleted at this version
     * @return the version the copy had before, whether written or not; 0 if it had none
     */
    long put(K key, long version, @Nullable V value);

    /**
     * Makes a row a deleted one, keeping its version, if it still has that version.
     *
     * @param key which row
     * @param version the version it had
     * @return false if it has another one; nothing changed
     */
    boolean delete(K key, long version);

    /**
     * Lists the rows whose value is there, deleted ones left out.
     *
     * @param sink takes each key and its version
     */
    void keys(BiConsumer<? super K, ? super Long> sink);
}
