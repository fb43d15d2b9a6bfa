package dev.tenfold.cache;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import org.jspecify.annotations.Nullable;

/** A copy with a position. The answer is the very object handed out, so that a hit allocates nothing. */
final class PlacedCopy<V> extends Copy<V> {

    private final Positioned<@Nullable V> answer;

    PlacedCopy(Positioned<@Nullable V> answer) {
        super(answer.value());
        this.answer = answer;
    }

    @Override
    Object held() {
        return this;
    }

    @Override
    Positioned<@Nullable V> answer() {
        return answer;
    }

    @Override
    Position position() {
        return answer.position();
    }
}
