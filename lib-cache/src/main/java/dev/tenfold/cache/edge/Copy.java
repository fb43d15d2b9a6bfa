package dev.tenfold.cache.edge;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A value on its way through the network. Its age and lifetime count from the request to the origin, wherever the copy
 * is, so that passing it on never prolongs its life (RFC 9111, section 4.2.3). All times are nanoseconds.
 *
 * @param bornAt the monotonic clock when the value had age 0, which is never later than when the origin answered
 * @param fresh up to which age it is fresh, {@link Long#MAX_VALUE} for ever
 * @param stale how long it is kept after that
 * @param isShared whether anyone but the client it was fetched for may have it
 * @param isReusable whether it was ever the answer without asking the origin, so that waiting for it made sense
 */
record Copy<V>(
        @Nullable V value,
        long bornAt,
        long fresh,
        long stale,
        Set<String> tags,
        boolean isShared,
        boolean isReusable) {

    static <V> Copy<V> of(Answer<?, V> answer, long asked) {
        long fresh = nanos(answer.fresh());
        return new Copy<>(
                answer.value(),
                asked - nanos(answer.age()),
                fresh,
                nanos(answer.stale()),
                answer.tags(),
                answer.isShared(),
                answer.isShared() && fresh > 0);
    }

    Duration age(long now) {
        return Duration.ofNanos(Math.max(0, now - bornAt));
    }

    /** Returns how long it stays fresh, or negative how long it has been stale. */
    Duration freshFor(long now) {
        return Duration.ofNanos(fresh == Long.MAX_VALUE ? fresh : fresh - (now - bornAt));
    }

    boolean isFresh(long now) {
        return fresh == Long.MAX_VALUE || now - bornAt < fresh;
    }

    /** Returns how much longer it is kept; 0 or less if not at all. */
    long keptFor(long now) {
        if (!isShared) {
            return 0;
        }
        if (fresh == Long.MAX_VALUE || fresh > Long.MAX_VALUE - stale) {
            return Long.MAX_VALUE;
        }
        return Math.max(0, fresh) + stale - (now - bornAt);
    }

    /** Returns the same that is stale from now on, with all the time that it has for that. */
    Copy<V> softened(long now) {
        return isFresh(now) ? new Copy<>(value, bornAt, now - bornAt, stale, tags, isShared, isReusable) : this;
    }

    Served<V> servedBy(String edge, Served.Source source, Served.State state, long now) {
        return new Served<>(value, edge, source, age(now), state);
    }

    static long nanos(Duration duration) {
        try {
            return duration.toNanos();
        } catch (ArithmeticException beyond292Years) {
            return duration.isNegative() ? 0 : Long.MAX_VALUE;
        }
    }
}
