package dev.tenfold.replication.postgres;

import dev.tenfold.topology.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * One connection per node for the engine's own statements, kept open so that a probe costs a round trip, not a connection,
 * and so that an exhausted pool does not look like a dead server.
 *
 * <p>A caller takes the connection out of its slot, uses it and puts it back; whoever finds the slot empty opens another,
 * and whoever finds it full on return gives his own back to its source. So nobody waits for anybody, and one that broke
 * is aborted.
 *
 * <p><b>Control of a replica.</b> Who freezes a replica holds a lock in its server from then until it lets the replica
 * follow or promotes it, and does those on the session that holds the lock. Whoever freezes it next, in this process or
 * another, ends that session. So a process that was paused in the middle of a failover, and lost its lease meanwhile,
 * cannot undo what its successor relies on: its statements fail with their session.
 *
 * <p><b>The fence.</b> A session that tells a replica anything also holds a shared lock whose key is the fencing token, and
 * is kept open afterwards: one more connection to each node that was told something under a lease. Who comes with a token below the highest that is held there is refused, before and after it has
 * taken control. So a command that comes late is refused although its sender froze nothing, or its successor has finished,
 * for as long as that successor lives. A standby cannot keep anything for longer: it writes no tables.
 */
final class ControlConnections implements AutoCloseable {

    /** What to do with a connection. */
    @FunctionalInterface
    interface Work<R> {
        R on(Connection connection) throws SQLException;
    }

    private final ConcurrentHashMap<String, AtomicReference<@Nullable Connection>> slots = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Session> sessions = new ConcurrentHashMap<>();
    private final Map<String, DataSource> own;
    private final int timeoutMillis;
    private volatile boolean closed;

    ControlConnections(Map<String, DataSource> own, Duration timeout) {
        this.own = own;
        this.timeoutMillis = (int) Math.max(1, timeout.toMillis());
    }

    <R> R with(Endpoint<DataSource> node, Work<R> work) throws SQLException {
        Connection connection = take(node);
        return run(connection, work, () -> putBack(node, connection));
    }

    /**
     * The session with which this process tells a node what to do.
     *
     * @param token the highest it was used with
     * @param controls whether it is in control of the node now
     */
    private record Session(Connection connection, long token, boolean controls) {

        Session after(long other, boolean control) {
            return new Session(connection, Math.max(token, other), control);
        }
    }

    /** Takes control of the replica, works, and keeps control. */
    <R> R holding(Endpoint<DataSource> node, long token, Work<R> work) throws SQLException {
        Session mine = session(node, token);
        return run(
                mine.connection(),
                it -> {
                    control(mine, token);
                    return work.on(it);
                },
                () -> keep(node, mine.after(token, true)));
    }

    /** Works in control of the replica, held or taken now, and gives control up. */
    <R> R releasing(Endpoint<DataSource> node, long token, Work<R> work) throws SQLException {
        Session mine = session(node, token);
        return run(
                mine.connection(),
                it -> {
                    control(mine, token);
                    R result = work.on(it);
                    Statements.giveUpControl(it);
                    return result;
                },
                () -> release(node, mine.after(token, false)));
    }

    private static void control(Session mine, long token) throws SQLException {
        if (mine.controls()) {
            Statements.keepControl(mine.connection(), token);
        } else {
            Statements.takeControl(mine.connection(), token);
        }
    }

    /** The session kept, which may have died since unless it is in control: then its death has to be told. */
    private Session session(Endpoint<DataSource> node, long token) throws SQLException {
        Session kept = sessions.get(node.id());
        if (kept != null && token != 0 && token < kept.token()) {
            // Refused here already, so that the session that keeps others away is kept.
            throw new FencedException(token, kept.token());
        }
        if (kept == null || !sessions.remove(node.id(), kept)) {
            return new Session(take(node), 0, false);
        }
        if (kept.controls() || kept.connection().isValid(timeoutMillis / 1000 + 1)) {
            return kept;
        }
        discard(kept.connection());
        return new Session(take(node), 0, false);
    }

    /** Keeps what the token is tied to; without a lease there is none, and the connection is one like any other. */
    private void release(Endpoint<DataSource> node, Session session) {
        if (session.token() == 0) {
            putBack(node, session.connection());
        } else {
            keep(node, session);
        }
    }

    private void keep(Endpoint<DataSource> node, Session session) {
        Session other = sessions.put(node.id(), session);
        if (other != null) {
            discard(other.connection());
        } else if (closed && sessions.remove(node.id(), session)) {
            discard(session.connection());
        }
    }

    /** Drops what is kept of a node whose server is about to be stopped. */
    void forget(Endpoint<DataSource> node) {
        Session mine = sessions.remove(node.id());
        if (mine != null) {
            discard(mine.connection());
        }
        Connection kept = slot(node).getAndSet(null);
        if (kept != null) {
            discard(kept);
        }
    }

    /** Where new connections to a node come from. */
    DataSource source(Endpoint<DataSource> node) {
        return own.getOrDefault(node.id(), node.target());
    }

    boolean isHolding(Endpoint<DataSource> node) {
        Session mine = sessions.get(node.id());
        return mine != null && mine.controls();
    }

    private static <R> R run(Connection connection, Work<R> work, Runnable afterwards) throws SQLException {
        boolean sound = false;
        try {
            R result = work.on(connection);
            sound = true;
            return result;
        } finally {
            if (sound) {
                afterwards.run();
            } else {
                discard(connection);
            }
        }
    }

    private Connection take(Endpoint<DataSource> node) throws SQLException {
        Connection kept = slot(node).getAndSet(null);
        return kept != null ? kept : open(source(node));
    }

    private void putBack(Endpoint<DataSource> node, Connection connection) {
        AtomicReference<@Nullable Connection> slot = slot(node);
        if (closed || !slot.compareAndSet(null, connection)) {
            giveBack(connection);
        } else if (closed && slot.compareAndSet(connection, null)) {
            giveBack(connection);
        }
    }

    private AtomicReference<@Nullable Connection> slot(Endpoint<DataSource> node) {
        return slots.computeIfAbsent(node.id(), id -> new AtomicReference<>());
    }

    private Connection open(DataSource source) throws SQLException {
        Connection connection = source.getConnection();
        boolean sound = false;
        try {
            connection.setNetworkTimeout(Runnable::run, timeoutMillis);
            connection.setAutoCommit(true);
            sound = true;
            return connection;
        } finally {
            if (!sound) {
                discard(connection);
            }
        }
    }

    /** A pool takes it back, and resets the network timeout; without a pool it ends here. */
    private static void giveBack(Connection connection) {
        try {
            connection.close();
        } catch (SQLException alreadyBroken) {
            return;
        }
    }

    /** Aborting does not talk to the server, which may hang; a pool evicts what was aborted. */
    private static void discard(Connection connection) {
        try (connection) {
            connection.abort(Runnable::run);
        } catch (SQLException alreadyBroken) {
            return;
        }
    }

    @Override
    public void close() {
        closed = true;
        sessions.values().forEach(session -> discard(session.connection()));
        sessions.clear();
        for (AtomicReference<@Nullable Connection> slot : slots.values()) {
            Connection connection = slot.getAndSet(null);
            if (connection != null) {
                giveBack(connection);
            }
        }
    }
}
