package dev.tenfold.cache;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import org.jspecify.annotations.Nullable;

/** What a cache holds for a key. The answer is the very object handed out, so that a hit allocates nothing. */
class Copy<V> {

    final Positioned<@Nullable V> answer;

    Copy(Positioned<@Nullable V> answer) {
        this.answer = answer;
    }

    final @Nullable V value() {
        return answer.value();
    }

    final boolean covers(Position minimum) {
        return answer.position().covers(minimum);
    }

    /** Says whether it is worth keeping: not an absence that nobody wants remembered, not without time to live. */
    boolean isKept() {
        return answer.value() != null;
    }
}
