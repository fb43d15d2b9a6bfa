package dev.tenfold.cache;

import java.time.Duration;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Decides how long a copy lives. Immutable. */
final class Lifetimes<K, V> {

    /** Lives until evicted or invalidated. */
    static final long UNLIMITED = Long.MAX_VALUE;

    private final @Nullable BiFunction<? super K, ? super V, Duration> perEntry;
    private final long fixed;
    private final long negative;
    private final double jitter;
    private final RandomGenerator random;

    Lifetimes(
            @Nullable BiFunction<? super K, ? super V, Duration> perEntry,
            @Nullable Duration fixed,
            @Nullable Duration negative,
            double jitter,
            RandomGenerator random) {
        this.perEntry = perEntry;
        this.fixed = fixed == null ? UNLIMITED : nanos(fixed);
        this.negative = negative == null ? 0 : nanos(negative);
        this.jitter = jitter;
        this.random = random;
    }

    /** Returns whether any copy can expire. */
    boolean areLimited() {
        return perEntry != null || fixed != UNLIMITED || negative != 0;
    }

    /** Returns a lifetime in nanoseconds; 0 or less means that the copy is not kept. Calls the user's function. */
    long draw(K key, @Nullable V value) {
        long longest;
        if (value == null) {
            longest = negative;
        } else {
            longest = perEntry == null ? fixed : nanos(perEntry.apply(key, value));
        }
        if (jitter == 0 || longest == UNLIMITED) {
            return longest;
        }
        return longest - (long) (longest * jitter * random.nextDouble());
    }

    private static long nanos(Duration duration) {
        try {
            return duration.toNanos();
        } catch (ArithmeticException beyond292Years) {
            return duration.isNegative() ? 0 : UNLIMITED;
        }
    }
}
