package dev.tenfold;

import dev.tenfold.session.Position;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link DataPath} announces after a write was committed.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 * @param path the name of the data path
 * @param key the key that changed
 * @param value the new value, or null where it was removed
 * @param position the position after the commit; later changes of one key carry later positions
 */
public record Change<K, V>(String path, K key, @Nullable V value, Position position) {}
