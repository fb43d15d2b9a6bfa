package dev.tenfold.cache.edge.http;

import dev.tenfold.cache.edge.EdgeNetwork;
import dev.tenfold.cache.edge.EdgeNetworkBuilder;
import dev.tenfold.error.Validation;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Configures an {@link HttpCache}. What does not fit is reported by {@code build}, all at once. Not thread-safe. */
public final class HttpCacheBuilder {

    /** How many bytes each edge keeps unless told otherwise: 64 MiB. */
    public static final long DEFAULT_MAXIMUM_BYTES = 64L << 20;

    final String name;
    private final EdgeNetworkBuilder<HttpKey, Stored> network;
    CacheRules rules = CacheRules.defaults();
    boolean honoursRequests = true;
    Duration uncacheableMemory = EdgeNetworkBuilder.DEFAULT_HIT_FOR_MISS;
    TimeSource time = TimeSource.system();

    @Nullable
    RateLimit requestRate;

    @Nullable
    RateLimit missRate;

    int missesPerClient = 32;
    int misses = 256;
    int uncacheableMisses = 128;
    int maximumClients = 100_000;
    Duration queueTimeout = Duration.ofSeconds(1);

    HttpCacheBuilder(String name) {
        this.name = name;
        this.network = EdgeNetwork.<HttpKey, Stored>builder(name)
                .sizeOf((key, stored) -> stored.bytes())
                .maximumBytes(DEFAULT_MAXIMUM_BYTES);
    }

    /**
     * Adds an edge, which is up.
     *
     * @param edge its name, unique in the cache, not blank
     * @param coordinates where it stands
     * @return this builder
     */
    public HttpCacheBuilder edge(String edge, Coordinates coordinates) {
        network.edge(edge, coordinates);
        return this;
    }

    /**
     * Makes one of the edges the origin shield.
     *
     * @param edge the name of an edge; unset, there is none
     * @return this builder
     * @see EdgeNetworkBuilder#shield
     */
    public HttpCacheBuilder shield(String edge) {
        network.shield(edge);
        return this;
    }

    /**
     * Sets how many neighbours an edge asks for a copy.
     *
     * @param count 0 or more; default {@value EdgeNetworkBuilder#DEFAULT_NEIGHBOURS}
     * @return this builder
     */
    public HttpCacheBuilder neighbours(int count) {
        network.neighbours(count);
        return this;
    }

    /**
     * Sets by which rules an edge whose {@link HttpCache#health} is told of failures is taken out and brought back.
     *
     * @param policy the rules; default {@link HealthPolicy#defaults()}
     * @return this builder
     */
    public HttpCacheBuilder health(HealthPolicy policy) {
        network.health(policy);
        return this;
    }

    /**
     * Sets what HTTP leaves to the cache to decide, and its bounds.
     *
     * @param rules default {@link CacheRules#defaults()}
     * @return this builder
     */
    public HttpCacheBuilder rules(CacheRules rules) {
        this.rules = rules;
        return this;
    }

    /**
     * Sets whether the Cache-Control of requests counts (RFC 9111, section 5.2.1). Many public caches ignore it, so that nobody
     * can send each of his requests past them with {@code no-cache}.
     *
     * @param honoured default true
     * @return this builder
     */
    public HttpCacheBuilder honourRequestDirectives(boolean honoured) {
        honoursRequests = honoured;
        return this;
    }

    /**
     * Bounds what each edge keeps.
     *
     * @param bytes of content and header, above 0; default {@value #DEFAULT_MAXIMUM_BYTES}
     * @return this builder
     */
    public HttpCacheBuilder maximumBytes(long bytes) {
        network.maximumBytes(bytes);
        return this;
    }

    /**
     * Limits how long a client waits for another's fetch of the same response.
     *
     * @param timeout above 0; default 5 s
     * @return this builder
     * @see EdgeNetworkBuilder#collapseTimeout
     */
    public HttpCacheBuilder collapseTimeout(Duration timeout) {
        network.collapseTimeout(timeout);
        return this;
    }

    /**
     * Sets for how long after the origin failed a stale response is served, where it may be, without asking again.
     *
     * @param pause above 0; default 1 s
     * @return this builder
     * @see EdgeNetworkBuilder#retryAfterFailure
     */
    public HttpCacheBuilder retryAfterFailure(Duration pause) {
        network.retryAfterFailure(pause);
        return this;
    }

    /**
     * Limits the requests of each client, by {@link Request#client}; above it they get 429. Unset, there is no limit.
     *
     * @param limit the rate and the burst
     * @return this builder
     */
    public HttpCacheBuilder requestRate(RateLimit limit) {
        requestRate = limit;
        return this;
    }

