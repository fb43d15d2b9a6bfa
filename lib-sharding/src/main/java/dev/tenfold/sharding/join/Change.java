package dev.tenfold.sharding.join;

import org.jspecify.annotations.Nullable;

/**
 * What is announced of a row that changed: all of it, as it stands after the change.
 *
 * @param <K> the kind of key
 * @param <V> the kind of row
 * @param key which row
 * @param previous the version it had before; 0 where it was not there, and never had been
 * @param version the version it has now: higher with each change of the row, also when it is deleted and made again
 * @param value the row; null where it was deleted
 */
public record Change<K, V>(
        K key, long previous, long version, @Nullable V value) {

    /**
     * Checks the versions.
     *
     * @throws IllegalArgumentException if they do not rise, or are negative
     */
    public Change {
        if (previous < 0 || version <= previous) {
            throw new IllegalArgumentException(
                    "change of " + key + ": version " + version + " after " + previous + " (expected: rising, from 0)");
        }
    }
}
