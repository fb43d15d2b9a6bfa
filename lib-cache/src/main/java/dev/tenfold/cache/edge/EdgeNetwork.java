package dev.tenfold.cache.edge;

import dev.tenfold.Edge;
import dev.tenfold.cache.Loader;
import dev.tenfold.error.CallFailedException;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthGroup;
import dev.tenfold.observe.EventRelay;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Edge caches at places on the map, in front of an origin, as a content delivery network has them.
 *
 * <pre>{@code
 * EdgeNetwork<String, Page> cdn = EdgeNetwork.<String, Page>builder("cdn")
 *         .edge("fra", Coordinates.of(50.1, 8.6))
 *         .edge("ams", Coordinates.of(52.3, 4.8))
 *         .shield("ams")
 *         .expireAfterWrite(ofMinutes(1))
 *         .staleIfError(ofHours(1))
 *         .build(path -> origin.fetch(path));
 * Served<Page> page = cdn.get(Coordinates.of(48.1, 11.6), "/home");
 * cdn.purge("/home");
 * cdn.edge("fra").down();
 * }</pre>
 *
 * <ul>
 *   <li>A client is served by the nearest edge that is up; while none is, the origin is asked directly.
 *   <li>An edge that misses asks its nearest neighbours that are up, then the shield if there is one, then the origin.
 *       Concurrent misses of a key are one fetch at an edge and one at the shield, and concurrent fetches of several edges are
 *       one load at the origin. Answers that nobody may share make nobody wait.
 *   <li>A copy's age counts from the request to the origin and travels with it: three edges never triple the lifetime.
 *   <li>Within its time for that, a stale copy is served at once while one fetch renews it, and while the origin fails.
 *   <li>When a purge returns, no edge serves what it concerns and was fetched before it began, nor does a fetch that was under
 *       way leave any. An edge that was down has dropped everything when it comes back.
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
    private final EdgeMap<K, V> map;
    private final Journeys<K, V> journeys;
    private final PlainRules<K, V> rules;
    private final Purges<K> purges = new Purges<>();
    private final LongAdder originCalls = new LongAdder();
    private final TimeSource time;

    /** Keeps nothing: it merges the edges' concurrent loads, and a purge overtakes them. */
    private final Tier<K, V> originTier;

    private final @Nullable Loader<? super K, ? extends V> ownOrigin;

    EdgeNetwork(EdgeNetworkBuilder<K, V> builder, @Nullable Loader<? super K, ? extends V> origin) {
        name = builder.name;
        time = builder.time;
        rules = builder.rules();
        ownOrigin = origin;
        Observer observer = builder.observer.guarded();
        HealthGroup health =
                new HealthGroup("edge/" + name, builder.health, time, new EventRelay(builder.observer), () -> {});
        Map<String, HealthCell> cells = health.update(
                builder.places.stream().map(EdgeNetworkBuilder.Place::name).toList());
        List<EdgeSite<K, V>> sites = new ArrayList<>();
        for (EdgeNetworkBuilder.Place place : builder.places) {
            HealthCell cell = Objects.requireNonNull(cells.get(place.name()));
            sites.add(new EdgeSite<>(
                    place, builder, observer, cell, () -> new Tier<>(name, builder.emptyStore(), builder)));
        }
        sites.forEach(EdgeSite::watch);
        map = new EdgeMap<>(sites, builder.shield, health, time);
        originTier = new Tier<>(name, null, builder);
        journeys = new Journeys<>(map, builder, purges, this::fromOrigin);
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
        return get(client, new PlainRequest<>(key, ownOrigin, rules));
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
        V response =
                get(client, new PlainRequest<>(request, origin::apply, rules)).value();
        return Objects.requireNonNull(response, "origin returned null (expected: a response)");
    }

    /**
     * Answers a request that has rules of its own. The builder's lifetimes and tags do not apply to it.
     *
     * @param client where the client is
     * @param request what it asks for, and what may be served to it
     * @return the value and where it came from
     * @throws dev.tenfold.error.CallFailedException if the request's fetch threw a checked exception, or this thread was
     *     interrupted as it waited for another client's fetch; what it threw unchecked is thrown as it is
     */
    public Served<V> get(Coordinates client, EdgeRequest<K, V> request) {
        EdgeSite<K, V> site = map.nearestUp(client);
        return site == null
                ? fromOrigin(request, null, false).servedBy("", time.nanoTime())
                : journeys.at(site, request);
    }

    /**
     * Answers a request from a copy if there is one, as {@link #get(Coordinates, EdgeRequest)} would, and asks nobody outside
     * the network. Nothing is kept, and an edge counts the request only if it has an answer.
     *
     * @param client where the client is
     * @param request what it asks for, and what may be served to it
     * @return the value and where it came from, or empty
     */
    public Optional<Served<V>> find(Coordinates client, EdgeRequest<K, V> request) {
        EdgeSite<K, V> site = map.nearestUp(client);
        return site == null ? Optional.empty() : Optional.ofNullable(journeys.find(site, request));
    }

    /**
     * Drops a key at every edge. When this returns, no edge serves a copy that was fetched before, nor will a fetch under
     * way leave one. An edge that is down is not reached, and drops everything before it takes requests again.
     *
     * @param key what changed at the origin
     * @return whom it reached
     */
    public PurgeReport purge(K key) {
        return purge(Purge.ofKey(key, false));
    }

    /**
     * Drops every copy with a tag, as {@link #purge(Object)} does with one key. Linear in the copies held, as are all purges
     * but that of a key; requests go on meanwhile.
     *
     * @param tag one of the tags of its answer
     * @return whom it reached
     */
    public PurgeReport purgeTag(String tag) {
        return purge(Purge.ofTag(tag, false));
    }

    /**
     * Drops every copy whose key, as a string, begins so.
     *
     * @param prefix what {@code key.toString()} begins with
     * @return whom it reached
     */
    public PurgeReport purgePrefix(String prefix) {
        return purge(Purge.ofKeys(key -> key.toString().startsWith(prefix), false));
    }

    /**
     * Drops every copy of certain keys.
     *
     * @param keys which; thread-safe, quick, and must not throw
     * @return whom it reached
     */
    public PurgeReport purgeIf(Predicate<? super K> keys) {
        return purge(Purge.ofKeys(keys, false));
    }

    /**
     * Drops every copy.
     *
     * @return whom it reached
     */
    public PurgeReport purgeAll() {
        return purge(Purge.ofKeys(key -> true, false));
    }

    /**
     * Marks a key's copies stale at every edge, so that they are still served while they are renewed and while the origin
     * fails, within their time for that. Copies without such a time are dropped.
     *
     * @param key what changed at the origin
     * @return whom it reached
     */
    public PurgeReport softPurge(K key) {
        return purge(Purge.ofKey(key, true));
    }

    /**
     * Marks every copy with a tag stale, as {@link #softPurge} does with one key.
     *
     * @param tag one of the tags of its answer
     * @return whom it reached
     */
    public PurgeReport softPurgeTag(String tag) {
        return purge(Purge.ofTag(tag, true));
    }

    /**
     * Marks every copy of certain keys stale, as {@link #softPurge} does with one key.
     *
     * @param keys which; thread-safe, quick, and must not throw
     * @return whom it reached
     */
    public PurgeReport softPurgeIf(Predicate<? super K> keys) {
        return purge(Purge.ofKeys(keys, true));
    }

    /**
     * Finds an edge, to take it down, bring it up or read its counters.
     *
     * @param name its name
     * @return the edge
     * @throws IllegalArgumentException if there is none of that name
     */
    public EdgeSite<K, V> edge(String name) {
        return map.named(name);
    }

    /**
     * Returns all edges.
     *
     * @return in the order they were added
     */
    public List<EdgeSite<K, V>> edges() {
        return map.sites();
    }

    @Override
    public List<Measurement> measurements() {
        List<Measurement> all = new ArrayList<>();
        all.add(Measurement.counter(
                "tenfold.edge.origin.loads", "Requests to the origin", Map.of("network", name), originCalls::sum));
        map.sites().forEach(site -> all.addAll(site.measurements()));
        return List.copyOf(all);
    }

    @Override
    public String toString() {
        return "EdgeNetwork[" + name + ", " + map.sites() + "]";
    }

    private PurgeReport purge(Purge<K> purge) {
        List<String> reached = new ArrayList<>();
        List<String> missed = new ArrayList<>();
        long copies = 0;
        purges.begin(purge);
        try {
            originTier.purge(purge);
            for (EdgeSite<K, V> site : map.shieldFirst()) {
                if (site.isUp()) {
                    copies += site.tier().purge(purge);
                    reached.add(site.name());
                } else {
                    missed.add(site.name());
                }
            }
        } finally {
            purges.end(purge);
        }
        return new PurgeReport(reached, missed, copies);
    }

    private Fetched<K, V> fromOrigin(EdgeRequest<K, V> request, @Nullable Copy<V> held, boolean hurried) {
        return originTier.fetch(request, held, hurried, (missing, copy, late) -> load(request, missing, copy));
    }

    private Fetched<K, V> load(EdgeRequest<K, V> request, K key, @Nullable Copy<V> held) {
        originCalls.increment();
        long asked = time.nanoTime();
        try {
            Answer<K, V> answer = request.fetch(key, held == null ? null : held.value());
            return new Fetched<>(
                    answer.key(), Copy.of(answer, asked), Served.Source.ORIGIN, Served.State.FRESH, answer.isFailure());
        } catch (Exception e) {
            throw CallFailedException.unchecked("origin of edge network '" + name + "' for " + key, e);
        }
    }
}
