package dev.tenfold.cache;

import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.time.Chance;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntBiFunction;
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

    /** How long a key that failed to load is not tried again, unless told otherwise: 50 to 100 ms at first, at most 10 s. */
    public static final Backoff DEFAULT_LOAD_BACKOFF =
            Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(10)).jitter(0.5);

    /** How many keys a bulk load has at most, unless told otherwise. */
    public static final int DEFAULT_MAXIMUM_BATCH = 100;

    /** How long the remote tier and the bus are waited for, and copies live while the bus is cut, unless told otherwise. */
    public static final Duration DEFAULT_REMOTE_TIMEOUT = Duration.ofSeconds(1);

    final CacheOptions<K, V> options;

    CacheBuilder(String name) {
        options = new CacheOptions<>(name, ForkJoinPool.commonPool());
    }

    /**
     * Bounds the cache by the number of copies; {@link Cache#resize} changes it later.
     *
     * @param copies how many to hold, 0 or more; 0 keeps nothing and still merges concurrent loads. Default {@value
     *     #DEFAULT_MAXIMUM_SIZE}
     * @return this builder
     */
    public CacheBuilder<K, V> maximumSize(long copies) {
        options.maximumSize = copies;
        return this;
    }

    /**
     * Bounds the cache by what its copies weigh, instead of by their number.
     *
     * @param weight how much they may weigh together, 0 or more
     * @param weigher what a copy weighs, 1 or more, in any unit; called as it is written, must be quick and not use the
     *     cache. An absence that is remembered weighs 1
     * @return this builder
     */
    public CacheBuilder<K, V> maximumWeight(long weight, ToIntBiFunction<? super K, ? super V> weigher) {
        options.maximumWeight = weight;
        options.weigher = weigher;
        return this;
    }

    /**
     * Lets copies be {@linkplain Cache#pin pinned}. Default 0: none.
     *
     * @param most how many, or how much weight where they are weighed; 0 to the maximum
     * @return this builder
     */
    public CacheBuilder<K, V> maximumPinned(long most) {
        options.maximumPinned = most;
        return this;
    }

    /**
     * Sets which copy a full cache gives up. Default {@link Eviction#ADAPTIVE}.
     *
     * @param policy the policy
     * @return this builder
     */
    public CacheBuilder<K, V> eviction(Eviction policy) {
        options.eviction = policy;
        return this;
    }

    /**
     * Counts hits from the start, for {@link Cache#stats}. Everything else is always counted; hits are not unless somebody
     * wants to know, since that would make a hit take up to a third longer. Publishing the cache's {@link
     * Cache#measurements measurements}, be it to a meter registry or as part of an application, counts them too, from then
     * on.
     *
     * @return this builder
     */
    public CacheBuilder<K, V> recordStats() {
        options.recordStats = true;
        return this;
    }

    /**
     * Lets every copy live at most this long after it was read from where it lives (as its load began) or put. Unset,
     * copies live until evicted or invalidated.
     *
     * @param ttl the longest life of a copy, above 0
     * @return this builder
     */
    public CacheBuilder<K, V> expireAfterWrite(Duration ttl) {
        options.expireAfterWrite = ttl;
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
        options.expireEach = ttl;
        return this;
    }

    /**
     * Ends the life of a copy that was not used for this long, however much of it is left; the stale rules do not extend
     * this. Unset, it does not matter. A hit then notes its time.
     *
     * @param idle the longest time between two uses, above 0
     * @return this builder
     */
    public CacheBuilder<K, V> expireAfterAccess(Duration idle) {
        options.expireAfterAccess = idle;
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
        options.jitter = share;
        return this;
    }

    /**
     * Remembers for this long that a key has no value. Unset, an absence is not remembered and each lookup loads again.
     *
     * @param ttl the longest an absence is remembered, above 0; {@link #jitter} applies
     * @return this builder
     */
    public CacheBuilder<K, V> negativeTtl(Duration ttl) {
        options.negativeTtl = ttl;
        return this;
    }

    /**
     * Lets a copy answer for a while after its life, while it is loaded anew in the executor (RFC 5861, section 3). Unset,
     * the caller waits for the load.
     *
     * @param window how long after its life, above 0
     * @return this builder
     */
    public CacheBuilder<K, V> staleWhileRevalidate(Duration window) {
        options.staleWhileRevalidate = window;
        return this;
    }

    /**
     * Lets a copy answer for a while after its life when loading it anew has failed (RFC 5861, section 4). Unset, the
     * failure reaches the caller.
     *
     * @param window how long after its life, above 0
     * @return this builder
     */
    public CacheBuilder<K, V> staleIfError(Duration window) {
        options.staleIfError = window;
        return this;
    }

    /**
     * Loads a copy anew, in the executor, when it is used after this share of its life, so that what is in use never
     * expires. Default 1: not at all.
     *
     * @param share above 0 to 1
     * @return this builder
     */
    public CacheBuilder<K, V> refreshAhead(double share) {
        options.refreshAhead = share;
        return this;
    }

    /**
     * Loads a copy anew, in the executor, at a random moment before its life ends, the likelier the closer the end and the
     * longer its load took: XFetch (A. Vattani, F. Chierichetti, K. Lowenstein, "Optimal Probabilistic Cache Stampede
     * Prevention", VLDB 2015). Unlike {@link #refreshAhead} it spreads the loads of several nodes without their talking to
     * each other. Default 0: not at all.
     *
     * @param beta 1 is the paper's choice, more is earlier; 0 or more
     * @return this builder
     */
    public CacheBuilder<K, V> earlyRefresh(double beta) {
        options.earlyRefresh = beta;
        return this;
    }

    /**
     * Limits how long a load may keep those who wait for it, measured from the miss that caused it. When the time is up
     * they fail with {@link dev.tenfold.error.DeadlineExceededException} and the next caller loads afresh. A loader that
     * runs on its caller's own thread is not cut off: it returns when it returns. Costs one scheduled task a load. Unset,
     * they wait as long as the load takes.
     *
     * @param timeout the longest wait, above 0
     * @return this builder
     */
    public CacheBuilder<K, V> loadTimeout(Duration timeout) {
        options.loadTimeout = timeout;
        return this;
    }

    /**
     * Sets how long a key that failed to load is not tried again: meanwhile its callers get the same exception at once, or
     * a copy under {@link #staleIfError}. Concerns the cache's own loader and refreshes. A success, a put or an
     * invalidation ends it. Default {@link #DEFAULT_LOAD_BACKOFF}; its attempts are not counted.
     *
     * @param backoff the delays after each failure in a row, or null to try again at once
     * @return this builder
     */
    public CacheBuilder<K, V> loadBackoff(@Nullable Backoff backoff) {
        options.loadBackoff = backoff;
        return this;
    }

    /**
     * Loads the keys of {@link Cache#getAll} together.
     *
     * @param loader reads several values at once
     * @param most how many keys a call has at most, 1 or more
     * @return this builder
     */
    public CacheBuilder<K, V> bulkLoader(Loader.Bulk<K, V> loader, int most) {
        options.bulkLoader = loader;
        options.maximumBatch = most;
        return this;
    }

    /**
     * Has single misses wait for others, so that they are loaded together by the bulk loader, in the executor.
     *
     * @param linger how long the first of a batch waits unless the batch is full before, above 0
     * @return this builder
     */
    public CacheBuilder<K, V> coalesceMisses(Duration linger) {
        options.linger = linger;
        return this;
    }

    /**
     * Lets copies be dropped by {@link Cache#invalidateTag}. Costs about 60 bytes for each tag of each copy.
     *
     * @param tags from a value to its tags; called on the thread that loads or puts
     * @return this builder
     */
    public CacheBuilder<K, V> tags(Function<? super V, ? extends Collection<String>> tags) {
        options.tags = tags;
        return this;
    }

    /**
     * Tells of each copy that leaves: in the executor, one at a time, in the order they left. An eviction may be told after
     * a change of the same key that came within the same moment. At most 100,000 wait for a slow listener; more are not
     * told.
     *
     * @param listener whom to tell; what it throws is logged
     * @return this builder
     */
    public CacheBuilder<K, V> onRemoval(Consumer<? super Removal<K, V>> listener) {
        options.onRemoval = listener;
        return this;
    }

    /**
     * Changes the store behind as the cache is changed.
     *
     * @param writer writes; closed with the cache
     * @return this builder
     */
    public CacheBuilder<K, V> writer(Writer<K, V> writer) {
        options.writer = writer;
        return this;
    }

    /**
     * Asks a second tier before the loader, and fills it after a load.
     *
     * @param tier the tier; stays the caller's
     * @return this builder
     */
    public CacheBuilder<K, V> remote(RemoteTier<K, V> tier) {
        options.remote = tier;
        return this;
    }

    /**
     * Tells other nodes of puts and invalidations, and hears of theirs.
     *
     * @param bus the bus; subscribed to as the cache is built, until it is closed
     * @return this builder
     */
    public CacheBuilder<K, V> bus(InvalidationBus<K> bus) {
        options.bus = bus;
        return this;
    }

    /**
     * Limits how long each call of the remote tier or the bus is waited for. Default 1 second.
     *
     * @param timeout the longest wait, above 0
     * @return this builder
     */
    public CacheBuilder<K, V> remoteTimeout(Duration timeout) {
        options.remoteTimeout = timeout;
        return this;
    }

    /**
     * Limits how long copies live while the bus may lose messages, and so how old they can be then; the stale windows come
     * on top. Default 1 second.
     *
     * @param ttl the longest life, 0 or more; 0 keeps nothing
     * @return this builder
     */
    public CacheBuilder<K, V> disconnectedTtl(Duration ttl) {
        options.disconnectedTtl = ttl;
        return this;
    }

    /**
     * Times {@link #loadTimeout} and {@link #coalesceMisses}. Unset, the timer that the JDK shares among all {@code
     * CompletableFuture}s, running what is due in {@link ForkJoinPool#commonPool()}; another clock than the system's needs
     * a scheduler that follows it.
     *
     * @param scheduler the caller's, who closes it after the cache is out of use
     * @return this builder
     */
    public CacheBuilder<K, V> scheduler(Scheduler scheduler) {
        options.scheduler = scheduler;
        return this;
    }

    /**
     * Runs what {@link Cache#getAsync} loads and its continuations, refreshes, removal listeners and upkeep. A
     * virtual-thread executor is a good choice for loaders that block. Default {@link ForkJoinPool#commonPool()}.
     *
     * @param executor the caller's, who closes it after the cache is out of use
     * @return this builder
     */
    public CacheBuilder<K, V> executor(Executor executor) {
        options.executor = executor;
        return this;
    }

    /**
     * Sets the clock that ages go by. Default {@link TimeSource#system()}.
     *
     * @param time the clock
     * @return this builder
     */
    public CacheBuilder<K, V> time(TimeSource time) {
        options.time = time;
        return this;
    }

    /**
     * Sets where chance comes from. Default {@link Chance#perThread()}.
     *
     * @param random a thread-safe generator
     * @return this builder
     */
    public CacheBuilder<K, V> random(RandomGenerator random) {
        options.random = random;
        return this;
    }

    /**
     * Sets who is told of {@code cache.cleared}, {@code load.overdue}, {@code remote.failed}, {@code remote.restored},
     * {@code bus.interrupted} and {@code bus.resumed}. Default {@link Observer#slf4j()}.
     *
     * @param observer whom to tell
     * @return this builder
     */
    public CacheBuilder<K, V> observer(Observer observer) {
        options.observer = observer;
        return this;
    }

    /**
     * Builds a cache whose lookups bring their own loader, or are loaded by the bulk loader if there is one. Starts nothing.
     *
     * @return a new, empty cache
     * @throws dev.tenfold.error.InvalidConfigurationException if any option does not fit
     */
    public Cache<K, V> build() {
        options.check();
        return new Cache<>(options, null, null);
    }

    /**
     * Builds a cache that loads what it misses. Starts nothing.
     *
     * @param loader reads a value from where it lives
     * @return a new, empty cache
     * @throws dev.tenfold.error.InvalidConfigurationException if any option does not fit
     */
    public Cache<K, V> build(Loader<? super K, ? extends V> loader) {
        options.check();
        return new Cache<>(options, loader, null);
    }

    /**
     * Builds a cache that loads what it misses without blocking a thread. Blocking lookups wait for the stage, no longer
     * than {@link #loadTimeout}. Starts nothing.
     *
     * @param loader begins to read a value from where it lives
     * @return a new, empty cache
     * @throws dev.tenfold.error.InvalidConfigurationException if any option does not fit
     */
    public Cache<K, V> buildAsync(Loader.Async<K, V> loader) {
        options.check();
        return new Cache<>(options, null, loader);
    }
}
