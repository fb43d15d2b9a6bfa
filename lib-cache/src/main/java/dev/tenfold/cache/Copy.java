package dev.tenfold.cache;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import org.jspecify.annotations.Nullable;

/**
 * What a cache holds for a key, in the least memory that its options and its loader allow: this one of a value that claims
 * no history and knows no times, {@link PlacedCopy} and {@link TrackedCopy} of the others.
 */
class Copy<V> {

    final @Nullable V value;

    Copy(@Nullable V value) {
        this.value = value;
    }

    /** Returns the value and its position. Where it has a position, this is the object it was loaded with. */
    Positioned<@Nullable V> answer() {
        return Copies.unplaced(value);
    }

    Position position() {
        return Position.none();
    }

    final boolean covers(Position minimum) {
        return minimum.isNone() || position().covers(minimum);
    }

    /** Says whether it is worth keeping: not an absence that nobody wants remembered, not without time to live. */
    boolean isKept() {
        return value != null;
    }
}
