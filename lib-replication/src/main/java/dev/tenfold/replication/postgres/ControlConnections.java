package dev.tenfold.replication.postgres;

import dev.tenfold.topology.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
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
 */
final class ControlConnections implements AutoCloseable {

    /** What to do with a connection. */
    @FunctionalInterface
    interface Work<R> {
        R on(Connection connection) throws SQLException;
    }

    private final ConcurrentHashMap<String, AtomicReference<@Nullable Connection>> slots = new ConcurrentHashMap<>();
    private final int timeoutMillis;
    private volatile boolean closed;

    ControlConnections(Duration timeout) {
        this.timeoutMillis = (int) Math.max(1, timeout.toMillis());
    }

    <R> R with(Endpoint<DataSource> node, Work<R> work) throws SQLException {
        AtomicReference<@Nullable Connection> slot = slots.computeIfAbsent(node.id(), id -> new AtomicReference<>());
        Connection kept = slot.getAndSet(null);
        Connection connection = kept != null ? kept : open(node.target());
        boolean sound = false;
        try {
            R result = work.on(connection);
            sound = true;
            return result;
        } finally {
            if (!sound) {
                discard(connection);
            } else if (closed || !slot.compareAndSet(null, connection)) {
                giveBack(connection);
            } else if (closed && slot.compareAndSet(connection, null)) {
                giveBack(connection);
            }
        }
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
        for (AtomicReference<@Nullable Connection> slot : slots.values()) {
            Connection connection = slot.getAndSet(null);
            if (connection != null) {
                giveBack(connection);
            }
        }
    }
}
