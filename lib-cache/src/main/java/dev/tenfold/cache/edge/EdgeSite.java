package dev.tenfold.cache.edge;

import dev.tenfold.health.Health;
import dev.tenfold.health.HealthCell;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * One edge of a network: a place with a cache, up or down. Thread-safe.
 *
 * <p>It is up while nobody took it {@linkplain #down down} and its {@linkplain #health health} lets it take calls. Whenever it
 * comes back it is empty, since purges did not reach it meanwhile: it gets a new {@link Tier} before it is up, and fetches
 * still under way land in the old one, which nobody reads.
 *
 * <p>{@code isUp} and {@code tier} are written holding {@code changing} and read by anyone; {@code tier} is written first.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class EdgeSite<K, V> {

    private final String network;
    private final String name;
    private final Coordinates coordinates;
    private final TimeSource time;
    private final Observer observer;
    private final HealthCell health;
    private final Supplier<Tier<K, V>> emptyTier;
    private final ReentrantLock changing = new ReentrantLock();
    private boolean isTakenDown;
    private boolean isHealthy = true;
    private volatile boolean isUp = true;
    private volatile Tier<K, V> tier;

    final EdgeCounters counters = new EdgeCounters();

    EdgeSite(
            EdgeNetworkBuilder.Place place,
            EdgeNetworkBuilder<K, V> builder,
            Observer observer,
            HealthCell health,
            Supplier<Tier<K, V>> emptyTier) {
        this.network = builder.name;
        this.name = place.name();
        this.coordinates = place.coordinates();
        this.time = builder.time;
        this.observer = observer;
        this.health = health;
        this.emptyTier = emptyTier;
        this.tier = emptyTier.get();
    }

    /** Follows its health from now on. */
    void watch() {
        health.watchedBy(this::healthIs);
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
     * @return true unless it was taken {@link #down}, or its health lets it take no calls
     */
    public boolean isUp() {
        return isUp;
    }

    /**
     * Returns the edge's health, to be told of checks and of how calls on it went: an edge that fails is bypassed like one
     * that was taken down, by the rules of the network's {@link dev.tenfold.health.HealthPolicy}.
     *
     * @return a cell to report to
     */
    public HealthCell health() {
        return health;
    }

    /** Takes the edge out: clients and neighbours bypass it from now on, and purges no longer reach it. */
    public void down() {
        if (take(true)) {
            tell("edge.down", Level.WARNING, "is down; its clients go to the next nearest");
        }
    }

    /**
     * Brings the edge back, empty: it missed the purges since it went down, so it drops all it held before it takes a
     * request. Does nothing if it was not taken down.
     */
    public void up() {
        if (take(false)) {
            tell("edge.up", Level.INFO, "is up again, with an empty cache");
        }
    }

    /**
     * Returns what the edge counted so far.
     *
     * @return a snapshot
     */
    public EdgeStats stats() {
        return counters.stats(tier.size());
    }

    @Override
    public String toString() {
        return "EdgeSite[" + name + ", " + (isUp() ? "up" : "down") + "]";
    }

    Tier<K, V> tier() {
        return tier;
    }

    List<Measurement> measurements() {
        Map<String, String> tags = Map.of("network", network, "edge", name);
        List<Measurement> all = new ArrayList<>(counters.measurements(tags, () -> tier.size()));
        all.add(Measurement.gauge(
                "tenfold.edge.up", "1", "1 if the edge takes requests, else 0", tags, () -> isUp() ? 1 : 0));
        return all;
    }

    private boolean take(boolean down) {
        changing.lock();
        try {
            boolean changed = isTakenDown != down;
            isTakenDown = down;
            settle();
            return changed;
        } finally {
            changing.unlock();
        }
    }

    private void healthIs(Health now) {
        changing.lock();
        try {
            isHealthy = now.state().takesCalls();
            settle();
        } finally {
            changing.unlock();
        }
    }

    private void settle() {
        boolean shouldBeUp = isHealthy && !isTakenDown;
        if (shouldBeUp && !isUp) {
            tier = emptyTier.get();
        }
        isUp = shouldBeUp;
    }

    private void tell(String kind, Level level, String what) {
        String message = "edge '" + name + "' of network '" + network + "' " + what;
        observer.on(new Event(time.now(), "edge/" + network, kind, level, message, Map.of("edge", name)));
    }
}
