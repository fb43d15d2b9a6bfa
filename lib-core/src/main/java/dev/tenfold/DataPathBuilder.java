package dev.tenfold;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Observer;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link DataPath}. Only where the data lives and how to read it are required. Not thread-safe.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 * @param <N> the kind of node the data lives on
 */
public final class DataPathBuilder<K, V, N> {

    /** How long a call may take unless changed. */
    public static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(5);

    final String name;
    final Locator<? super K, ? extends Replicas<N>> homes;

    @Nullable
    Reading<N, K, V> reading;

    @Nullable
    Writing<N, K, V> writing;

    @Nullable
    Removing<N, K> removing;

    @Nullable
    ReadThrough<K, V> cache;

    @Nullable
    Invalidation<K> invalidation;

    @Nullable
    Publisher<Change<K, V>> publisher;

    String routingKey = "";
    Duration deadline = DEFAULT_DEADLINE;
    Observer observer = Observer.slf4j();
    TimeSource time = TimeSource.system();

    private DataPathBuilder(String name, Locator<? super K, ? extends Replicas<N>> homes) {
        this.name = name;
        this.homes = homes;
    }

    /**
     * The first choice: where the data lives.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     */
    public static final class Home<K, V> {

        private final String name;

        Home(String name) {
            this.name = name;
        }

        /**
         * The data lives on shards; each key has its home.
         *
         * @param <N> the kind of node
         * @param shards finds the replica set of a key
         * @return the builder
         */
        public <N> DataPathBuilder<K, V, N> shardedBy(Locator<? super K, ? extends Replicas<N>> shards) {
            return new DataPathBuilder<>(name, shards);
        }

        /**
         * The data lives on one primary and its replicas.
         *
         * @param <N> the kind of node
         * @param replicas the replica set
         * @return the builder
         */
        public <N> DataPathBuilder<K, V, N> replicatedOn(Replicas<N> replicas) {
            return new DataPathBuilder<>(name, key -> replicas);
        }

        /**
         * The data lives on one node.
         *
         * @param <N> the kind of node
         * @param node the node, such as a {@code DataSource} or a repository
         * @return the builder
         */
        public <N> DataPathBuilder<K, V, N> storedIn(N node) {
            return replicatedOn(Replicas.single(name, node));
        }
    }

    /**
     * How to read. Required.
     *
     * @param reading finds a value on the node it is given, null where there is none; may run more than once
     * @return this builder
     */
    public DataPathBuilder<K, V, N> reading(Reading<N, K, V> reading) {
        this.reading = reading;
        return this;
    }

    /**
     * How to write; without it {@link DataPath#put} is refused.
     *
     * @param writing writes a value on the node it is given and commits
     * @return this builder
     */
    public DataPathBuilder<K, V, N> writing(Writing<N, K, V> writing) {
        this.writing = writing;
        return this;
    }

    /**
     * How to remove; without it {@link DataPath#remove} is refused.
     *
     * @param removing removes a value on the node it is given and commits
     * @return this builder
     */
    public DataPathBuilder<K, V, N> removing(Removing<N, K> removing) {
        this.removing = removing;
        return this;
    }

    /**
     * Keeps copies in a cache, read through and invalidated on write.
     *
     * @param <C> a cache that can do both
     * @param cache the cache
     * @return this builder
     */
    public <C extends ReadThrough<K, V> & Invalidation<K>> DataPathBuilder<K, V, N> cachedIn(C cache) {
        return cachedIn(cache, cache);
    }

    /**
     * Keeps copies, with reading and invalidating given apart.
     *
     * @param cache reads through
     * @param invalidation drops the copies of a changed key
     * @return this builder
     */
    public DataPathBuilder<K, V, N> cachedIn(ReadThrough<K, V> cache, Invalidation<K> invalidation) {
        this.cache = cache;
        this.invalidation = invalidation;
        return this;
    }

    /**
     * Announces each change after its commit.
     *
     * @param publisher takes the announcements, such as an exchange
     * @param routingKey under which key
     * @return this builder
     */
    public DataPathBuilder<K, V, N> announcedTo(Publisher<Change<K, V>> publisher, String routingKey) {
        return announcedTo(publisher, routingKey, change -> change);
    }

    /**
     * Announces each change after its commit, as a message of the application's own kind.
     *
     * @param <E> the kind of message
     * @param publisher takes the announcements, such as an exchange
     * @param routingKey under which key
     * @param message makes the message of a change
     * @return this builder
     */
    public <E> DataPathBuilder<K, V, N> announcedTo(
            Publisher<E> publisher, String routingKey, Function<? super Change<K, V>, ? extends E> message) {
        this.publisher = (key, change) -> publisher.publish(key, message.apply(change));
        this.routingKey = routingKey;
        return this;
    }

    /**
     * Sets how long a call may take, all stages together.
     *
     * @param deadline > 0; default 5 seconds
     * @return this builder
     */
    public DataPathBuilder<K, V, N> deadline(Duration deadline) {
        this.deadline = deadline;
        return this;
    }

    /**
     * Sets who is told of writes whose outcome is unknown and of announcements that failed.
     *
     * @param observer the observer; default logs to SLF4J
     * @return this builder
     */
    public DataPathBuilder<K, V, N> observer(Observer observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Sets the clock that deadlines are measured with.
     *
     * @param time the clock; default the system's
     * @return this builder
     */
    public DataPathBuilder<K, V, N> time(TimeSource time) {
        this.time = time;
        return this;
    }

    /**
     * Builds the path. Opens nothing.
     *
     * @return the path, with a new session of its own
     * @throws InvalidConfigurationException with everything that is missing or wrong
     */
    public DataPath<K, V> build() {
        Validation check = Validation.of("data path '" + name + "'");
        check.require(!name.isEmpty(), "name", "''", "not empty");
        check.present("reading", reading, "say how to read a value with reading((node, key) -> ...)");
        check.positive("deadline", deadline);
        check.require(publisher == null || !routingKey.isEmpty(), "routingKey", "''", "not empty");
        check.throwIfInvalid();
        return new DataPath<>(this);
    }

    /**
     * Reads a value from a node.
     *
     * @param <N> the kind of node
     * @param <K> the kind of key
     * @param <V> the kind of value
     */
    @FunctionalInterface
    public interface Reading<N, K, V> {

        /**
         * Reads.
         *
         * @param node where
         * @param key which
         * @return the value, or null where there is none
         * @throws Exception if it cannot be read
         */
        @Nullable
        V read(N node, K key) throws Exception;
    }

    /**
     * Writes a value to a node and commits.
     *
     * @param <N> the kind of node
     * @param <K> the kind of key
     * @param <V> the kind of value
     */
    @FunctionalInterface
    public interface Writing<N, K, V> {

        /**
         * Writes and commits.
         *
         * @param node where
         * @param key which
         * @param value what
         * @throws Exception if it cannot be written
         */
        void write(N node, K key, V value) throws Exception;
    }

    /**
     * Removes a value from a node and commits.
     *
     * @param <N> the kind of node
     * @param <K> the kind of key
     */
    @FunctionalInterface
    public interface Removing<N, K> {

        /**
         * Removes and commits.
         *
         * @param node where
         * @param key which
         * @throws Exception if it cannot be removed
         */
        void remove(N node, K key) throws Exception;
    }
}
