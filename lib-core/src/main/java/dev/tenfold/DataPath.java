package dev.tenfold;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.NotAnnouncedException;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.session.Session;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes values through cache, shard, replica set and announcement, whichever of them there are.
 *
 * <p>What it promises: after {@link #put} returns, {@link #get} in the same {@link Session} never shows an older value: no
 * stale copy, no load that raced the invalidation, no lagging replica. While a shard moves or a primary is replaced, a
 * call succeeds, waits within its deadline, or fails with an error that says whether the write may have happened.
 *
 * <p>What it does not promise: sessions that do not share a {@link Session} may see each other's writes as late as the
 * cache and the replicas allow. An announcement is published after the commit, at most once by this process; a process
 * that dies in between never publishes it.
 *
 * <p>Thread-safe. A cached read costs what the cache costs plus one look-up of the home and of the session.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public final class DataPath<K, V> implements Measured {

    private final DataPipeline<K, V, ?> pipeline;
    private final Session session;

    <N> DataPath(DataPathBuilder<K, V, N> builder) {
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
}
