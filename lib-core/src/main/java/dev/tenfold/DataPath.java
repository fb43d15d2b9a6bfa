package dev.tenfold;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.NotAnnouncedException;
import dev.tenfold.error.Validation;
import dev.tenfold.hash.KeyForm;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.session.Position;
import dev.tenfold.session.Session;
import dev.tenfold.time.Chance;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes values through cache, shard, replica set and announcement, whichever of them there are.
 *
 * <p>What it promises: after {@link #put} returns, {@link #get} in the same {@link Session} never shows an older value: no
 * stale copy, no load that raced the invalidation, no lagging replica. While a shard moves or a primary is replaced, a
 * call succeeds, waits within its deadline, or fails with an error that says whether the write may have happened.
 *
 * <p>A session that reads a key twice never sees the second answer older than the first. What was read of one key asks nothing
 * of the copies of others, see {@link Session}. To that end each load takes a mark after the read too ({@link
 * Replicas#readMarked}), which costs a replica set one question more.
 *
 * <p>Both hold in every process the session comes to, also after its keys have moved to another shard, where the {@link
 * Locator} tells the {@linkplain Locator#topology version of its topology}: a process that routes by an older one than the
 * session refreshes first, and a session that meets a newer one asks each shard's primary once. Where keys move, the functions
 * that read and write make sure that the key lives where they are, by the map they came by, and throw {@link
 * dev.tenfold.error.StaleEpochException} where it does not (on PostgreSQL: {@code ShardGuard.check} before a write, {@code
 * checkRead} after a read).
 *
 * <p><b>Announcements.</b> {@link Builder#announcedTo} publishes after the commit, at most once by this process; a process
 * that dies in between never publishes. {@link Builder#writing(Publisher.Recorder, Publisher.RecordedWriting)} stores the
 * announcement in the write's own transaction: then every acknowledged write is announced at least once, and nothing that was
 * not committed.
 *
 * <p>What it does not promise: sessions that do not share a {@link Session} may see each other's writes as late as the cache
 * and the replicas allow, and a session may see two keys as of different times.
 *
 * <p>Thread-safe. A cached read costs what the cache costs plus one look-up of the home and of the session.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class DataPath<K, V> implements Measured, AutoCloseable {

    private final DataPipeline<K, V, ?> pipeline;
    private final Session session;

    <N> DataPath(Builder<K, V, N> builder) {
        this(new DataPipeline<>(builder));
    }

    private DataPath(DataPipeline<K, V, ?> pipeline) {
        this(pipeline, pipeline.everybody());
    }

    private DataPath(DataPipeline<K, V, ?> pipeline, Session session) {
        this.pipeline = pipeline;
        this.session = session;
    }

    /**
     * Returns this path for one user's session. Without it, calls share the path's own session, in which everybody sees
     * every write made through this object and all that anybody has read, at the price of reads that miss the cache and wait
     * for replicas more often.
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
     * @throws dev.tenfold.error.UnavailableException if no node could answer, or the path is closed
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
     * @throws CallFailedException if the writing function threw a checked exception; the write did not happen as far as the
     *     {@link Replicas} can tell. On a lone node ({@link Builder.Home#storedIn}) only the function can: it throws {@code
     *     OutcomeUnknownException} where its commit may have happened
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
     * @throws CallFailedException if the removing function threw a checked exception, as for {@link #put}
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

    /**
     * Refuses further calls, in whichever session, with {@link dev.tenfold.error.UnavailableException}, and returns when those
     * under way have ended, which each does by its deadline. What the path is made of stays open. Closing twice does nothing.
     */
    @Override
    public void close() {
        pipeline.close();
    }

    /**
     * Prints the stages for a person.
     *
     * @return one line
     */
    public String describe() {
        return pipeline.describe();
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
     * @param position the position after the commit; later changes of one key carry later positions. {@link Position#none()}
     *     where the announcement was stored in the transaction that committed: then an outbox keeps the order of a key
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

        Replicas.@Nullable Reading<N, K, V> reading;

        @Nullable
        WriteStep<N, K, V> writing;

        @Nullable
        WriteStep<N, K, V> removing;

        @Nullable
        KeyForm<? super K> keyForm;

        @Nullable
        Runnable relay;

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
        RandomGenerator random = Chance.perThread();

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
         * @param reading finds a value on the node it is given, null where there is none; may run more than once. Where keys
         *     move between homes, it then makes sure that this is the key's, or throws {@link
         *     dev.tenfold.error.StaleEpochException}
         * @return this builder
         */
        public Builder<K, V, N> reading(Replicas.Reading<N, K, V> reading) {
            this.reading = reading;
            return this;
        }

        /**
         * How to write; without it {@link DataPath#put} is refused.
         *
         * @param writing writes a value on the node it is given and commits. Where keys move between homes, it first makes sure
         *     in its transaction that this is the key's, or throws {@link dev.tenfold.error.StaleEpochException}
         * @return this builder
         */
        public Builder<K, V, N> writing(Replicas.Writing<N, K, V> writing) {
            this.writing = WriteStep.writing(writing);
            return this;
        }

        /**
         * How to write and store the announcement with it: at least once for every write that has committed, and none for any
         * that has not. What publishes them is the outbox's relay, see {@link #relayedBy}.
         *
         * <pre>{@code
         * Publisher.Recorder<Connection, Change<Long, User>> events = (connection, change) ->
         *         outbox.record(connection, "user-" + change.key(), "user.changed", change);
         *
         * .writing(events, (db, id, user, announcement) -> {
         *     try (Connection connection = db.getConnection()) {
         *         connection.setAutoCommit(false);
         *         UserSql.upsert(connection, id, user);
         *         announcement.recordIn(connection);
         *         connection.commit();
         *     }
         * })
         * .relayedBy(relay::wake)
         * }</pre>
         *
         * @param <T> the kind of transaction
         * @param outbox stores a change in a transaction
         * @param writing writes a value on the node it is given, stores the announcement it is given, and commits both
         * @return this builder
         */
        public <T> Builder<K, V, N> writing(
                Publisher.Recorder<T, Change<K, V>> outbox, Publisher.RecordedWriting<N, K, V, T> writing) {
            this.writing = WriteStep.writing(outbox, writing);
            return this;
        }

        /**
         * How to remove; without it {@link DataPath#remove} is refused.
         *
         * @param removing removes a value on the node it is given and commits
         * @return this builder
         */
        public Builder<K, V, N> removing(Replicas.Removing<N, K> removing) {
            this.removing = WriteStep.removing(removing);
            return this;
        }

        /**
         * How to remove and store the announcement with it, as {@link #writing(Publisher.Recorder,
         * Publisher.RecordedWriting)} does.
         *
         * @param <T> the kind of transaction
         * @param outbox stores a change in a transaction
         * @param removing removes a value on the node it is given, stores the announcement it is given, and commits both
         * @return this builder
         */
        public <T> Builder<K, V, N> removing(
                Publisher.Recorder<T, Change<K, V>> outbox, Publisher.RecordedRemoving<N, K, T> removing) {
            this.removing = WriteStep.removing(outbox, removing);
            return this;
        }

        /**
         * Tells the outbox's relay of each commit, so that it need not wait for its next look.
         *
         * @param wake returns at once; what it throws is reported to the observer and changes nothing: the relay looks anyway
         * @return this builder
         */
        public Builder<K, V, N> relayedBy(Runnable wake) {
            this.relay = wake;
            return this;
        }

        /**
         * Names the part of a key by which a session remembers what it has seen of it, the same in every process.
         *
         * @param form default {@link KeyForm#whole()}; where that does not know the kind of key, what a session has read
         *     counts for the whole shard
         * @return this builder
         */
        public Builder<K, V, N> keyedBy(KeyForm<? super K> form) {
            this.keyForm = form;
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
         * Sets what draws the names of reads.
         *
         * @param random default {@link Chance#perThread()}
         * @return this builder
         */
        public Builder<K, V, N> random(RandomGenerator random) {
            this.random = random;
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
            boolean records = isRecording(writing) || isRecording(removing);
            check.require(
                    publisher == null || !records,
                    "announcedTo",
                    "'" + routingKey + "'",
                    "not where writing or removing stores announcements, which the outbox's relay publishes");
            check.require(
                    relay == null || records,
                    "relayedBy",
                    "given",
                    "only where writing or removing is given an outbox to store announcements in");
            check.throwIfInvalid();
            return new DataPath<>(this);
        }

        private static boolean isRecording(@Nullable WriteStep<?, ?, ?> step) {
            return step != null && step.isRecording();
        }
    }
}
