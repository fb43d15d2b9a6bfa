package dev.tenfold.cache;

import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Configures a {@link Cache}. Every option has a default; what does not fit is reported by {@code build}, all at once. Not
 * thread-safe.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class CacheBuilder<K, V> {

    /** How many copies a cache holds unless told otherwise. */
    public static final long DEFAULT_MAXIMUM_SIZE = 10_000;

    final String name;
    long maximumSize = DEFAULT_MAXIMUM_SIZE;

    @Nullable
    Duration expireAfterWrite;

    @Nullable
    BiFunction<? super K, ? super V, Duration> expireEach;

    double jitter;

    @Nullable
    Duration negativeTtl;

    @Nullable
    Duration loadTimeout;

    TimeSource time = TimeSource.system();
    RandomGenerator random = Chance.perThread();
    Observer observer = Observer.slf4j();

    @Nullable
    Executor executor;

    @Nullable
    Scheduler scheduler;

    CacheBuilder(String name) {
        this.name = name;
    }

    /**
     * Bounds the cache. Caffeine's adaptive policy chooses what to drop, shortly after a write went over the bound.
     *
     * @param copies how many to hold, 0 or more; 0 keeps nothing and still merges concurrent loads
     * @return this builder
     */
    public CacheBuilder<K, V> maximumSize(long copies) {
        maximumSize = copies;
        return this;
    }

    /**
     * Lets every copy live at most this long after it was written. Unset, copies live until evicted or invalidated.
     *
     * @param ttl the longest life of a copy, above 0
     * @return this builder
     */
    public CacheBuilder<K, V> expireAfterWrite(Duration ttl) {
        expireAfterWrite = ttl;
        return this;
    }

    /**
     * Lets each copy live as long as a function says, instead of all alike.
     *
     * @param ttl from key and value to the longest life of the copy; zero or negative means that it is not kept. Called on
     *     the thread that loads or puts, before the copy is written; what it throws fails that call
     * @return this builder
     */
    public CacheBuilder<K, V> expireAfterWrite(BiFunction<? super K, ? super V, Duration> ttl) {
        expireEach = ttl;
        return this;
    }

    /**
     * Shortens each copy's life by a random share, so that what was written together is not reloaded together. The life is
     * drawn evenly between {@code (1 - share) * ttl} and {@code ttl}. Default 0.
     *
     * @param share 0 to 1
     * @return this builder
     */
    public CacheBuilder<K, V> jitter(double share) {
        jitter = share;
        return this;
    }

    /**
     * Remembers for this long that a key has no value. Unset, an absence is not remembered and each lookup loads again.
     *
     * @param ttl the longest an absence is remembered, above 0; {@link #jitter} applies
     * @return this builder
     */
    public CacheBuilder<K, V> negativeTtl(Duration ttl) {
        negativeTtl = ttl;
        return this;
    }

    /**
     * Limits how long a load may keep those who wait for it, measured from the miss that caused it. When the time is up
     * they fail with {@link dev.tenfold.error.DeadlineExceededException} and the next caller loads afresh. A loader
     * that runs on its caller's own thread is not cut off: it returns when it returns. Costs one scheduled task a load. Unset, they wait as long as the load takes.
     *
     * @param timeout the longest wait, above 0
     * @return this builder
     */
    public CacheBuilder<K, V> loadTimeout(Duration timeout) {
        loadTimeout = timeout;
        return this;
    }

    /**
     * Times {@link #loadTimeout}. Unset, the timer that the JDK shares among all {@code CompletableFuture}s, waking waiters
     * in {@link ForkJoinPool#commonPool()}; another clock than the system's needs a scheduler that follows it.
     *
     * @param scheduler the caller's, who closes it after the cache is out of use
     * @return this builder
     */
    public CacheBuilder<K, V> scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Runs what {@link Cache#getAsync} loads, the continuations of what it returns, and Caffeine's upkeep (eviction order,
     * expiry). A virtual-thread executor is a good choice. Unset, {@code getAsync} is refused and the upkeep runs in
     * {@link ForkJoinPool#commonPool()}.
     *
     * @param executor the caller's, who closes it after the cache is out of use
     * @return this builder
     */
    public CacheBuilder<K, V> executor(Executor executor) {
        this.executor = executor;
        return this;
    }

    /**
     * Sets the clock that expiry goes by. Default {@link TimeSource#system()}.
     *
     * @param time the clock
     * @return this builder
     */
    public CacheBuilder<K, V> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Sets where {@link #jitter} draws from. Default {@link Chance#perThread()}.
     *
     * @param random a thread-safe generator
     * @return this builder
     */
    public CacheBuilder<K, V> random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /**
     * Sets who is told of {@code cache.cleared} and {@code load.overdue}. Default {@link Observer#slf4j()}.
     *
     * @param observer whom to tell
     * @return this builder
     */
    public CacheBuilder<K, V> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Builds a cache whose lookups bring their own loader: {@link Cache#get(Object, Loader)} and {@link
     * Cache#get(Object, dev.tenfold.session.Position, java.util.function.Function)}. Starts nothing.
     *
     * @return a new, empty cache
     * @throws dev.tenfold.error.InvalidConfigurationException if any option does not fit
     */
    public Cache<K, V> build() {
        validate();
        return new Cache<>(this, null);
    }

    /**
     * Builds a cache that loads what it misses. Starts nothing.
     *
     * @param loader reads a value from where it lives
     * @return a new, empty cache
     * @throws dev.tenfold.error.InvalidConfigurationException if any option does not fit
     */
    public Cache<K, V> build(Loader<? super K, ? extends V> loader) {
        validate();
        return new Cache<>(this, loader);
    }

    Scheduler effectiveScheduler() {
        return scheduler == null ? Scheduler.shared(ForkJoinPool.commonPool()) : scheduler;
    }

    private void validate() {
        Validation check = Validation.of("cache '" + name + "'");
        boolean expires = expireAfterWrite != null || expireEach != null;
        check.require(!name.isBlank(), "name", "'" + name + "'", "not blank");
        check.atLeast("maximumSize", maximumSize, 0);
        check.positive("expireAfterWrite", expireAfterWrite);
        check.require(
                expireAfterWrite == null || expireEach == null,
                "expireAfterWrite",
                "a duration and a function",
                "one of them");
        check.between("jitter", jitter, 0, 1);
        check.require(
                jitter == 0 || expires || negativeTtl != null,
                "jitter",
                jitter,
                "0 without expireAfterWrite or negativeTtl");
        check.positive("negativeTtl", negativeTtl);
        check.positive("loadTimeout", loadTimeout);
        check.require(
                loadTimeout == null || scheduler != null || time == TimeSource.system(),
                "scheduler",
                scheduler,
                "one that follows the clock given to time(...), for loadTimeout");
        check.throwIfInvalid();
    }
}
