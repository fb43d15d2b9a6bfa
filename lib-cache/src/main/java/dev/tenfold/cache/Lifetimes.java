package dev.tenfold.cache;

import java.time.Duration;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The rules of time: how long a copy is fresh, and what it is good for at its age. Immutable but for {@link #cap}.
 *
 * <pre>
 *   written            refresh ahead      lifetime          + while revalidating    + if error
 *      |----- FRESH ---------|----- DUE -----|------- STALE ---------|--- LAST_RESORT ---|  GONE
 * </pre>
 *
 * <p>The stale windows both begin at the end of the lifetime (RFC 5861, sections 3 and 4). Ages are differences of the
 * monotonic clock, so that it may wrap.
 */
final class Lifetimes<K, V> {

    /** What a copy is good for; each good for less than the one before. */
    enum Age {
        /** Answers. */
        FRESH,
        /** Answers, and is to be loaded anew meanwhile. */
        DUE,
        /** Answers though its time is up, and is to be loaded anew meanwhile. */
        STALE,
        /** Answers only when a load has failed. */
        LAST_RESORT,
        /** Answers no more. */
        GONE
    }

    /** Lives until evicted or invalidated. */
    static final long UNLIMITED = Long.MAX_VALUE;

    /** Beyond this many times its load's length before the end, early refresh is less likely than 2^-53. */
    private static final double FARTHEST_DRAW = 37;

    private final @Nullable BiFunction<? super K, ? super V, Duration> perEntry;
    private final long fixed;
    private final long negative;
    private final double jitter;
    private final long idle;
    private final long whileRevalidating;
    private final long ifError;
    private final double refreshAhead;
    private final double beta;
    private final RandomGenerator random;

    /** While messages from other nodes may be lost, no copy is made to live longer. Written by the subscription. */
    private volatile long cap = UNLIMITED;

    Lifetimes(CacheOptions<K, V> b) {
        perEntry = b.expireEach;
        fixed = nanos(b.expireAfterWrite, UNLIMITED);
        negative = nanos(b.negativeTtl, 0);
        jitter = b.jitter;
        idle = nanos(b.expireAfterAccess, UNLIMITED);
        whileRevalidating = nanos(b.staleWhileRevalidate, 0);
        ifError = Math.max(whileRevalidating, nanos(b.staleIfError, 0));
        refreshAhead = b.refreshAhead;
        beta = b.earlyRefresh;
        random = b.random;
    }

    /** Returns whether any copy can age. */
    boolean areLimited() {
        return perEntry != null || fixed != UNLIMITED || negative != 0 || idle != UNLIMITED;
    }

    /** Returns whether a copy past its time may still answer when a load has failed. */
    boolean canSurviveErrors() {
        return ifError > 0;
    }

    /** Returns a lifetime in nanoseconds; 0 or less means that the copy is not kept. Calls the user's function. */
    long draw(K key, @Nullable V value) {
        long longest;
        if (value == null) {
            longest = negative;
        } else {
            longest = perEntry == null ? fixed : nanos(perEntry.apply(key, value), UNLIMITED);
        }
        if (jitter != 0 && longest != UNLIMITED) {
            longest -= (long) (longest * jitter * random.nextDouble());
        }
        return Math.min(longest, cap);
    }

    /**
     * Says whether one copy was read enough later than another to take its place without a load. Ages that came from
     * another node are off by what the way took, hence by a share of the lifetime.
     */
    boolean isNews(Copy<V> copy, Copy<V> before) {
        return copy instanceof TrackedCopy<V> one
                && before instanceof TrackedCopy<V> other
                && one.written - other.written > other.lifetime / 20;
    }

    /** Limits every lifetime drawn from now on. */
    void cap(long nanos) {
        cap = nanos;
    }

    long cap() {
        return cap;
    }

    Age of(TrackedCopy<V> copy, long now) {
        if (idle != UNLIMITED && now - copy.used() >= idle) {
            return Age.GONE;
        }
        // A sweep reads the clock once and may meet copies written since; without a limit, a negative age would
        // overflow.
        long left = copy.lifetime - Math.max(0, now - copy.written);
        if (left > 0) {
            return isDue(copy, left) ? Age.DUE : Age.FRESH;
        }
        if (-left < whileRevalidating) {
            return Age.STALE;
        }
        return -left < ifError ? Age.LAST_RESORT : Age.GONE;
    }

    /** Returns whether it is within its lifetime, without drawing. */
    boolean isFresh(TrackedCopy<V> copy, long now) {
        return now - copy.written < copy.lifetime && (idle == UNLIMITED || now - copy.used() < idle);
    }

    /** Notes a use, where uses count. */
    void use(TrackedCopy<V> copy, long now) {
        if (idle != UNLIMITED) {
            copy.use(now);
        }
    }

    /**
     * XFetch: A. Vattani, F. Chierichetti, K. Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015:
     * refresh when now - delta * beta * ln(rand) >= expiry, with delta the time a load takes.
     */
    private boolean isDue(TrackedCopy<V> copy, long left) {
        if (copy.lifetime == UNLIMITED) {
            return false;
        }
        if (refreshAhead < 1 && copy.lifetime - left >= copy.lifetime * refreshAhead) {
            return true;
        }
        double reach = beta * copy.loadNanos;
        return left < reach * FARTHEST_DRAW && -reach * Math.log(1 - random.nextDouble()) >= left;
    }

    static long nanos(@Nullable Duration duration, long unset) {
        if (duration == null) {
            return unset;
        }
        try {
            return duration.toNanos();
        } catch (ArithmeticException beyond292Years) {
            return duration.isNegative() ? 0 : UNLIMITED;
        }
    }
}
