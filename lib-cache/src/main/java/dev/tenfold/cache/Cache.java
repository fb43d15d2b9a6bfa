package dev.tenfold.cache;

import dev.tenfold.Invalidation;
import dev.tenfold.ReadThrough;
import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A bounded cache in process that loads what it misses.
 *
 * <pre>{@code
 * Cache<Long, User> users = Cache.<Long, User>builder("users")
 *         .maximumSize(100_000)
 *         .expireAfterWrite(ofMinutes(10)).jitter(0.1)
 *         .build(id -> repository.find(id));
 * User user = users.get(42L);
 * users.invalidate(42L);                              // after the repository was changed
 * }</pre>
 *
 * <ul>
 *   <li>Of concurrent misses on a key one loads and the rest wait for it. No load ever blocks another key.
 *   <li>A load that began before an {@linkplain #invalidate invalidation} or {@link #put} of its key leaves no value, and
 *       callers that come after the invalidation do not wait for it: they load anew.
 *   <li>An expired copy is never returned. A loader that fails, fails those who waited for it, and nothing is kept.
 *   <li>Copies carry the {@link Position} they were read at; one that has seen less than its caller is a miss, and a slow
 *       load never replaces a copy of a later position of the same shard.
 * </ul>
 *
 * <p>Thread-safe. A hit takes no lock and allocates nothing; it costs Caffeine's own lookup and a counter. A miss, a put
 * and an invalidation each take the lock of one hash bin for some hundred nanoseconds, never while loading. Blocking
 * forms may be called from virtual threads. Nothing is started and nothing needs closing; the executor and the scheduler
 * belong to the caller.
 *
 * @param <K> the kind of key; equals and hashCode must not change while it is in use
 * @param <V> the kind of value; shared between callers, so best immutable
 */
public final class Cache<K, V> implements ReadThrough<K, V>, Invalidation<K>, Measured {

    private final CacheConfiguration configuration;
    private final @Nullable Function<K, Positioned<@Nullable V>> ownLoad;
    private final Store<K, V> store;
    private final Flights<K, V> flights;
    private final Lifetimes<K, V> lifetimes;
    private final TimeSource time;
    private final Observer observer;
    private final @Nullable Executor executor;
    private final Scheduler scheduler;

    private final CacheCounters counters = new CacheCounters();

    Cache(CacheBuilder<K, V> b, @Nullable Loader<? super K, ? extends V> loader) {
        configuration = new CacheConfiguration(
                b.name, b.maximumSize, b.expireAfterWrite, b.jitter, b.negativeTtl, b.loadTimeout);
        time = b.time;
        observer = b.observer.guarded();
        executor = b.executor;
        scheduler = b.effectiveScheduler();
        lifetimes = new Lifetimes<>(b.expireEach, b.expireAfterWrite, b.negativeTtl, b.jitter, b.random);
        store = new Store<>(b.maximumSize, lifetimes.areLimited(), time, executor);
        flights = new Flights<>(store, counters.staleFillsRefused, b.name);
        ownLoad = loader == null ? null : loading(loader);
    }

    /**
     * Starts building a cache.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param name names it in messages, events and measurements; not blank
     * @return a builder with the defaults
     */
    public static <K, V> CacheBuilder<K, V> builder(String name) {
        return new CacheBuilder<>(name);
    }

    /**
     * Returns the value of a key, loading it on this thread with the cache's own loader if there is no copy.
     *
     * @param key the key
     * @return the value, or null if the loader knows none
     * @throws IllegalStateException if the cache was built without a loader, or a load asks for its own key
     * @throws CallFailedException if the loader threw a checked exception, or this thread was interrupted as it waited
     * @throws DeadlineExceededException if another caller's load took longer than the load timeout
     */
    public @Nullable V get(K key) {
        return get(key, Position.none(), ownLoad()).value();
    }

    /**
     * Returns the value of a key, loading it on this thread if there is no copy. If another thread loads the key already,
     * its answer is used and {@code loader} is not.
     *
     * @param key the key
     * @param loader reads the value from where it lives
     * @return the value, or null if the loader knows none
     * @throws IllegalStateException if a load asks for its own key
     * @throws CallFailedException if the loader threw a checked exception, or this thread was interrupted as it waited
     * @throws DeadlineExceededException if another caller's load took longer than the load timeout
     */
    public @Nullable V get(K key, Loader<? super K, ? extends V> loader) {
        Positioned<@Nullable V> copy = store.read(key);
        if (copy != null) {
            counters.hits.increment();
            return copy.value();
        }
        counters.misses.increment();
        return miss(key, Position.none(), loading(loader)).value();
    }

    /**
     * {@inheritDoc}
     *
     * <p>The load runs on this thread. A caller waits for at most two loads of others whose results do not cover its
     * minimum, then loads beside them. What its own load returns is its answer, whatever the position.
     *
     * @throws IllegalStateException if a load asks for its own key
     * @throws CallFailedException if this thread was interrupted as it waited
     * @throws DeadlineExceededException if another caller's load took longer than the load timeout
     */
    @Override
    public Positioned<@Nullable V> get(K key, Position minimum, Function<? super K, Positioned<@Nullable V>> load) {
        Positioned<@Nullable V> copy = store.read(key);
        if (copy != null && copy.position().covers(minimum)) {
            counters.hits.increment();
            return copy;
        }
        counters.misses.increment();
        return miss(key, minimum, load);
    }

    /**
     * Returns the value of a key, loading it in the cache's executor with the cache's own loader if there is no copy.
     *
     * @param key the key
     * @return completed with the value or null, at once if there is a copy, else in the executor; or with what the load
     *     failed with, a rejection by the executor included, or with {@link DeadlineExceededException} when the load timeout
     *     has passed
     * @throws IllegalStateException if the cache was built without a loader or without an executor, or a load asks for its
     *     own key
     */
    public CompletionStage<@Nullable V> getAsync(K key) {
        Function<? super K, Positioned<@Nullable V>> load = ownLoad();
        if (executor == null) {
            throw new IllegalStateException("cache '" + name()
                    + "' has no executor for asynchronous loads; call executor(...) as you build it");
        }
        Positioned<@Nullable V> copy = store.read(key);
        if (copy != null) {
            counters.hits.increment();
            return CompletableFuture.completedStage(copy.value());
        }
        counters.misses.increment();
        Flight<V> mine = new Flight<>(Position.none());
        Flight<V> taken = flights.board(key, mine, 0);
        if (taken == mine && !mine.landing.isDone()) {
            depart(key, mine, load, executor);
        }
        return taken.landing.thenApplyAsync(Positioned::value, executor);
    }

    /**
     * Returns the copy of a key without loading.
     *
     * @param key the key
     * @return the value, or null if there is no copy or it says that the key has no value
     */
    public @Nullable V getIfPresent(K key) {
        Positioned<@Nullable V> copy = store.read(key);
        (copy == null ? counters.misses : counters.hits).increment();
        return copy == null ? null : copy.value();
    }

    /**
     * Keeps a value as if it had just been loaded, replacing any copy and overtaking any load of the key under way. To
     * keep what was read from elsewhere, use {@link #get(Object, Loader)}: between reading and putting, the value could
     * have changed.
     *
     * @param key the key
     * @param value the value
     */
    public void put(K key, V value) {
        Objects.requireNonNull(value, "value");
        flights.put(key, Positioned.unplaced(value), lifetimes.draw(key, value));
    }

    @Override
    public void invalidate(K key) {
        flights.invalidate(key);
    }

    /**
     * Drops every copy. When this returns, no copy that was loaded before is served, nor will a load that is under way
     * leave one. Linear in the number of copies; other callers are not blocked.
     */
    public void invalidateAll() {
        long dropped = store.size();
        flights.invalidateAll();
        tell("cache.cleared", Level.INFO, "all copies dropped, about " + dropped, Map.of("copies", dropped));
    }

    /**
     * Returns what identifies the cache in messages, events and measurements.
     *
     * @return the name it was built with
     */
    public String name() {
        return configuration.name();
    }

    /**
     * Returns how the cache was built.
     *
     * @return the configuration
     */
    public CacheConfiguration configuration() {
        return configuration;
    }

    /**
     * Returns what was counted so far. Sums a few striped counters.
     *
     * @return a snapshot
     */
    public CacheStats stats() {
        return counters.stats(store);
    }

    @Override
    public List<Measurement> measurements() {
        return counters.measurements(name(), store, flights);
    }

    @Override
    public String toString() {
        return "Cache[" + name() + ", " + store.size() + " of " + configuration.maximumSize() + "]";
    }

    private Positioned<@Nullable V> miss(K key, Position minimum, Function<? super K, Positioned<@Nullable V>> load) {
        for (int waits = 0; ; waits++) {
            Flight<V> mine = new Flight<>(minimum);
            Flight<V> taken = flights.board(key, mine, waits);
            if (taken == mine && !mine.landing.isDone()) {
                return fly(key, mine, load);
            }
            Positioned<@Nullable V> answer = await(key, taken);
            if (answer.position().covers(minimum)) {
                return answer;
            }
        }
    }

    private Positioned<@Nullable V> fly(K key, Flight<V> flight, Function<? super K, Positioned<@Nullable V>> load) {
        try {
            arm(key, flight);
        } catch (RuntimeException | Error failure) {
            fail(key, flight, failure);
            throw failure;
        }
        return load(key, flight, load);
    }

    private void depart(K key, Flight<V> flight, Function<? super K, Positioned<@Nullable V>> load, Executor executor) {
        try {
            arm(key, flight);
            executor.execute(() -> {
                if (flight.landing.isDone()) {
                    fail(key, flight, new RejectedExecutionException("its time was up before it began"));
                    return;
                }
                try {
                    load(key, flight, load);
                } catch (RuntimeException deliveredByLanding) {
                    // those who wait have it; an Error also goes to the executor
                }
            });
        } catch (RuntimeException | Error failure) {
            fail(key, flight, failure);
        }
    }

    private Positioned<@Nullable V> load(K key, Flight<V> flight, Function<? super K, Positioned<@Nullable V>> load) {
        counters.loads.increment();
        flight.pilot = Thread.currentThread();
        try {
            Positioned<@Nullable V> loaded = Objects.requireNonNull(
                    load.apply(key),
                    "load returned null (expected: a Positioned, of a null value where there is none)");
            flights.land(key, flight, loaded, lifetimes.draw(key, loaded.value()));
            return loaded;
        } catch (RuntimeException | Error failure) {
            fail(key, flight, failure);
            throw failure;
        } finally {
            flight.pilot = null;
            flight.disarm();
        }
    }

    private void fail(K key, Flight<V> flight, Throwable failure) {
        counters.loadFailures.increment();
        flight.disarm();
        flights.fail(key, flight, failure);
    }

    private Positioned<@Nullable V> await(K key, Flight<V> flight) {
        try {
            return flight.landing.get();
        } catch (ExecutionException e) {
            throw CallFailedException.unchecked(loadOf(key), Objects.requireNonNullElse(e.getCause(), e));
        } catch (InterruptedException e) {
            throw CallFailedException.unchecked("wait for another caller's " + loadOf(key), e);
        }
    }

    /** Called before the flight is handed to whoever flies it, so that its alarm needs no ordering of its own. */
    private void arm(K key, Flight<V> flight) {
        Duration timeout = configuration.loadTimeout();
        if (timeout != null) {
            flight.alarm = scheduler.schedule(timeout, () -> {
                DeadlineExceededException late = new DeadlineExceededException(loadOf(key), timeout, null);
                if (flight.landing.completeExceptionally(late)) {
                    tell(
                            "load.overdue",
                            Level.WARNING,
                            "a load has not returned within " + timeout,
                            Map.of("timeout", timeout));
                }
            });
        }
    }

    private Function<K, Positioned<@Nullable V>> ownLoad() {
        if (ownLoad == null) {
            throw new IllegalStateException(
                    "cache '" + name() + "' was built without a loader; call build(loader) or get(key, loader)");
        }
        return ownLoad;
    }

    private Function<K, Positioned<@Nullable V>> loading(Loader<? super K, ? extends V> loader) {
        return key -> {
            try {
                return unplaced(loader.load(key));
            } catch (Exception e) {
                throw CallFailedException.unchecked(loadOf(key), e);
            }
        };
    }

    // Before JDK 22 NullAway cannot read that Positioned's type parameter may be nullable.
    @SuppressWarnings("NullAway")
    private static <V> Positioned<@Nullable V> unplaced(@Nullable V value) {
        return Positioned.unplaced(value);
    }

    private String loadOf(Object key) {
        return "load of key " + key + " by cache '" + name() + "'";
    }

    private void tell(String kind, Level level, String message, Map<String, Object> details) {
        observer.on(
                new Event(time.now(), "cache/" + name(), kind, level, "cache '" + name() + "': " + message, details));
    }
}
