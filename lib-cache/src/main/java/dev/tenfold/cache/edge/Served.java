package dev.tenfold.cache.edge;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the network, and where it came from.
 *
 * @param <V> the kind of value
 * @param value the value, or null if the origin has none
 * @param edge the edge that answered the client; empty if none was up and the origin was asked directly
 * @param source where that edge got it from for this request
 * @param age how long ago the origin said it, as in the Age header of RFC 9111; never negative
 * @param state whether it is as the origin wants it
 */
public record Served<V>(@Nullable V value, String edge, Source source, Duration age, State state) {

    /** Where an edge got an answer from. */
    public enum Source {
        /** It had a copy. */
        EDGE,
        /** It took a copy from a neighbouring edge. */
        NEIGHBOUR,
        /** It took a copy from the edge that shields the origin. */
        SHIELD,
        /** It asked the origin, or waited for a request to the origin that was under way. */
        ORIGIN
    }

    /** How an answer stands to its lifetime. */
    public enum State {
        /** Within it. */
        FRESH,
        /** Past it, and being fetched again meanwhile. */
        REVALIDATING,
        /** Past it: the origin failed, or the client said it does not mind. */
        STALE
    }
}
