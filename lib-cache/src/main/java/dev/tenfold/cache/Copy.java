package dev.tenfold.cache;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a cache holds for a key, in the least memory that its options and its loader allow: {@link PlacedCopy} and
 * {@link TrackedCopy} where something must be known of the value; of one that claims no history and knows no times, only
 * the value. This one is then made around it as it is looked at, if at all.
 */
class Copy<V> {

    final @Nullable V value;

    Copy(@Nullable V value) {
        this.value = value;
    }

    /** Makes a copy of what a table holds. */
    @SuppressWarnings("unchecked") // of a bare value this class is never a superclass
    static <V> Copy<V> of(Object held) {
        return held instanceof Copy ? (Copy<V>) held : new Copy<>((V) held);
    }

    /** Returns what a table holds of a copy that {@link #isKept}. */
    Object held() {
        return Objects.requireNonNull(value);
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
