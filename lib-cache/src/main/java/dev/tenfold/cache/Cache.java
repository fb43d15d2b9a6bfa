package dev.tenfold.cache;

import dev.tenfold.Codec;
import dev.tenfold.Invalidation;
import dev.tenfold.ReadThrough;
import dev.tenfold.cache.eviction.BoundedTable;
import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.time.TimeSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A bounded cache in process that loads what it misses.
 *
 * <pre>{@code
 * Cache<Long, User> users = Cache.<Long, User>builder("users")
 *         .maximumSize(100_000)
 *         .expireAfterWrite(ofMinutes(10)).jitter(0.1)
 *         .staleWhileRevalidate(ofMinutes(1)).staleIfError(ofHours(1))
 *         .build(id -> repository.find(id));
 * User user = users.get(42L);
 * users.invalidate(42L);                              // after the repository was changed
 * }</pre>
 *
 * <ul>
 *   <li>Of concurrent misses on a key one loads and the rest wait for it. No load ever blocks another key.
 *   <li>A load that began before an invalidation (of its key, a tag, a prefix, everything) or a {@link #put} of its key
 *       leaves no value, and callers that come after do not wait for it: they load anew.
 *   <li>A copy past its lifetime is returned only under the stale rules of the {@link CacheBuilder}, and {@link #lookup}
 *       says so. A loader that fails, fails those who waited for it; the key is then not tried again for a moment.
 *   <li>Copies carry the {@link Position} they were read at; one that has seen less than its caller is a miss, and a slow
 *       load never replaces a copy of a later position of the same shard.
 * </ul>
 *
 * <p>Thread-safe. A hit takes no lock and allocates nothing; it costs the table's own lookup, a reading of the clock where
 * copies age, and a counter where {@linkplain CacheBuilder#recordStats hits are counted}. A miss, a put and an invalidation each take the lock of one hash bin for some hundred
 * nanoseconds, never while loading. Blocking forms may be called from virtual threads. Nothing is started; the executor and
 * the scheduler belong to the caller. Only a cache with a bus or a writer needs {@linkplain #close closing}.
 *
 * @param <K> the kind of key; equals and hashCode must not change while it is in use
 * @param <V> the kind of value; shared between callers, so best immutable
 */
public final class Cache<K, V> implements ReadThrough<K, V>, Invalidation<K>, Measured, AutoCloseable {

    private final CacheParts<K, V> parts;
    private final Store<K, V> store;
    /** The store's, at hand: each step on the way to it would show in a hit. */
    private final BoundedTable<K, Object> table;

    private final CacheCounters counters;
    private final Loading<K, V> loading;
    private final Lookups<K, V> lookups;
    private final Changing<K, V> changing;
    private final @Nullable Source<K, V> own;
    private final @Nullable Batches<K, V> batches;
    private final Executor executor;
    private final TimeSource time;

    Cache(CacheOptions<K, V> b, @Nullable Loader<? super K, ? extends V> loader, Loader.@Nullable Async<K, V> async) {
        parts = CacheParts.of(b);
        time = b.time;
        store = parts.store();
        table = store.table;
        counters = parts.counters();
        executor = b.effectiveExecutor();
        loading = new Loading<>(b, parts);
        lookups = new Lookups<>(parts, new Refreshing<>(parts, loading));
        batches = b.bulkLoader == null ? null : new Batches<>(b, b.bulkLoader);
        own = Sources.own(name(), loader, async, batches);
        changing = new Changing<>(b, parts, loading.failures());
        if (b.recordStats) {
            countHits();
        }
    }

    private void countHits() {
        counters.countHits();
        store.endDirect();
    }

    /**
     * Starts building a cache.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param name names it in messages, events and measurements; not blank. Caches of one name on several nodes hold
     *     copies of the same things
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
     * @throws IllegalStateException if the cache was built without a loader, or a load asks for its own key, be it by way
     *     of other loads
     * @throws CallFailedException if the loader threw a checked exception, or this thread was interrupted as it waited
     * @throws DeadlineExceededException if another caller's load took longer than the load timeout
     */
    public @Nullable V get(K key) {
        Source<K, V> source = own();
        Object held = table.get(key);
        return held != null && store.isDirect() ? bare(held) : answer(key, held, source);
    }

    private @Nullable V answer(K key, @Nullable Object held, Source<K, V> source) {
        if (held != null && isBare(held)) {
            return hit(held);
        }
        Copy<V> copy = lookups.find(key, held, Position.none(), source, null, null);
        return (copy != null ? copy : loading.miss(key, Position.none(), source)).value;
    }

    /**
     * Returns the value of a key, loading it on this thread if there is no copy. If another thread loads the key already,
     * its answer is used and {@code loader} is not.
     *
     * @param key the key
     * @param loader reads the value from where it lives
     * @return the value, or null if the loader knows none
     * @throws IllegalStateException if a load asks for its own key, be it by way of other loads
     * @throws CallFailedException if the loader threw a checked exception, or this thread was interrupted as it waited
     * @throws DeadlineExceededException if another caller's load took longer than the load timeout
     */
    public @Nullable V get(K key, Loader<? super K, ? extends V> loader) {
        Object held = table.get(key);
        return held != null && store.isDirect() ? bare(held) : answer(key, held, loader);
    }

    private @Nullable V answer(K key, @Nullable Object held, Loader<? super K, ? extends V> loader) {
        if (held != null && isBare(held)) {
            return hit(held);
        }
        Copy<V> copy = lookups.find(key, held, Position.none(), null, loader, null);
        return (copy != null ? copy : loading.miss(key, Position.none(), Sources.brought(name(), loader))).value;
    }

    /**
     * {@inheritDoc}
     *
     * <p>The load runs on this thread. A caller waits for at most two loads of others whose results do not cover its
     * minimum, then loads beside them. What its own load returns is its answer, whatever the position.
     *
     * @throws IllegalStateException if a load asks for its own key, be it by way of other loads
     * @throws CallFailedException if this thread was interrupted as it waited
     * @throws DeadlineExceededException if another caller's load took longer than the load timeout
     */
    @Override
    public Positioned<@Nullable V> get(K key, Position minimum, Function<? super K, Positioned<@Nullable V>> load) {
        Copy<V> copy = lookups.find(key, minimum, null, load);
        return (copy != null ? copy : loading.miss(key, minimum, Sources.brought(load))).answer();
    }

    /**
     * Returns what {@link #get(Object)} does, and says what it is worth.
     *
     * @param key the key
     * @return the answer, with its state and age
     * @throws RuntimeException as {@link #get(Object)}
     */
    public Lookup<V> lookup(K key) {
        Source<K, V> source = own();
        Copy<V> copy = lookups.find(key, Position.none(), source, null);
        return copy != null
                ? lookups.describe(copy, Lookup.State.FRESH)
                : lookups.describe(loading.miss(key, Position.none(), source), Lookup.State.LOADED);
    }

    /**
     * Returns the value of a key, loading it in the cache's executor with the cache's own loader if there is no copy.
     *
     * @param key the key
     * @return completed with the value or null, at once if there is a copy, else in the executor; or with what the load
     *     failed with, a rejection by the executor included, or with {@link DeadlineExceededException} when the load timeout
     *     has passed
     * @throws IllegalStateException if the cache was built without a loader, or a load asks for its own key
     */
    public CompletionStage<@Nullable V> getAsync(K key) {
        Source<K, V> source = own();
        Copy<V> copy = lookups.find(key, Position.none(), source, null);
        return copy != null
                ? CompletableFuture.completedStage(copy.value)
                : loading.missAsync(key, source).landing.thenApplyAsync(landed -> landed.value, executor);
    }

    /**
     * Returns the values of several keys, loading those without a copy: with the bulk loader, in batches, if the cache has
     * one, else one by one; on this thread. Keys that others load already are waited for.
     *
     * @param keys the keys
     * @return the values in the order of the keys, without those that have none
     * @throws RuntimeException as {@link #get(Object)}, for the first key that failed; the others are loaded and kept
     */
    public Map<K, V> getAll(Iterable<? extends K> keys) {
        return new BulkLookup<>(loading, parts.flights(), parts.others(), own(), batches)
                .get(keys, (key, source) -> lookups.find(key, Position.none(), source, null));
    }

    /**
     * Returns the copy of a key without loading. Never one that is past its lifetime.
     *
     * @param key the key
     * @return the value, or null if there is no copy or it says that the key has no value
     */
    public @Nullable V getIfPresent(K key) {
        Object held = table.get(key);
        return held != null && store.isDirect() ? bare(held) : answer(key, held);
    }

    private @Nullable V answer(K key, @Nullable Object held) {
        if (held != null && isBare(held)) {
            return hit(held);
        }
        Copy<V> copy = lookups.findFresh(key, held);
        return copy == null ? null : copy.value;
    }

    /**
     * Returns the copy of a key without loading, and without counting as a lookup or as a use. Never one that is past its
     * lifetime.
     *
     * @param key the key
     * @return the value, or null if there is no copy or it says that the key has no value
     */
    public @Nullable V peek(K key) {
        Copy<V> copy = store.peekFresh(key);
        return copy == null ? null : copy.value;
    }

    /**
     * Keeps a value as if it had just been loaded, replacing any copy and overtaking any load of the key under way; with a
     * writer, writes it to the store first. To keep what was read from elsewhere, use {@link #get(Object, Loader)}: between
     * reading and putting, the value could have changed.
     *
     * @param key the key
     * @param value the value
     * @throws RuntimeException what the writer threw; the copy is then dropped
     */
    public void put(K key, V value) {
        changing.put(key, Objects.requireNonNull(value, "value"));
    }

    /**
     * Drops the copy of a key; with a writer, removes the value from the store first.
     *
     * @param key the key
     * @throws RuntimeException what the writer threw; the copy is dropped all the same
     */
    public void remove(K key) {
        changing.remove(key);
    }

    /**
     * {@inheritDoc}
     *
     * <p>With a remote tier or a bus it is dropped there too, waiting for either no longer than the remote timeout.
     */
    @Override
    public void invalidate(K key) {
        changing.invalidate(key);
    }

    /**
     * Drops the copies of several keys. The same promise as {@link #invalidate}, and one message on the bus.
     *
     * @param keys the keys that changed
     */
    public void invalidateAll(Iterable<? extends K> keys) {
        changing.invalidateAll(keys);
    }

    /**
     * Drops every copy that carries a tag. When this returns, none that was loaded before is served, nor will a load that
     * is under way leave one. Costs what it drops, and a little for each load under way.
     *
     * @param tag the tag
     * @throws IllegalStateException if the cache was built without tags
     */
    public void invalidateTag(String tag) {
        changing.invalidateTag(tag);
    }

    /**
     * Drops every copy whose key, as {@link String#valueOf(Object)} writes it, begins with a prefix. The same promise as
     * {@link #invalidate}. Linear in the number of copies; other callers are not blocked.
     *
     * @param prefix the beginning of the keys
     */
    public void invalidatePrefix(String prefix) {
        changing.invalidatePrefix(prefix);
    }

    /**
     * Drops every copy whose key is chosen. The same promise as {@link #invalidate}. Linear in the number of copies; other
     * callers are not blocked.
     *
     * @param chosen says which keys; called for each at least once, must not use the cache
     * @throws UnsupportedOperationException if the cache has a remote tier or a bus, which cannot be told a predicate
     */
    public void invalidateIf(Predicate<? super K> chosen) {
        changing.invalidateIf(chosen);
    }

    /**
     * Drops every copy. When this returns, no copy that was loaded before is served, nor will a load that is under way
     * leave one. Linear in the number of copies; other callers are not blocked.
     */
    public void invalidateAll() {
        changing.invalidateAll();
    }

    /**
     * Keeps the copy of a key from being evicted, until it is unpinned, invalidated, or its time is up. A later load or put
     * of the key keeps the pin.
     *
     * @param key the key
     * @return whether there is a copy to pin
     * @throws IllegalStateException if the pins would exceed {@link CacheBuilder#maximumPinned}
     */
    public boolean pin(K key) {
        return store.pin(key);
    }

    /**
     * Lets the copy of a key be evicted again.
     *
     * @param key the key
     * @return whether it was pinned
     */
    public boolean unpin(K key) {
        return store.unpin(key);
    }

    /**
     * Changes the bound, evicting at once what is over it.
     *
     * @param maximum the most copies to hold, or the most weight where a weigher was given; 0 or more
     */
    public void resize(long maximum) {
        if (maximum < 0) {
            throw new IllegalArgumentException("maximum: " + maximum + " (expected: >= 0)");
        }
        store.setMaximum(maximum);
        store.deliver();
    }

    /**
     * Drops what is past its use and evicts what is over the bound, now. The cache does so by itself after writes; call it
     * now and then if it may go without them for long and memory or prompt removal events matter. Linear.
     */
    public void cleanUp() {
        parts.flights().sweep();
        store.cleanUpTable();
        store.deliver();
    }

    /**
     * Writes the copies within their lifetime to a file, for a warm start. The file is replaced as a whole or not at all. Linear.
     *
     * @param file where to
     * @param keys writes keys
     * @param values writes values
     * @return how many were written
     * @throws IOException if that fails
     */
    public long save(Path file, Codec<K> keys, Codec<V> values) throws IOException {
        return SnapshotFile.save(file, parts, time.now(), keys, values);
    }

    /**
     * Reads what {@link #save} wrote into a cache that nobody uses yet: what is fresh still by the wall clock, of keys that have
     * no copy. What was changed or invalidated in between is not known, and only its lifetime ends it.
     *
     * @param file where from
     * @param keys reads keys
     * @param values reads values
     * @return how many were read
     * @throws IOException if there is no such file, or it cannot be read
     * @throws dev.tenfold.error.CorruptDataException if it is damaged; then nothing was read
     */
    public long restore(Path file, Codec<K> keys, Codec<V> values) throws IOException {
        return SnapshotFile.restore(file, parts, time.now(), keys, values);
    }

    /**
     * Returns a view of the copies within their lifetime as a map. It loads nothing; what is changed through it is changed
     * as by {@link #put} and {@link #remove}. Its iterators are weakly consistent; {@code size} is linear where copies age.
     *
     * @return a view that keeps nothing of its own
     */
    public ConcurrentMap<K, V> asMap() {
        return new MapView<>(this, parts, changing);
    }

    /**
     * Returns what identifies the cache in messages, events and measurements.
     *
     * @return the name it was built with
     */
    public String name() {
        return configuration().name();
    }

    /**
     * Returns how the cache was built.
     *
     * @return the configuration
     */
    public CacheConfiguration configuration() {
        return parts.configuration();
    }

    /**
     * Returns what was counted so far. Sums a few striped counters. Hits are counted if {@link CacheBuilder#recordStats}
     * says so.
     *
     * @return a snapshot
     */
    public CacheStats stats() {
        return counters.stats(store);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Hits are counted from the first call on, if not from the start: {@link CacheBuilder#recordStats}.
     */
    @Override
    public List<Measurement> measurements() {
        countHits();
        return counters.measurements(name(), store, parts.flights());
    }

    /** Ends the subscription to the bus, and has the writer write what waits. The cache can be read still. */
    @Override
    public void close() {
        changing.close();
    }

    @Override
    public String toString() {
        return "Cache[" + name() + ", " + store.weight() + " of " + store.maximum() + "]";
    }

    /** For tests: how many tags are remembered. */
    int indexedTags() {
        return store.tags();
    }

    /** On a value of which nothing more is known, so that it is fresh. */
    private V hit(Object bare) {
        counters.hit();
        return bare(bare);
    }

    @SuppressWarnings("unchecked")
    private V bare(Object held) {
        return (V) held;
    }

    private static boolean isBare(Object held) {
        return !(held instanceof Copy);
    }

    private Source<K, V> own() {
        if (own == null) {
            throw new IllegalStateException(
                    "cache '" + name() + "' was built without a loader; call build(loader) or get(key, loader)");
        }
        return own;
    }
}
