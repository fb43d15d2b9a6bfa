package dev.tenfold;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.NotAnnouncedException;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.session.Position;
import dev.tenfold.session.Session;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes values through cache, shard, replica set and announcement, whichever of them there are.
 *
 * <p>What it promises: after {@link #put} returns, {@link #get} in the same {@link Session} never shows an older value: no
 * stale copy, no load that raced the invalidation, no lagging replica. While a shard moves or a primary is replaced, a
 * call succeeds, waits within its deadline, or fails with an error that says whether the write may have happened.
 *
 * <p>What it promises only where the {@link Replicas} take a mark after each read too ({@link
 * dev.tenfold.session.Positioned#seen}): a session that reads a key twice never sees the second answer older than the first.
 * With the mark before the read alone it may, by as much as the replica moved during the first read. The later mark has its
 * price: while a shard is being written, a session that has just read something misses the copies that are older than it.
 *
 * <p>What it does not promise: a session that goes on in another process after its key has moved to another shard may meet a copy there that is
 * older than its write, since positions of different shards are not compared. Sessions that do not share a {@link Session}
 * may see each other's writes as late as the cache and the replicas allow. An announcement is published after the commit,
 * at most once by this process; a process that dies in between never publishes it.
 *
 * <p>Thread-safe. A cached read costs what the cache costs plus one look-up of the home and of the session.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class DataPath<K, V> implements Measured {

    private final DataPipeline<K, V, ?> pipeline;
    private final Session session;

    <N> DataPath(Builder<K, V, N> builder) {
        this(new DataPipeline<>(builder), new Session());
    }

    private DataPath(DataPipeline<K, V, ?> pipeline, Session session) {
        this.pipeline = pipeline;
        this.session = session;
    }

    /**
     * Returns this path for one user's session. Without it, calls share the path's own session, in which everybody sees
     * every write made through this object, at the price of reads that wait for replicas more often.
     *
     * @param session what the user has seen; both read and advanced
     * @return a light view of this path
     */
    public DataPath<K, V> in(Session session) {
        return new DataPath<>(pipeline, session);
    }

    /**
     * Reads a value.
     *
     * @param key which
     * @return the value, or null where there is none
     * @throws CallFailedException if the reading function threw a checked exception
     * @throws dev.tenfold.error.UnavailableException if no node could answer
     * @throws dev.tenfold.error.DeadlineExceededException if none could in time
     * @throws dev.tenfold.error.LostWriteException if a failover lost what the session had seen; the next read starts afresh
     */
    public @Nullable V get(K key) {
        return pipeline.get(key, session);
    }

    /**
     * Writes a value: commits on the primary of the key's home, drops the copies, announces.
     *
     * @param key which
     * @param value what
     * @throws CallFailedException if the writing function threw a checked exception; the write did not happen
     * @throws dev.tenfold.error.OutcomeUnknownException if the write may or may not have happened; the session reads from the
     *     primary until it knows
     * @throws dev.tenfold.error.UnavailableException if there was no primary; the write did not happen
     * @throws dev.tenfold.error.DeadlineExceededException if none appeared in time; the write did not happen
     * @throws NotAnnouncedException if the write is committed but its announcement is not confirmed
     * @throws IllegalStateException if the path was built without {@code writing}
     */
    public void put(K key, V value) {
        pipeline.put(key, value, session);
    }

    /**
     * Removes a value: commits on the primary of the key's home, drops the copies, announces.
     *
     * @param key which
     * @throws CallFailedException if the removing function threw a checked exception; the removal did not happen
     * @throws dev.tenfold.error.OutcomeUnknownException as for {@link #put}
     * @throws dev.tenfold.error.UnavailableException as for {@link #put}
     * @throws dev.tenfold.error.DeadlineExceededException as for {@link #put}
     * @throws NotAnnouncedException as for {@link #put}
     * @throws IllegalStateException if the path was built without {@code removing}
     */
    public void remove(K key) {
        pipeline.remove(key, session);
    }

    @Override
    public List<Measurement> measurements() {
        return pipeline.measurements();
    }

    @Override
    public String toString() {
        return pipeline.toString();
    }

    /**
     * What a {@link DataPath} announces after a write was committed.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param path the name of the data path
     * @param key the key that changed
     * @param value the new value, or null where it was removed
     * @param position the position after the commit; later changes of one key carry later positions
     */
    public record Change<K, V>(String path, K key, @Nullable V value, Position position) {}

    /**
     * Builds a {@link DataPath}. Only where the data lives and how to read it are required. Not thread-safe.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param <N> the kind of node the data lives on
     */
    public static final class Builder<K, V, N> {

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

        private Builder(String name, Locator<? super K, ? extends Replicas<N>> homes) {
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
            public <N> Builder<K, V, N> shardedBy(Locator<? super K, ? extends Replicas<N>> shards) {
                return new Builder<>(name, shards);
            }

            /**
             * The data lives on one primary and its replicas.
             *
             * @param <N> the kind of node
             * @param replicas the replica set
             * @return the builder
             */
            public <N> Builder<K, V, N> replicatedOn(Replicas<N> replicas) {
                return new Builder<>(name, key -> replicas);
            }

            /**
             * The data lives on one node.
             *
             * @param <N> the kind of node
             * @param node the node, such as a {@code DataSource} or a repository
             * @return the builder
             */
            public <N> Builder<K, V, N> storedIn(N node) {
                return replicatedOn(Replicas.single(name, node));
            }
        }

        /**
         * How to read. Required.
         *
         * @param reading finds a value on the node it is given, null where there is none; may run more than once
         * @return this builder
         */
        public Builder<K, V, N> reading(Reading<N, K, V> reading) {
            this.reading = reading;
            return this;
        }

        /**
         * How to write; without it {@link DataPath#put} is refused.
         *
         * @param writing writes a value on the node it is given and commits
         * @return this builder
         */
        public Builder<K, V, N> writing(Writing<N, K, V> writing) {
            this.writing = writing;
            return this;
        }

        /**
         * How to remove; without it {@link DataPath#remove} is refused.
         *
         * @param removing removes a value on the node it is given and commits
         * @return this builder
         */
        public Builder<K, V, N> removing(Removing<N, K> removing) {
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
        public <C extends ReadThrough<K, V> & Invalidation<K>> Builder<K, V, N> cachedIn(C cache) {
            return cachedIn(cache, cache);
        }

        /**
         * Keeps copies, with reading and invalidating given apart.
         *
         * @param cache reads through
         * @param invalidation drops the copies of a changed key
         * @return this builder
         */
        public Builder<K, V, N> cachedIn(ReadThrough<K, V> cache, Invalidation<K> invalidation) {
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
        public Builder<K, V, N> announcedTo(Publisher<Change<K, V>> publisher, String routingKey) {
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
        public <E> Builder<K, V, N> announcedTo(
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
        public Builder<K, V, N> deadline(Duration deadline) {
            this.deadline = deadline;
            return this;
        }

        /**
         * Sets who is told of writes whose outcome is unknown and of announcements that failed.
         *
         * @param observer the observer; default logs to SLF4J
         * @return this builder
         */
        public Builder<K, V, N> observer(Observer observer) {
            this.observer = observer;
            return this;
        }

        /**
         * Sets the clock that deadlines are measured with.
         *
         * @param time the clock; default the system's
         * @return this builder
         */
        public Builder<K, V, N> time(TimeSource time) {
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
}
