package dev.tenfold.cache.jcache;

import dev.tenfold.cache.CacheBuilder;
import dev.tenfold.cache.Eviction;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.Chance;
import dev.tenfold.time.TimeSource;
import java.util.concurrent.Executor;
import java.util.function.ToIntBiFunction;
import java.util.random.RandomGenerator;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * The standard's configuration with the options of Tenfold's {@link CacheBuilder} that have a place in it: how much a cache
 * holds, what it gives up, and what it runs on. A cache created with any other configuration has their defaults: {@value
 * CacheBuilder#DEFAULT_MAXIMUM_SIZE} entries, {@link Eviction#ADAPTIVE}, no jitter.
 *
 * <p>Call these before those inherited, which return their own type. Creating a cache copies the configuration and throws
 * {@link IllegalArgumentException} if an option does not fit. Not thread-safe. Can be serialized if all its parts can.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
@SuppressWarnings("exports") // as in TenfoldCachingProvider
public final class TenfoldConfiguration<K, V> extends MutableConfiguration<K, V> {

    private static final long serialVersionUID = 1;

    private long maximumSize = CacheBuilder.DEFAULT_MAXIMUM_SIZE;
    private long maximumWeight = -1;
    private @Nullable ToIntBiFunction<? super K, ? super V> weigher;
    private Eviction eviction = Eviction.ADAPTIVE;
    private double jitter;
    private @Nullable Executor executor;
    private TimeSource time = TimeSource.system();
    private RandomGenerator random = Chance.perThread();
    private Observer observer = Observer.slf4j();

    /** Starts with the defaults: the standard's, among them that entries are stored by value, and Tenfold's. */
    public TenfoldConfiguration() {}

    /**
     * Copies a configuration.
     *
     * @param other a configuration of this or another kind, whose missing options get their defaults
     */
    public TenfoldConfiguration(CompleteConfiguration<K, V> other) {
        super(other);
        if (other instanceof TenfoldConfiguration<K, V> ours) {
            maximumSize = ours.maximumSize;
            maximumWeight = ours.maximumWeight;
            weigher = ours.weigher;
            eviction = ours.eviction;
            jitter = ours.jitter;
            executor = ours.executor;
            time = ours.time;
            random = ours.random;
            observer = ours.observer;
        }
    }

    /** Copies what there is of any configuration. */
    static <K, V> TenfoldConfiguration<K, V> of(Configuration<K, V> other) {
        if (other instanceof CompleteConfiguration<K, V> complete) {
            return new TenfoldConfiguration<>(complete);
        }
        TenfoldConfiguration<K, V> copy = new TenfoldConfiguration<>();
        copy.setTypes(other.getKeyType(), other.getValueType()).setStoreByValue(other.isStoreByValue());
        return copy;
    }

    /**
     * Bounds the cache by the number of entries.
     *
     * @param entries how many to hold, 0 or more. Default {@value CacheBuilder#DEFAULT_MAXIMUM_SIZE}
     * @return this configuration
     */
    public TenfoldConfiguration<K, V> maximumSize(long entries) {
        maximumSize = entries;
        return this;
    }

    /**
     * Bounds the cache by what its entries weigh, instead of by their number.
     *
     * @param weight how much they may weigh together, 0 or more
     * @param weigher what an entry weighs, 1 or more, in any unit; called as it is written, must be quick, must not change
     *     the value or use the cache
     * @return this configuration
     */
    public TenfoldConfiguration<K, V> maximumWeight(long weight, ToIntBiFunction<? super K, ? super V> weigher) {
        maximumWeight = weight;
        this.weigher = weigher;
        return this;
    }

    /**
     * Sets which entry a full cache gives up. Default {@link Eviction#ADAPTIVE}.
     *
     * @param policy the policy
     * @return this configuration
     */
    public TenfoldConfiguration<K, V> eviction(Eviction policy) {
        eviction = policy;
        return this;
    }

    /**
     * Shortens what the expiry policy says by a random share, so that what was written together does not expire together.
     * Default 0.
     *
     * @param share 0 to 1
     * @return this configuration
     */
    public TenfoldConfiguration<K, V> jitter(double share) {
        jitter = share;
        return this;
    }

    /**
     * Runs {@code loadAll}, asynchronous listeners and upkeep. A virtual-thread executor is a good choice for loaders that
     * block. Default {@link java.util.concurrent.ForkJoinPool#commonPool()}.
     *
     * @param executor the caller's, who closes it after the cache
     * @return this configuration
     */
    public TenfoldConfiguration<K, V> executor(Executor executor) {
        this.executor = executor;
        return this;
    }

    /**
     * Sets the clock that entries expire and statistics are timed by. Default {@link TimeSource#system()}.
     *
     * @param time the clock
     * @return this configuration
     */
    public TenfoldConfiguration<K, V> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Sets where chance comes from. Default {@link Chance#perThread()}.
     *
     * @param random a thread-safe generator
     * @return this configuration
     */
    public TenfoldConfiguration<K, V> random(RandomGenerator random) {
        this.random = random;
        return this;
    }

    /**
     * Sets who is told what the cache's events are told to, and of {@code listener.overrun}: an asynchronous listener is so
     * slow that events for it were dropped. Default {@link Observer#slf4j()}.
     *
     * @param observer whom to tell
     * @return this configuration
     */
    public TenfoldConfiguration<K, V> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    @Nullable
    Executor executor() {
        return executor;
    }

    Observer observer() {
        return observer;
    }

    TimeSource time() {
        return time;
    }

    double jitter() {
        return jitter;
    }

    RandomGenerator random() {
        return random;
    }

    /** Returns a builder of the cache that holds the entries. */
    CacheBuilder<K, Stored<V>> entries(String name, Executor effectiveExecutor) {
        Validation check = Validation.of("cache '" + name + "'");
        check.between("jitter", jitter, 0, 1);
        check.throwIfInvalid();
        CacheBuilder<K, Stored<V>> builder = dev.tenfold.cache.Cache.<K, Stored<V>>builder(name)
                .maximumSize(maximumSize)
                .eviction(eviction)
                .executor(effectiveExecutor)
                .time(time)
                .random(random)
                .observer(observer);
        ToIntBiFunction<? super K, ? super V> weighing = weigher;
        return weighing == null
                ? builder
                : builder.maximumWeight(maximumWeight, (key, stored) -> weighing.applyAsInt(key, stored.value));
    }
}
