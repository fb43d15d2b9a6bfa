package dev.tenfold.cache.edge;

import dev.tenfold.cache.CacheBuilder;
import dev.tenfold.cache.Loader;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
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

    record Place(String name, Coordinates coordinates) {}

    final String name;
    final List<Place> places = new ArrayList<>();
    int neighbours = DEFAULT_NEIGHBOURS;
    long maximumSize = CacheBuilder.DEFAULT_MAXIMUM_SIZE;

    @Nullable
    Duration expireAfterWrite;

    @Nullable
    BiFunction<? super K, ? super V, Duration> expireEach;

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
        check.throwIfInvalid();
    }
}
