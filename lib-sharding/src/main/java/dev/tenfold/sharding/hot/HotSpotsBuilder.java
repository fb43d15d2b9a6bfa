package dev.tenfold.sharding.hot;

import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.function.Function;

/**
 * Puts a {@link HotSpots} together. Not thread-safe.
 *
 * @param <K> the kind of key
 */
public final class HotSpotsBuilder<K> {

    /** After which time a call counts half, unless changed. */
    public static final Duration DEFAULT_HALF_LIFE = Duration.ofSeconds(30);

    /** How many key counters a stripe has, unless changed. */
    public static final int DEFAULT_KEYS = 256;

    String name = "shards";
    Duration halfLife = DEFAULT_HALF_LIFE;
    int keys = DEFAULT_KEYS;
    int stripes =
            Math.min(64, Math.max(8, Integer.highestOneBit(Runtime.getRuntime().availableProcessors()) * 2));
    Function<? super K, ?> part = key -> key;
    Observer observer = Observer.slf4j();
    TimeSource time = TimeSource.system();

    HotSpotsBuilder() {}

    private HotSpotsBuilder(HotSpotsBuilder<K> other) {
        this.name = other.name;
        this.halfLife = other.halfLife;
        this.keys = other.keys;
        this.stripes = other.stripes;
        this.part = other.part;
        this.observer = other.observer;
        this.time = other.time;
    }

    /**
     * Names the measurement in events and measurements.
     *
     * @param name the name; default {@code "shards"}
     * @return this
     */
    public HotSpotsBuilder<K> name(String name) {
        this.name = name;
        return this;
    }

    /**
     * Sets how fast old load is forgotten.
     *
     * @param halfLife after which time a call counts half: 1 ms to 1 day; default 30 s
     * @return this
     */
    public HotSpotsBuilder<K> halfLife(Duration halfLife) {
        this.halfLife = halfLife;
        return this;
    }

    /**
     * Sets how many keys each stripe tracks for each measure; every key with more than one part in so many of the load is
     * found.
     *
     * @param keys 8 to 65,536; default {@value #DEFAULT_KEYS}
     * @return this
     */
    public HotSpotsBuilder<K> keys(int keys) {
        this.keys = keys;
        return this;
    }

    /**
     * Sets over how many stripes threads are spread.
     *
     * @param stripes a power of two from 1 to 256; default twice the processors, at least 8 and at most 64
     * @return this
     */
    public HotSpotsBuilder<K> stripes(int stripes) {
        this.stripes = stripes;
        return this;
    }

    /**
     * Sets which part of a key is measured: the same that decides its home, such as the tenant of an order number.
     *
     * @param part extracts something with {@code equals} and {@code hashCode}; cheap; default the whole key, which suits
     *     all but {@code byte[]}
     * @return this
     */
    public HotSpotsBuilder<K> key(Function<? super K, ?> part) {
        this.part = part;
        return this;
    }

    /**
     * Sets who is told of proposals.
     *
     * @param observer default {@link Observer#slf4j()}
     * @return this
     */
    public HotSpotsBuilder<K> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets the clock by which loads decay.
     *
     * @param time default {@link TimeSource#system()}
     * @return this
     */
    public HotSpotsBuilder<K> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Builds it. Nothing is started.
     *
     * @return a measurement that has seen nothing yet
     * @throws dev.tenfold.error.InvalidConfigurationException with every problem
     */
    public HotSpots<K> build() {
        Validation check = Validation.of("hot spots '" + name + "'");
        check.require(
                halfLife.compareTo(Duration.ofMillis(1)) >= 0 && halfLife.compareTo(Duration.ofDays(1)) <= 0,
                "halfLife",
                halfLife,
                "1 ms to 1 day");
        check.require(keys >= 8 && keys <= 65_536, "keys", keys, "8 to 65536");
        check.require(
                stripes >= 1 && stripes <= 256 && Integer.bitCount(stripes) == 1,
                "stripes",
                stripes,
                "a power of two from 1 to 256");
        check.throwIfInvalid();
        return new HotSpots<>(new HotSpotsBuilder<>(this));
    }
}
