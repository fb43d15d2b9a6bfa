package dev.tenfold.cache.edge;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A value on its way through the network. Its age and lifetime count from the request to the origin, wherever the copy
 * is, so that passing it on never prolongs its life (RFC 9111, section 4.2.3).
 *
 * @param bornAt the monotonic clock when the origin was asked, which is never later than when it answered
 * @param lifetime nanoseconds from then on, {@link Long#MAX_VALUE} for ever, 0 or less for one client only
 */
record Copy<V>(@Nullable V value, Served.Source source, long bornAt, long lifetime) {

    /** Returns whether anyone but the client it was fetched for may have it. */
    boolean isShareable() {
        return lifetime > 0;
    }

    Copy<V> passedOn() {
        return new Copy<>(value, Served.Source.NEIGHBOUR, bornAt, lifetime);
    }

    /** Returns how long an edge may keep it; an absence is passed through and not kept. */
    Duration remaining(long now) {
        if (value == null) {
            return Duration.ZERO;
        }
        return Duration.ofNanos(lifetime == Long.MAX_VALUE ? lifetime : lifetime - (now - bornAt));
    }

    Served<V> servedBy(String edge, Served.Source source, long now) {
        return new Served<>(value, edge, source, Duration.ofNanos(Math.max(0, now - bornAt)));
    }
}
