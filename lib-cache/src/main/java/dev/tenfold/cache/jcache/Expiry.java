package dev.tenfold.cache.jcache;

import dev.tenfold.time.TimeSource;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Asks the user's expiry policy, and makes of its durations points of the monotonic clock, with jitter. */
final class Expiry {

    /** A duration beyond this, 146 years, is for ever: differences of the clock must not overflow. */
    private static final long FOR_EVER = Long.MAX_VALUE / 2;

    private final String cache;
    final ExpiryPolicy policy;
    final TimeSource time;
    private final double jitter;
    private final RandomGenerator random;

    Expiry(String cache, ExpiryPolicy policy, TenfoldConfiguration<?, ?> configuration) {
        this.cache = cache;
        this.policy = policy;
        time = configuration.time();
        jitter = configuration.jitter();
        random = configuration.random();
    }

    /** Returns when a new entry expires. */
    long created() {
        Duration duration = ask(policy::getExpiryForCreation);
        return duration == null ? Stored.ETERNAL : after(duration);
    }

    /** Returns when an entry expires whose value is replaced. */
    long updated(Stored<?> before) {
        Duration duration = ask(policy::getExpiryForUpdate);
        return duration == null ? before.expiresAt() : after(duration);
    }

    /** Notes an access. */
    void accessed(Stored<?> stored) {
        Duration duration = ask(policy::getExpiryForAccess);
        if (duration != null) {
            stored.expireAt(after(duration));
        }
    }

    /** The specification leaves what becomes of an entry to us if the policy throws; the cache itself must go on. */
    private @Nullable Duration ask(Supplier<@Nullable Duration> question) {
        try {
            return question.get();
        } catch (RuntimeException failure) {
            LoggerFactory.getLogger(Expiry.class).error("expiry policy of cache '{}' failed", cache, failure);
            return null;
        }
    }

    private long after(Duration duration) {
        if (duration.isEternal()) {
            return Stored.ETERNAL;
        }
        long nanos = duration.getTimeUnit().toNanos(duration.getDurationAmount());
        if (nanos > FOR_EVER) {
            return Stored.ETERNAL;
        }
        if (jitter != 0) {
            nanos -= (long) (nanos * jitter * random.nextDouble());
        }
        long at = time.nanoTime() + nanos;
        return at == Stored.ETERNAL ? at - 1 : at;
    }
}
