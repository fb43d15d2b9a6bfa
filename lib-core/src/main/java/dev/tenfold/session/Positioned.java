package dev.tenfold.session;

import org.jspecify.annotations.Nullable;

/**
 * A value and how much history is behind it: a mark taken before the read and one taken after it. What the value reflects
 * lies between the two.
 *
 * <ul>
 *   <li>{@code position} says what the value certainly reflects: everything up to it. A copy may be served to whoever must
 *       see no more than that.
 *   <li>{@code seen} says what the value can reflect at most: nothing beyond it. Whoever was shown the value must later be
 *       shown nothing that has not reached it, or may see time run backwards.
 * </ul>
 *
 * <p>Where a shard is written all the time the two differ, and then no copy has reached its own later mark: so {@code read}
 * tells whether a copy is the very value that was shown before, which may be shown again.
 *
 * @param <V> the kind of value
 * @param value the value
 * @param position how much history is behind it for certain; a later read may see more, never less
 * @param seen how much history may be behind it, at or after {@code position} and on the same shard
 * @param read names the read that found the value, drawn at random: what bears the same number is the same value; 0 where
 *     nobody named it, which is like no other
 */
public record Positioned<V extends @Nullable Object>(V value, Position position, Position seen, long read) {

    /**
     * Makes a value that lies between two marks, of a read without a name.
     *
     * @param value the value
     * @param position how much history is behind it for certain
     * @param seen how much history may be behind it
     */
    public Positioned(V value, Position position, Position seen) {
        this(value, position, seen, 0);
    }

    /**
     * Makes a value that reflects one position exactly, such as one just written, or whose later mark was not taken.
     *
     * @param value the value
     * @param position how much history is behind it
     */
    public Positioned(V value, Position position) {
        this(value, position, position);
    }

    /**
     * Makes a value that claims no history.
     *
     * @param <V> the kind of value
     * @param value the value
     * @return the value at {@link Position#none()}
     */
    public static <V extends @Nullable Object> Positioned<V> unplaced(V value) {
        return new Positioned<>(value, Position.none());
    }
}
