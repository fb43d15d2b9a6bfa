package dev.tenfold.replication.jdbc;

import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.session.Session;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A replica set as one {@link DataSource}: a connection with {@code setReadOnly(true)} reads from a replica, any other
 * works on the primary.
 *
 * <pre>{@code
 * DataSource users = RoutingDataSource.over(replicaSet);
 * DataSource mine = RoutingDataSource.over(replicaSet).withSession(session);   // sees its own writes
 * }</pre>
 *
 * <ul>
 *   <li><b>Lazy.</b> A physical connection is taken from a node's own data source when the first statement is made; what
 *       was set before (read-only, auto-commit, isolation, schema, catalog, network timeout, client info, holdability,
 *       type map) is set on it then. Taking it waits for a primary, or a fresh enough replica, at most {@link #patience}.
 *   <li><b>Pinned.</b> All statements of a transaction run on one node. Between transactions the connection keeps its node
 *       until it has to leave it: {@code setReadOnly} asked for the other role, another primary was promoted, or the
 *       session has seen more than the replica. Statements made before it left are then closed. In auto-commit mode every
 *       statement is a transaction.
 *   <li><b>Failover.</b> When another primary is promoted, connections to the old one are aborted, so that nobody keeps
 *       waiting for a hung server. A commit that breaks throws an {@link SQLException} with SQLSTATE {@value
 *       RoutingConnection#OUTCOME_UNKNOWN} and an {@link dev.tenfold.error.OutcomeUnknownException} as its cause: it is a
 *       {@link java.sql.SQLNonTransientConnectionException}, so that pools evict the connection and nobody retries by the
 *       type. Nothing is retried here.
 *   <li><b>Sessions.</b> With a session, reads are at least as new as everything the session has written or read through
 *       any connection. The session learns of it at {@code commit} and {@code rollback}, and in auto-commit mode when the
 *       connection is closed or changes its node. It costs a round trip each time.
 * </ul>
 *
 * <p>Statements are the driver's own: {@link java.sql.Statement#getConnection()} returns the physical connection, which
 * must not be closed, committed or changed through it.
 *
 * <p>Immutable but for the login timeout, thread-safe. It owns nothing: the replica set and the nodes' data sources are the
 * caller's. A connection costs one object until its first statement.
 */
public final class RoutingDataSource implements DataSource {

    /** How long a connection waits for its node unless changed: 10 s. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);

    private final ReplicaSet<DataSource> set;
    private final JdbcReplicationEngine engine;
    private final OpenConnections open;
    private final @Nullable Session session;
    private final Duration patience;

    private RoutingDataSource(
            ReplicaSet<DataSource> set,
            JdbcReplicationEngine engine,
            OpenConnections open,
            @Nullable Session session,
            Duration patience) {
        this.set = set;
        this.engine = engine;
        this.open = open;
        this.session = session;
        this.patience = patience;
    }

    /**
     * Makes a data source over a replica set. It watches the set's topology for as long as the set lives.
     *
     * @param set whose engine is a {@link JdbcReplicationEngine}
     * @return a data source without a session
     * @throws IllegalArgumentException if the engine is of another kind
     */
    public static RoutingDataSource over(ReplicaSet<DataSource> set) {
        if (!(set.engine() instanceof JdbcReplicationEngine engine)) {
            throw new IllegalArgumentException(
                    "engine: " + set.engine() + " (expected: a JdbcReplicationEngine, such as Postgres.streaming())");
        }
        return new RoutingDataSource(set, engine, OpenConnections.watching(set), null, DEFAULT_PATIENCE);
    }

    /**
     * Returns a view whose connections belong to a user's session.
     *
     * @param session what the user has seen; it is advanced by what the connections write and read
     * @return a cheap copy that shares everything else
     */
    public RoutingDataSource withSession(Session session) {
        return new RoutingDataSource(set, engine, open, session, patience);
    }

    /**
     * Sets how long a connection waits for its node.
     *
     * @param patience > 0, by default 10 s
     * @return a copy that shares everything else
     * @throws IllegalArgumentException if not above zero
     */
    public RoutingDataSource waitingAtMost(Duration patience) {
        if (patience.isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("waitingAtMost: " + patience + " (expected: > 0)");
        }
        return new RoutingDataSource(set, engine, open, session, patience);
    }

    /**
     * Returns how long a connection waits for its node.
     *
     * @return the limit
     */
    public Duration patience() {
        return patience;
    }

    /** {@inheritDoc} No node is asked yet. */
    @Override
    public Connection getConnection() {
        return new RoutingConnection(new Binding(set, engine, open, session, patience));
    }

    /**
     * Not supported: the nodes' data sources hold the credentials.
     *
     * @throws SQLFeatureNotSupportedException always
     */
    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException(
                "a routing data source takes no user name: give it to the data sources of the nodes");
    }

    /** {@inheritDoc} Not kept: there is none. */
    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    /**
     * Not supported: what happens is told to the replica set's observer.
     *
     * @throws SQLFeatureNotSupportedException always
     */
    @Override
    public void setLogWriter(@Nullable PrintWriter out) throws SQLException {
        throw new SQLFeatureNotSupportedException("no log writer: give the replica set an observer");
    }

    /**
     * Not supported: it would change the setting for everybody.
     *
     * @throws SQLFeatureNotSupportedException always
     */
    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        throw new SQLFeatureNotSupportedException("no login timeout: call waitingAtMost(Duration)");
    }

    /** Returns {@link #patience} in seconds, rounded up. */
    @Override
    public int getLoginTimeout() {
        return (int) Math.min(Integer.MAX_VALUE, patience.plusNanos(999_999_999).toSeconds());
    }

    /**
     * Not supported: it logs nothing through {@code java.util.logging}.
     *
     * @throws SQLFeatureNotSupportedException always
     */
    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("nothing is logged through java.util.logging");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw new SQLException("unwrap: " + type.getName() + " (expected: a type of "
                + getClass().getName() + ")");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    @Override
    public String toString() {
        return "RoutingDataSource[" + set.name() + (session == null ? "" : ", with a session") + "]";
    }
}
