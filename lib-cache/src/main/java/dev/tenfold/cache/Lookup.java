package dev.tenfold.cache;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An answer of a cache and what it is worth.
 *
 * @param <V> the kind of value
 * @param value the value; null says that the key has none
 * @param state where it came from and whether its time is up
 * @param age how long ago it was read from where it lives; null where the cache keeps no times, because no option asks
 *     for them
 */
public record Lookup<V>(
        @Nullable V value, State state, @Nullable Duration age) {

    /** Where an answer came from. */
    public enum State {
        /** It was loaded for this lookup, by this caller or one it waited for. */
        LOADED,
        /** A copy within its lifetime. */
        FRESH,
        /** A copy past its lifetime: it is being loaded anew, or its load has failed. */
        STALE
    }

    /**
     * Says whether the answer is past its lifetime.
     *
     * @return true if {@link State#STALE}
     */
    public boolean isStale() {
        return state == State.STALE;
    }
}
