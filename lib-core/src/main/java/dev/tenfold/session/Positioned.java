package dev.tenfold.session;

import org.jspecify.annotations.Nullable;

/**
 * A value and the position it was read or written at.
 *
 * @param <V> the kind of value
 * @param value the value
 * @param position how much history is behind it; a later read may see more, never less
 */
public record Positioned<V extends @Nullable Object>(V value, Position position) {

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
