package dev.tenfold.cache.edge;

import dev.tenfold.cache.CacheBuilder;
import dev.tenfold.cache.Loader;
import dev.tenfold.error.Validation;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Configures an {@link EdgeNetwork}. What does not fit is reported by {@code build}, all at once. Not thread-safe.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class EdgeNetworkBuilder<K, V> {

    /** How many neighbours a miss asks unless told otherwise. */
    public static final int DEFAULT_NEIGHBOURS = 2;

    /** How long a client waits for another's fetch unless told otherwise. */
    public static final Duration DEFAULT_COLLAPSE_TIMEOUT = Duration.ofSeconds(5);

    /** How long a key is remembered for answers that nobody may share, unless told otherwise. */
    public static final Duration DEFAULT_HIT_FOR_MISS = Duration.ofSeconds(10);

    /** How long a stale copy is served without asking again after the origin failed, unless told otherwise. */
    public static final Duration DEFAULT_RETRY_AFTER_FAILURE = Duration.ofSeconds(1);

    record Place(String name, Coordinates coordinates) {}

    final String name;
    final List<Place> places = new ArrayList<>();
    int neighbours = DEFAULT_NEIGHBOURS;
    long maximumSize = CacheBuilder.DEFAULT_MAXIMUM_SIZE;
    long maximumBytes;
    boolean hasMaximumBytes;
    HealthPolicy health = HealthPolicy.defaults();
    Duration collapseTimeout = DEFAULT_COLLAPSE_TIMEOUT;
    Duration hitForMiss = DEFAULT_HIT_FOR_MISS;
    Duration retryAfterFailure = DEFAULT_RETRY_AFTER_FAILURE;
    Duration staleWhileRevalidate = Duration.ZERO;
    Duration staleIfError = Duration.ZERO;
    Duration negativeTtl = Duration.ZERO;
    BiFunction<? super K, ? super V, ? extends Collection<String>> tags = (key, value) -> Set.of();

    @Nullable
    String shield;

    @Nullable
    ToLongBiFunction<? super K, ? super V> sizeOf;

    @Nullable
    Duration expireAfterWrite;

    @Nullable
    BiFunction<? super K, ? super V, Duration> expireEach;

    @Nullable
    Executor executor;

    @Nullable
    Scheduler scheduler;

    TimeSource time = TimeSource.system();
    Observer observer = Observer.slf4j();

    EdgeNetworkBuilder(String name) {
        this.name = name;
    }

    /**
     * Adds an edge, which is up.
     *
     * @param name its name, unique in the network, not blank
     * @param coordinates where it stands
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> edge(String name, Coordinates coordinates) {
        places.add(new Place(name, coordinates));
        return this;
    }

    /**
     * Sets how many neighbours, nearest first, an edge asks for a copy before the origin.
     *
     * @param count 0 or more; default {@value #DEFAULT_NEIGHBOURS}
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> neighbours(int count) {
        neighbours = count;
        return this;
    }

    /**
     * Makes one of the edges the origin shield: the others ask it instead of the origin, so that the origin sees one request
     * where each of them would make one. While it is down they ask the origin. Unset, there is none.
     *
     * @param edge the name of an edge, usually the one nearest to the origin
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> shield(String edge) {
        shield = edge;
        return this;
    }

    /**
     * Sets by which rules an edge whose {@link EdgeSite#health} is told of failures is taken out and brought back.
     *
     * @param policy the rules; default {@link HealthPolicy#defaults()}
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> health(HealthPolicy policy) {
        health = policy;
        return this;
    }

    /**
     * Bounds the cache of each edge.
     *
     * @param copies how many an edge holds, 0 or more; default {@value CacheBuilder#DEFAULT_MAXIMUM_SIZE}
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> maximumSize(long copies) {
        maximumSize = copies;
        return this;
    }

    /**
     * Tells the size of values, for {@link EdgeStats#bytesSaved} and {@link #maximumBytes}.
     *
     * @param bytes from key and value to bytes, 0 or more; thread-safe and quick, called on every answer
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> sizeOf(ToLongBiFunction<? super K, ? super V> bytes) {
        sizeOf = bytes;
        return this;
    }

    /**
     * Bounds the cache of each edge by the bytes of its values instead of their number. Needs {@link #sizeOf}.
     *
     * @param bytes the most an edge holds, above 0. Unset, {@link #maximumSize} is the bound
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> maximumBytes(long bytes) {
        maximumBytes = bytes;
        hasMaximumBytes = true;
        return this;
    }

    /**
     * Lets what the origin answered be served for this long, counted from the request to the origin and across all edges
     * that the copy passes. Unset, until evicted or purged.
     *
     * @param ttl the greatest age served, above 0
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> expireAfterWrite(Duration ttl) {
        expireAfterWrite = ttl;
        return this;
    }

    /**
     * Lets each answer of the origin be served for as long as a function says, such as what its headers allow.
     *
     * @param ttl from key and value to the greatest age served; zero or negative means that the answer is for one client
     *     only: it is not kept, and those who waited for it ask the origin themselves
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> expireAfterWrite(BiFunction<? super K, ? super V, Duration> ttl) {
        expireEach = ttl;
        return this;
    }

    /**
     * Serves a stale copy for this long after its lifetime, at once, while one fetch in the background renews it (RFC 5861,
     * section 3). Needs {@link #executor}. Default zero: never.
     *
     * @param window how long, 0 or more
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> staleWhileRevalidate(Duration window) {
        staleWhileRevalidate = window;
        return this;
    }

    /**
     * Serves a stale copy for this long after its lifetime where the origin fails (RFC 5861, section 4), marked {@link
     * Served.State#STALE}. Default zero: never.
     *
     * @param window how long, 0 or more
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> staleIfError(Duration window) {
        staleIfError = window;
        return this;
    }

    /**
     * Remembers for this long that the origin has no value for a key. Default zero: such an answer is not kept.
     *
     * @param ttl how long, 0 or more
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> negativeTtl(Duration ttl) {
        negativeTtl = ttl;
        return this;
    }

    /**
     * Tags copies for {@link EdgeNetwork#purgeTag}. Default no tags.
     *
     * @param tags from key and value to its tags
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> tags(BiFunction<? super K, ? super V, ? extends Collection<String>> tags) {
        this.tags = tags;
        return this;
    }

    /**
     * Limits how long a client waits for another's fetch of the same key before it asks the origin itself; one of those who
     * waited asks, and the others wait once more.
     *
     * @param timeout above 0; default 5 s
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> collapseTimeout(Duration timeout) {
        collapseTimeout = timeout;
        return this;
    }

    /**
     * Sets for how long after an answer that nobody may share the requests for its key do not wait for each other. At most
     * 10,000 keys an edge are remembered.
     *
     * @param memory above 0; default 10 s
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> hitForMiss(Duration memory) {
        hitForMiss = memory;
        return this;
    }

    /**
     * Sets for how long after the origin failed for a key its stale copy is served, where it may be, without asking again: so
     * an origin that is slow to fail does not slow down every answer. At most 10,000 keys an edge are remembered.
     *
     * @param pause above 0; default 1 s
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> retryAfterFailure(Duration pause) {
        retryAfterFailure = pause;
        return this;
    }

    /**
     * Runs fetches in the background for {@link #staleWhileRevalidate}, and for requests whose own rules ask for one. Unset,
     * such copies are served without being renewed until their time is up.
     *
     * @param executor the caller's, who closes it after the network is out of use; the origin is called on its threads
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> executor(Executor executor) {
        this.executor = executor;
        return this;
    }

    /**
     * Times {@link #collapseTimeout}; used only where somebody waits. Unset, the timer that the JDK shares among all {@code
     * CompletableFuture}s; another clock than the system's needs a scheduler that follows it to time out at all.
     *
     * @param scheduler the caller's, who closes it after the network is out of use
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Sets the clock that ages go by. Default {@link TimeSource#system()}.
     *
     * @param time the clock
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Sets who is told of {@code edge.down} and {@code edge.up}. Default {@link Observer#slf4j()}.
     *
     * @param observer whom to tell
     * @return this builder
     */
    public EdgeNetworkBuilder<K, V> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Builds a network whose callers bring the origin. Starts nothing.
     *
     * @return a new network with empty edges
     * @throws dev.tenfold.error.InvalidConfigurationException if any option does not fit
     */
    public EdgeNetwork<K, V> build() {
        validate();
        return new EdgeNetwork<>(this, null);
    }

    /**
     * Builds a network in front of an origin. Starts nothing.
     *
     * @param origin answers what no edge has; called on the thread of the client that missed
     * @return a new network with empty edges
     * @throws dev.tenfold.error.InvalidConfigurationException if any option does not fit
     */
    public EdgeNetwork<K, V> build(Loader<? super K, ? extends V> origin) {
        validate();
        return new EdgeNetwork<>(this, origin);
    }

    PlainRules<K, V> rules() {
        return new PlainRules<>(expireEach, expireAfterWrite, negativeTtl, staleWhileRevalidate, staleIfError, tags);
    }

    CopyStore<K, V> emptyStore() {
        ToLongBiFunction<? super K, ? super V> size = sizeOf;
        return hasMaximumBytes && size != null
                ? new CopyStore<>(maximumBytes, (key, copy) -> bytes(key, copy, size), time)
                : new CopyStore<>(maximumSize, null, time);
    }

    private static <K, V> long bytes(K key, Copy<V> copy, ToLongBiFunction<? super K, ? super V> size) {
        V value = copy.value();
        return value == null ? 0 : size.applyAsLong(key, value);
    }

    Scheduler effectiveScheduler() {
        return scheduler == null ? Scheduler.shared(Runnable::run) : scheduler;
    }

    private void validate() {
        Validation check = Validation.of("edge network '" + name + "'");
        check.require(!name.isBlank(), "name", "'" + name + "'", "not blank");
        check.notEmpty("edges", places, "call edge(name, coordinates)");
        Set<String> names = new HashSet<>();
        for (Place place : places) {
            check.require(!place.name.isBlank(), "edge", "'" + place.name + "'", "a name that is not blank");
            check.require(names.add(place.name), "edge", "'" + place.name + "'", "a name used once");
        }
        check.atLeast("neighbours", neighbours, 0);
        check.atLeast("maximumSize", maximumSize, 0);
        check.positive("expireAfterWrite", expireAfterWrite);
        check.require(
                expireAfterWrite == null || expireEach == null,
                "expireAfterWrite",
                "a duration and a function",
                "one of them");
        check.require(shield == null || names.contains(shield), "shield", "'" + shield + "'", "the name of an edge");
        check.require(!hasMaximumBytes || maximumBytes > 0, "maximumBytes", maximumBytes, "> 0");
        check.require(!hasMaximumBytes || sizeOf != null, "sizeOf", sizeOf, "a function, for maximumBytes");
        check.notNegative("staleWhileRevalidate", staleWhileRevalidate);
        check.require(
                staleWhileRevalidate.isZero() || executor != null,
                "executor",
                executor,
                "one that runs the fetches in the background, for staleWhileRevalidate");
        check.notNegative("staleIfError", staleIfError);
        check.notNegative("negativeTtl", negativeTtl);
        check.positive("collapseTimeout", collapseTimeout);
        check.positive("hitForMiss", hitForMiss);
        check.positive("retryAfterFailure", retryAfterFailure);
        check.throwIfInvalid();
    }
}
