package dev.tenfold.cache.tier;

import dev.tenfold.Codec;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import io.lettuce.core.RedisURI;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Configures a {@link RedisTier}. Every option has a default; what does not fit is reported by {@code connect}, all at once.
 * Not thread-safe.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class RedisTierBuilder<K, V> {

    final String cache;
    final Codec<K> keys;
    final Codec<V> values;
    Duration timeout = Duration.ofMillis(250);
    Duration connectTimeout = Duration.ofSeconds(5);
    Duration heartbeat = Duration.ofMillis(500);
    Duration longestStay = Duration.ofDays(1);
    Duration leaseTime = Duration.ofSeconds(10);
    Duration waitForOthers = Duration.ofMillis(50);
    int maximumInFlight = 1_000;
    int maximumOwed = 10_000;
    Backoff reconnect = Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(2));
    Observer observer = Observer.slf4j();
    TimeSource time = TimeSource.system();
    RandomGenerator random = Chance.perThread();

    private @Nullable Scheduler scheduler;

    RedisTierBuilder(String cache, Codec<K> keys, Codec<V> values) {
        this.cache = cache;
        this.keys = keys;
        this.values = values;
    }

    /**
     * Limits how long an answer is waited for.
     *
     * @param timeout above 0; 250 ms unless set
     * @return this builder
     */
    public RedisTierBuilder<K, V> timeout(Duration timeout) {
        this.timeout = timeout;
        return this;
    }

    /**
     * Limits how long {@link #connect} waits for the first connection, and each attempt for its connection.
     *
     * @param timeout above 0; 5 s unless set
     * @return this builder
     */
    public RedisTierBuilder<K, V> connectTimeout(Duration timeout) {
        connectTimeout = timeout;
        return this;
    }

    /**
     * Sets how often the connection is tried. A connection that broke without a word is noticed within this and the timeout,
     * and that long another node's change may go unheard.
     *
     * @param interval above 0; 500 ms unless set
     * @return this builder
     */
    public RedisTierBuilder<K, V> heartbeat(Duration interval) {
        heartbeat = interval;
        return this;
    }

    /**
     * Limits how long Redis keeps an entry that lives longer, or for ever.
     *
     * @param stay at least a millisecond; a day unless set
     * @return this builder
     */
    public RedisTierBuilder<K, V> longestStay(Duration stay) {
        longestStay = stay;
        return this;
    }

    /**
     * Sets how long a load may take and still fill the tier.
     *
     * @param time at least a millisecond; 10 seconds unless set
     * @return this builder
     */
    public RedisTierBuilder<K, V> leaseTime(Duration time) {
        leaseTime = time;
        return this;
    }

    /**
     * Sets how long a miss waits for a node that loads the key already, before it loads beside it.
     *
     * @param wait 0 or more; 50 ms unless set. Keep the cache's remote timeout above it
     * @return this builder
     */
    public RedisTierBuilder<K, V> waitForOthers(Duration wait) {
        waitForOthers = wait;
        return this;
    }

    /**
     * Bounds the commands under way; more fail at once, and their callers go to their loaders. It keeps a tier that comes back
     * from being trampled.
     *
     * @param commands at least 1; 1,000 unless set
     * @return this builder
     */
    public RedisTierBuilder<K, V> maximumInFlight(int commands) {
        maximumInFlight = commands;
        return this;
    }

    /**
     * Bounds the invalidations that are remembered while Redis cannot be told of them; beyond it all entries are dropped
     * instead.
     *
     * @param invalidations at least 1; 10,000 unless set
     * @return this builder
     */
    public RedisTierBuilder<K, V> maximumOwed(int invalidations) {
        maximumOwed = invalidations;
        return this;
    }

    /**
     * Sets when a lost connection is made again. Attempts never end.
     *
     * @param backoff its delays; 50 ms doubling up to 2 s, with full jitter, unless set
     * @return this builder
     */
    public RedisTierBuilder<K, V> reconnect(Backoff backoff) {
        reconnect = backoff;
        return this;
    }

    /**
     * Sets who is told that the connection is lost or back.
     *
     * @param observer {@link Observer#slf4j()} unless set
     * @return this builder
     */
    public RedisTierBuilder<K, V> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets what times heartbeats, reconnecting and waits.
     *
     * @param scheduler unless set, the timer that the JDK shares among all {@code CompletableFuture}s
     * @return this builder
     */
    public RedisTierBuilder<K, V> scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Sets where the jitter of reconnecting is drawn from.
     *
     * @param random {@link Chance#perThread()} unless set
     * @return this builder
     */
    public RedisTierBuilder<K, V> random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /**
     * Connects. Where Redis cannot be reached, the tier is returned all the same, and goes on trying: a
     * cache in front of it then works without.
     *
     * @param uri such as {@code redis://localhost:6379} or {@code rediss://user:password@host:6380/1}; Redis 6.2 or newer
     * @return a tier with threads of its own, to be closed
     * @throws dev.tenfold.error.InvalidConfigurationException if any option or the URI does not fit
     * @throws IllegalStateException if Lettuce is not there
     */
    public RedisTier<K, V> connect(String uri) {
        Validation check = Validation.of("Redis tier '" + cache + "'");
        check.require(!cache.isBlank() && !cache.contains("}"), "cache", "'" + cache + "'", "not blank, without '}'");
        check.positive("timeout", timeout);
        check.positive("connectTimeout", connectTimeout);
        check.positive("heartbeat", heartbeat);
        atLeastAMillisecond(check, "longestStay", longestStay);
        atLeastAMillisecond(check, "leaseTime", leaseTime);
        check.notNegative("waitForOthers", waitForOthers);
        check.atLeast("maximumInFlight", maximumInFlight, 1);
        check.atLeast("maximumOwed", maximumOwed, 1);
        requireLettuce();
        RedisURI server = null;
        try {
            server = RedisURI.create(uri);
        } catch (IllegalArgumentException unfit) {
            check.require(false, "uri", uri, "such as redis://localhost:6379 (" + unfit.getMessage() + ")");
        }
        check.throwIfInvalid();
        observer = observer.guarded();
        RedisTier<K, V> tier = new RedisTier<>(this, Objects.requireNonNull(server));
        try {
            var unused = tier.begin().toCompletableFuture().get(connectTimeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException slow) {
            // The attempt goes on by itself, and others follow.
            observer.on(new Event(
                    time.now(),
                    "cache/" + cache,
                    "tier.slow",
                    Level.WARNING,
                    "Redis tier '" + cache + "': not connected within " + connectTimeout + ", goes on trying",
                    Map.of("server", server.toString())));
        } catch (ExecutionException broken) {
            tier.close();
            throw new IllegalStateException("Redis tier '" + cache + "' cannot begin", broken.getCause());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        return tier;
    }

    Scheduler effectiveScheduler() {
        return scheduler == null ? Scheduler.shared(ForkJoinPool.commonPool()) : scheduler;
    }

    private static void atLeastAMillisecond(Validation check, String name, Duration value) {
        check.require(value.compareTo(Duration.ofMillis(1)) >= 0, name, value, ">= 1 ms");
    }

    private static void requireLettuce() {
        try {
            Class.forName("io.lettuce.core.RedisClient", false, RedisTierBuilder.class.getClassLoader());
        } catch (ClassNotFoundException missing) {
            throw new IllegalStateException(
                    "Lettuce is missing; add io.lettuce:lettuce-core:7.7.0.RELEASE or newer to the dependencies",
                    missing);
        }
    }
}