    /**
     * Limits the requests that each client causes at the origin, whatever the reason; above it they get 429 unless a stale
     * response may be served. So the origin never sees more from one client than the burst, and then the rate. Unset, there is
     * no limit.
     *
     * @param limit the rate and the burst
     * @return this builder
     */
    public HttpCacheBuilder missRate(RateLimit limit) {
        missRate = limit;
        return this;
    }

    /**
     * Bounds the requests that are at the origin at one time. What is above the bound for one client gets 429; what is above
     * the others waits for {@link #queueTimeout} and gets 503, unless a stale response may be served.
     *
     * @param all of all clients together, at least 1; default 256
     * @param uncacheable of these, those that bring nothing to keep, 1 to {@code all}; default 128
     * @param perClient of one client, at least 1; default 32
     * @return this builder
     */
    public HttpCacheBuilder misses(int all, int uncacheable, int perClient) {
        misses = all;
        uncacheableMisses = uncacheable;
        missesPerClient = perClient;
        return this;
    }

    /**
     * Sets how long a request waits for a place at the origin.
     *
     * @param timeout 0 or more; default 1 s
     * @return this builder
     */
    public HttpCacheBuilder queueTimeout(Duration timeout) {
        queueTimeout = timeout;
        return this;
    }

    /**
     * Bounds the memory of the rate limits: of more clients than this at one time, the least active start anew.
     *
     * @param clients at least 1; default 100,000
     * @return this builder
     */
    public HttpCacheBuilder maximumClients(int clients) {
        maximumClients = clients;
        return this;
    }

    /**
     * Runs the fetches that renew stale responses. Unset, {@code stale-while-revalidate} serves them until its end without
     * renewing them.
     *
     * @param executor the caller's, who closes it after the cache is out of use; the origin is called on its threads
     * @return this builder
     */
    public HttpCacheBuilder executor(Executor executor) {
        network.executor(executor);
        return this;
    }

    /**
     * Times {@link #collapseTimeout}.
     *
     * @param scheduler the caller's
     * @return this builder
     * @see EdgeNetworkBuilder#scheduler
     */
    public HttpCacheBuilder scheduler(Scheduler scheduler) {
        network.scheduler(scheduler);
        return this;
    }

    /**
     * Sets the clock. Default {@link TimeSource#system()}.
     *
     * @param time the clock
     * @return this builder
     */
    public HttpCacheBuilder time(TimeSource time) {
        this.time = time;
        network.time(time);
        return this;
    }

    /**
     * Sets who is told of what happens to the edges. Default {@link Observer#slf4j()}.
     *
     * @param observer whom to tell
     * @return this builder
     */
    public HttpCacheBuilder observer(Observer observer) {
        network.observer(observer);
        return this;
    }

    /**
     * Builds a cache in front of an origin. Starts nothing.
     *
     * @param origin where the content comes from
     * @return a new cache with empty edges
     * @throws dev.tenfold.error.InvalidConfigurationException if any option does not fit
     */
    public HttpCache build(HttpOrigin origin) {
        Validation check = Validation.of("HTTP cache '" + name + "'");
        check.require(
                name.matches("[A-Za-z][A-Za-z0-9_.-]*"),
                "name",
                "'" + name + "'",
                "a letter, then letters, digits, '_', '.', '-'");
        check.atLeast("misses", misses, 1);
        check.between("uncacheable misses", uncacheableMisses, 1, Math.max(1, misses));
        check.atLeast("misses per client", missesPerClient, 1);
        check.atLeast("maximumClients", maximumClients, 1);
        check.notNegative("queueTimeout", queueTimeout);
        check.atLeast("maximumObjectBytes", rules.maximumObjectBytes(), 0);
        check.atLeast("maximumHeaderBytes", rules.maximumHeaderBytes(), 0);
        check.atLeast("maximumVariants", rules.maximumVariants(), 1);
        check.atLeast("maximumVaryFields", rules.maximumVaryFields(), 0);
        check.between("heuristicFraction", rules.heuristicFraction(), 0, 1);
        check.notNegative("heuristicLimit", rules.heuristicLimit());
        check.notNegative("staleWhileRevalidate", rules.staleWhileRevalidate());
        check.notNegative("staleIfError", rules.staleIfError());
        check.notNegative("keptStale", rules.keptStale());
        check.throwIfInvalid();
        return new HttpCache(this, network.build(), origin);
    }
}
