package dev.tenfold.cache.edge;

import dev.tenfold.Edge;
import dev.tenfold.cache.Cache;
import dev.tenfold.cache.Loader;
import dev.tenfold.error.CallFailedException;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Edge caches at places on the map, in front of an origin, as a content delivery network has them.
 *
 * <pre>{@code
 * EdgeNetwork<String, Page> cdn = EdgeNetwork.<String, Page>builder("cdn")
 *         .edge("fra", Coordinates.of(50.1, 8.6))
 *         .edge("ams", Coordinates.of(52.3, 4.8))
 *         .expireAfterWrite(ofMinutes(1))
 *         .build(path -> origin.fetch(path));
 * Served<Page> page = cdn.get(Coordinates.of(48.1, 11.6), "/home");
 * cdn.purge("/home");
 * cdn.edge("fra").down();
 * }</pre>
 *
 * <ul>
 *   <li>A client is served by the nearest edge that is up; while none is, the origin is asked directly.
 *   <li>An edge that misses asks its nearest neighbours that are up, then the origin. Concurrent misses of a key are one
 *       fetch at an edge, and concurrent fetches of several edges are one load at the origin.
 *   <li>A copy's age counts from the request to the origin and travels with it: three edges never triple the lifetime.
 *   <li>When {@link #purge} returns, no edge serves what was fetched before it began.
 * </ul>
 *
 * <p>All edges are in this process: a "fetch from a neighbour" is a lookup. Thread-safe. A hit costs a distance to each
 * edge (about 100 ns) and a cache lookup, takes no lock and allocates the answer only.
 *
 * @param <K> the kind of key, such as a request that may be cached
 * @param <V> the kind of value
 */
public final class EdgeNetwork<K, V> implements Edge<K, V>, Measured {

    private final String name;
    private final List<EdgeSite<K, V>> sites;
    private final Map<EdgeSite<K, V>, List<EdgeSite<K, V>>> nearest;
    private final int neighbours;
    private final @Nullable BiFunction<? super K, ? super V, Duration> perAnswer;
    private final long lifetime;
    private final LongAdder originCalls = new LongAdder();
    private final TimeSource time;
    private final Purges<K> purges = new Purges<>();

    /** Keeps nothing: it merges the edges' concurrent loads, and a purge overtakes them. */
    private final Cache<K, Copy<V>> originLoads;

    private final @Nullable Loader<? super K, ? extends V> ownOrigin;

    EdgeNetwork(EdgeNetworkBuilder<K, V> builder, @Nullable Loader<? super K, ? extends V> origin) {
        name = builder.name;
        time = builder.time;
        neighbours = builder.neighbours;
        perAnswer = builder.expireEach;
        lifetime = builder.expireAfterWrite == null ? Long.MAX_VALUE : nanos(builder.expireAfterWrite);
        ownOrigin = origin;
        Observer observer = builder.observer.guarded();
        sites = builder.places.stream()
                .map(place -> new EdgeSite<>(place.name(), place.coordinates(), builder, observer))
                .toList();
        nearest = neighbourhoods(sites);
        originLoads = Cache.<K, Copy<V>>builder(name + "/origin")
                .maximumSize(0)
                .expireAfterWrite((key, copy) -> Duration.ZERO)
                .time(time)
                .observer(Observer.none())
                .build();
    }

    /**
     * Starts building a network.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param name names it in messages, events and measurements; not blank
     * @return a builder with the defaults and no edges
     */
    public static <K, V> EdgeNetworkBuilder<K, V> builder(String name) {
        return new EdgeNetworkBuilder<>(name);
    }

    /**
     * Answers a client from the network's own origin or copies of its answers.
     *
     * @param client where the client is
     * @param key what it asks for
     * @return the value and where it came from
     * @throws IllegalStateException if the network was built without an origin
     * @throws dev.tenfold.error.CallFailedException if the origin threw a checked exception, or this thread was
     *     interrupted as it waited for another client's fetch; what the origin threw unchecked is thrown as it is
     */
    public Served<V> get(Coordinates client, K key) {
        if (ownOrigin == null) {
            throw new IllegalStateException(
                    "edge network '" + name + "' was built without an origin; call build(origin) or serve(...)");
        }
        return get(client, key, ownOrigin);
    }

    /**
     * {@inheritDoc}
     *
     * <p>The origin is called on this thread, unless another client's call for an equal request is under way.
     *
     * @throws NullPointerException if the origin returned null
     */
    @Override
    public V serve(Coordinates client, K request, Function<? super K, ? extends V> origin) {
        V response = get(client, request, origin::apply).value();
        return Objects.requireNonNull(response, "origin returned null (expected: a response)");
    }

    /**
     * Drops a key at every edge. When this returns, no edge serves a copy that was fetched before, nor will a fetch under
     * way leave one. An edge that is down is not reached, and drops everything before it takes requests again.
     *
     * @param key what changed at the origin
     */
    public void purge(K key) {
        purges.begin(key);
        try {
            originLoads.invalidate(key);
            for (EdgeSite<K, V> site : sites) {
                site.purge(key);
            }
        } finally {
            purges.end(key);
        }
    }

    /**
     * Finds an edge, to take it down, bring it up or read its counters.
     *
     * @param name its name
     * @return the edge
     * @throws IllegalArgumentException if there is none of that name
     */
    public EdgeSite<K, V> edge(String name) {
        for (EdgeSite<K, V> site : sites) {
            if (site.name().equals(name)) {
                return site;
            }
        }
        throw new IllegalArgumentException("edge: '" + name + "' (expected: one of "
                + sites.stream().map(EdgeSite::name).toList() + ")");
    }

    /**
     * Returns all edges.
     *
     * @return in the order they were added
     */
    public List<EdgeSite<K, V>> edges() {
        return sites;
    }

    @Override
    public List<Measurement> measurements() {
        List<Measurement> all = new ArrayList<>();
        all.add(Measurement.counter(
                "tenfold.edge.origin.loads", "Requests to the origin", Map.of("network", name), originCalls::sum));
        sites.forEach(site -> all.addAll(site.measurements()));
        return List.copyOf(all);
    }

    @Override
    public String toString() {
        return "EdgeNetwork[" + name + ", " + sites + "]";
    }

    private Served<V> get(Coordinates client, K key, Loader<? super K, ? extends V> origin) {
        EdgeSite<K, V> site = nearestUp(client);
        Copy<V> held = site == null ? null : site.answer(key);
        if (site != null && held != null) {
            return held.servedBy(site.name(), Served.Source.EDGE, time.nanoTime());
        }
        OriginCall call = new OriginCall(origin);
        Copy<V> fetched = site == null
                ? fromOrigin(key, call)
                : Objects.requireNonNull(site.cache.get(key, missing -> fetch(site, missing, call)));
        if (!fetched.isShareable() && !call.made) {
            fetched = call.load(key);
        }
        return fetched.servedBy(site == null ? "" : site.name(), fetched.source(), time.nanoTime());
    }

    private @Nullable EdgeSite<K, V> nearestUp(Coordinates client) {
        EdgeSite<K, V> best = null;
        double bestDistance = Double.POSITIVE_INFINITY;
        for (EdgeSite<K, V> site : sites) {
            if (site.isUp()) {
                double distance = site.coordinates().distanceKm(client);
                if (distance < bestDistance) {
                    best = site;
                    bestDistance = distance;
                }
            }
        }
        return best;
    }

    private Copy<V> fetch(EdgeSite<K, V> site, K key, OriginCall call) {
        Copy<V> neighbours = fromNeighbours(site, key);
        if (neighbours != null) {
            site.neighbourHits.increment();
            return neighbours.passedOn();
        }
        site.originFetches.increment();
        return fromOrigin(key, call);
    }

    private @Nullable Copy<V> fromNeighbours(EdgeSite<K, V> site, K key) {
        if (purges.isUnderWay(key)) {
            return null;
        }
        int asked = 0;
        for (EdgeSite<K, V> neighbour : nearest.getOrDefault(site, List.of())) {
            if (asked == neighbours) {
                break;
            }
            if (neighbour.isUp()) {
                Copy<V> copy = neighbour.cache.getIfPresent(key);
                if (copy != null) {
                    return copy;
                }
                asked++;
            }
        }
        return null;
    }

    private Copy<V> fromOrigin(K key, OriginCall call) {
        return Objects.requireNonNull(originLoads.get(key, call));
    }

    private static <K, V> Map<EdgeSite<K, V>, List<EdgeSite<K, V>>> neighbourhoods(List<EdgeSite<K, V>> sites) {
        Map<EdgeSite<K, V>, List<EdgeSite<K, V>>> nearest = new HashMap<>();
        for (EdgeSite<K, V> site : sites) {
            nearest.put(
                    site,
                    sites.stream()
                            .filter(other -> other != site)
                            .sorted(Comparator.comparingDouble(
                                    other -> other.coordinates().distanceKm(site.coordinates())))
                            .toList());
        }
        return Map.copyOf(nearest);
    }

    private long lifetime(K key, @Nullable V value) {
        return value == null || perAnswer == null ? lifetime : nanos(perAnswer.apply(key, value));
    }

    private static long nanos(Duration ttl) {
        try {
            return ttl.toNanos();
        } catch (ArithmeticException beyond292Years) {
            return ttl.isNegative() ? 0 : Long.MAX_VALUE;
        }
    }

    /** One client's way to the origin; remembers whether it was taken. Used by that client's thread only. */
    private final class OriginCall implements Loader<K, Copy<V>> {

        private final Loader<? super K, ? extends V> origin;
        private boolean made;

        OriginCall(Loader<? super K, ? extends V> origin) {
            this.origin = origin;
        }

        @Override
        public Copy<V> load(K key) {
            made = true;
            originCalls.increment();
            long asked = time.nanoTime();
            V value;
            try {
                value = origin.load(key);
            } catch (Exception e) {
                throw CallFailedException.unchecked("origin of edge network '" + name + "' for " + key, e);
            }
            return new Copy<>(value, Served.Source.ORIGIN, asked, lifetime(key, value));
        }
    }
}
