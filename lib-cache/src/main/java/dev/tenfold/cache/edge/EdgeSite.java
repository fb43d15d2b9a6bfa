package dev.tenfold.cache.edge;

import dev.tenfold.cache.Cache;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One edge of a network: a place with a cache, up or down. Thread-safe.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class EdgeSite<K, V> {

    private enum State {
        UP,
        /** Bypassed by clients, neighbours and purges, so what it holds may have been purged. */
        DOWN,
        /** Bypassed by clients and neighbours, reached by purges: it is dropping what it held. */
        REJOINING
    }

    private final String network;
    private final String name;
    private final Coordinates coordinates;
    private final TimeSource time;
    private final Observer observer;
    private final ReentrantLock changing = new ReentrantLock();
    private volatile State state = State.UP;

    final Cache<K, Copy<V>> cache;
    final LongAdder requests = new LongAdder();
    final LongAdder hits = new LongAdder();
    final LongAdder neighbourHits = new LongAdder();
    final LongAdder originFetches = new LongAdder();

    EdgeSite(String name, Coordinates coordinates, EdgeNetworkBuilder<K, V> builder, Observer observer) {
        this.network = builder.name;
        this.name = name;
        this.coordinates = coordinates;
        this.time = builder.time;
        this.observer = observer;
        this.cache = Cache.<K, Copy<V>>builder(builder.name + "/" + name)
                .maximumSize(builder.maximumSize)
                .expireAfterWrite((key, copy) -> copy.remaining(time.nanoTime()))
                .time(time)
                .observer(Observer.none())
                .build();
    }

    /**
     * Returns the edge's name.
     *
     * @return the name it was given
     */
    public String name() {
        return name;
    }

    /**
     * Returns where the edge stands.
     *
     * @return the place it was given
     */
    public Coordinates coordinates() {
        return coordinates;
    }

    /**
     * Says whether the edge takes requests.
     *
     * @return true from the start, and from the end of {@link #up()} to the next {@link #down()}
     */
    public boolean isUp() {
        return state == State.UP;
    }

    /** Takes the edge out: clients and neighbours bypass it from now on, and purges no longer reach it. */
    public void down() {
        boolean changed;
        changing.lock();
        try {
            changed = state != State.DOWN;
            state = State.DOWN;
        } finally {
            changing.unlock();
        }
        if (changed) {
            tell("edge.down", Level.WARNING, "is down; its clients go to the next nearest");
        }
    }

    /**
     * Brings the edge back, empty: it missed the purges since it went down, so it drops all it held before it takes a
     * request. Does nothing if it is up.
     */
    public void up() {
        changing.lock();
        try {
            if (state == State.UP) {
                return;
            }
            state = State.REJOINING;
            cache.invalidateAll();
            state = State.UP;
        } finally {
            changing.unlock();
        }
        tell("edge.up", Level.INFO, "is up again, with an empty cache");
    }

    /**
     * Returns what the edge counted so far.
     *
     * @return a snapshot
     */
    public EdgeStats stats() {
        return new EdgeStats(
                requests.sum(),
                hits.sum(),
                neighbourHits.sum(),
                originFetches.sum(),
                cache.stats().size());
    }

    @Override
    public String toString() {
        return "EdgeSite[" + name + ", " + (isUp() ? "up" : "down") + "]";
    }

    /** Answers from the own cache, or null. */
    @Nullable
    Copy<V> answer(K key) {
        requests.increment();
        Copy<V> copy = cache.getIfPresent(key);
        if (copy != null) {
            hits.increment();
        }
        return copy;
    }

    void purge(K key) {
        if (state != State.DOWN) {
            cache.invalidate(key);
        }
    }

    List<Measurement> measurements() {
        Map<String, String> tags = Map.of("network", network, "edge", name);
        return List.of(
                Measurement.counter("tenfold.edge.requests", "Clients' requests", tags, requests::sum),
                Measurement.counter("tenfold.edge.hits", "Requests answered from the edge's own copy", tags, hits::sum),
                Measurement.counter(
                        "tenfold.edge.neighbour.hits", "Copies taken from a neighbour", tags, neighbourHits::sum),
                Measurement.counter(
                        "tenfold.edge.origin.fetches", "Fetches that went to the origin", tags, originFetches::sum),
                Measurement.gauge(
                        "tenfold.edge.size",
                        "1",
                        "Copies held",
                        tags,
                        () -> cache.stats().size()),
                Measurement.gauge(
                        "tenfold.edge.up", "1", "1 if the edge takes requests, else 0", tags, () -> isUp() ? 1 : 0));
    }

    private void tell(String kind, Level level, String what) {
        String message = "edge '" + name + "' of network '" + network + "' " + what;
        observer.on(new Event(time.now(), "edge/" + network, kind, level, message, Map.of("edge", name)));
    }
}
