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
 * @param age how long ago the origin was asked for it, as in the Age header of RFC 9111; never negative
 */
public record Served<V>(@Nullable V value, String edge, Source source, Duration age) {

    /** Where an edge got an answer from. */
    public enum Source {
        /** It had a copy. */
        EDGE,
        /** It took a copy from a neighbouring edge. */
        NEIGHBOUR,
        /** It asked the origin, or waited for a request to the origin that was under way. */
        ORIGIN
    }
}
