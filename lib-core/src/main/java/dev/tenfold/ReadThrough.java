package dev.tenfold;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Answers from a store of copies and loads what is missing or too old. A cache is one.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
@FunctionalInterface
public interface ReadThrough<K, V> {

    /**
     * Returns the value of a key as of some position or later.
     *
     * <p>A copy is used only if its position {@linkplain Position#covers covers} {@code minimum}; otherwise it is a miss.
     * Of concurrent misses on a key one loads and the rest wait, except those whose minimum its result does not cover,
     * which load again. What was loaded is kept with its position, but only if no {@linkplain Invalidation invalidation}
     * of the key began since the load did. Both marks of the position are kept and returned as they were loaded.
     *
     * @param key the key
     * @param minimum what the answer must have seen; a copy of another shard than the minimum's is a miss
     * @param load reads the value from where it lives, with the position it was read at; a null value means absent
     * @return the value and its position; a null value means absent
     */
    Positioned<@Nullable V> get(K key, Position minimum, Function<? super K, Positioned<@Nullable V>> load);
}
