package dev.tenfold.replication.jdbc;

import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.session.Session;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
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
 *   <li><b>Routing.</b> By {@code setReadOnly}, which Spring's {@code @Transactional(readOnly = true)} calls; by a {@link
 *       #readScope scope} of the thread; and, if {@linkplain #routingByStatement asked for}, by statement.
 *   <li><b>Lazy.</b> A physical connection is taken from a node's own data source when the first statement is made; what
 *       was set before (read-only, auto-commit, isolation, schema, catalog, network timeout, client info, holdability,
 *       type map) is set on it then. Taking it waits for a primary, or a fresh enough replica, at most {@link #patience}.
 *   <li><b>Pinned.</b> All statements of a transaction run on one node. Between transactions the connection keeps its node
 *       until it has to leave it: {@code setReadOnly} asked for the other role, another primary was promoted, or the
 *       session has seen more than the replica. Statements made before are made again, with their settings and parameters,
 *       when they are next executed. In auto-commit mode every statement is a transaction.
 *   <li><b>Failover.</b> When another primary is promoted, connections to the old one are aborted, so that nobody keeps
 *       waiting for a hung server. What is thrown then says what to do, by its type:
 *       <ul>
 *         <li>{@link java.sql.SQLTransientConnectionException}, {@link java.sql.SQLRecoverableException}: nothing happened;
 *             repeat the transaction.
 *         <li>{@link java.sql.SQLNonTransientConnectionException} with SQLSTATE {@value Failures#OUTCOME_UNKNOWN} and an
 *             {@link dev.tenfold.error.OutcomeUnknownException} as its cause: a commit, or a write in auto-commit mode, was
 *             sent and may have happened. So it ends too if the server says that it gave up waiting for its replicas.
 *       </ul>
 *   <li><b>Retries.</b> If a node fails under the first statement of a transaction or one in auto-commit mode, and it ran on
 *       a replica, is a plain read, or was refused by a primary that is none any more, it is made again elsewhere, twice at
 *       most; not so batches and statements with streams. A write that may have happened is never made again.
 *   <li><b>Sessions.</b> With a session, reads are at least as new as everything the session has written or read through
 *       any connection. The session learns of it at {@code commit} and {@code rollback}, and in auto-commit mode when the
 *       connection is closed or changes its node. It costs a round trip each time.
 * </ul>
 *
 * <p><b>Pools</b> belong to the nodes, below this: one each, so that the router chooses among connections that are open. For
 * HikariCP:
 *
 * <pre>{@code
 * HikariConfig node = new HikariConfig();
 * node.setDataSource(postgres);            // with socketTimeout=30, connectTimeout=2, tcpKeepAlive=true
 * node.setConnectionTimeout(500);          // ms; the router waits for a primary, the pool of a dead one must not (30 s!)
 * node.setValidationTimeout(250);          // ms
 * node.setInitializationFailTimeout(-1);   // a node that is down must not keep the application from starting
 * node.setMinimumIdle(2);                  // also on replicas: a promoted one is then warm
 * node.setMaxLifetime(1_800_000);
 * }</pre>
 *
 * <p>The primary's pool takes all writes, and after a failover any node may be the primary: give every pool the size the
 * primary needs. Do not set {@code readOnly} on a replica's pool. At a switch connections in use are aborted here and evicted
 * by the pool because they are closed; idle ones to a replica that was promoted turn writable where they are, and stay. A
 * connection that says "read-only transaction" (25006, which HikariCP does not evict) is thrown away by this class.
 *
 * <p>A pool may also stand above (a framework may insist): it then limits how many callers wait, its {@code
 * connectionTimeout} counts for itself, and it needs no {@code keepaliveTime} or test query: a connection that lost its node
 * is valid, because the next transaction gets another, unless it lost a transaction. Set no {@code transactionIsolation},
 * {@code schema}, {@code catalog} or {@code readOnly} there but at the nodes; otherwise each is set again on every physical
 * connection. Without pools below, each change between reading and writing connects anew.
 *
 * <p>Statements, metadata and calls name the connection they came from ({@link java.sql.Statement#getConnection()});
 * {@link java.sql.ResultSet}s are the driver's own, and so is the statement they name.
 *
 * <p>Immutable, thread-safe. It owns nothing: the replica set and the nodes' data sources are the caller's. Make one per
 * replica set and keep it. A connection costs one object until its first statement, and a lock of one stripe in 16 when it
 * takes a physical connection and gives it back.
 */
public final class RoutingDataSource implements DataSource {

    /** How long a connection waits for its node unless changed: 10 s. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);

    /** What a data source shares with its copies. */
    private record Shared(
            ReplicaSet<DataSource> set,
            JdbcReplicationEngine engine,
            OpenConnections open,
            Recording.Spares recordings,
            ThreadLocal<@Nullable RoutingScope> scope) {}

    private final Shared shared;
    private final @Nullable Session session;
    private final @Nullable Supplier<? extends @Nullable Session> sessions;
    private final Duration patience;
    private final boolean byStatement;

    private RoutingDataSource(
            Shared shared,
            @Nullable Session session,
            @Nullable Supplier<? extends @Nullable Session> sessions,
            Duration patience,
            boolean byStatement) {
        this.shared = shared;
        this.session = session;
        this.sessions = sessions;
        this.patience = patience;
        this.byStatement = byStatement;
    }

    /**
     * Makes a data source over a replica set. It watches the set's topology for as long as it is in use.
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
        Shared shared =
                new Shared(set, engine, OpenConnections.watching(set), new Recording.Spares(), new ThreadLocal<>());
        return new RoutingDataSource(shared, null, null, DEFAULT_PATIENCE, false);
    }

    /**
     * Returns a view whose connections belong to a user's session.
     *
     * @param session what the user has seen; it is advanced by what the connections write and read
     * @return a cheap copy that shares everything else
     */
    public RoutingDataSource withSession(Session session) {
        return new RoutingDataSource(shared, session, null, patience, byStatement);
    }

    /**
     * Returns a view whose connections belong to whoever is being served when they are taken: for a data source that a framework
     * holds once, while the session comes with each request.
     *
     * @param current names the session of the caller, such as that of the request its thread works on; null where there is none.
     *     It is asked at each {@link #getConnection()}, on the thread that calls it, and must not block
     * @return a cheap copy that shares everything else
     */
    public RoutingDataSource withSessions(Supplier<? extends @Nullable Session> current) {
        return new RoutingDataSource(shared, null, Objects.requireNonNull(current, "current"), patience, byStatement);
    }

    /**
     * Sets how long a connection waits for its node.
     *
     * @param patience > 0, by default 10 s; a node's pool may add its own connection timeout to it
     * @return a copy that shares everything else
     * @throws IllegalArgumentException if not above zero
     */
    public RoutingDataSource waitingAtMost(Duration patience) {
        if (patience.isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("waitingAtMost: " + patience + " (expected: > 0)");
        }
        return new RoutingDataSource(shared, session, sessions, patience, byStatement);
    }

    /**
     * Returns a view that reads from replicas also on connections that are not read-only, where the statement shows that it
     * only reads: in auto-commit mode, a single {@code SELECT} of a known, harmless shape. Anything else goes to the primary:
     * what is not understood, {@code FOR UPDATE} and its kin, data-modifying {@code WITH}, {@code EXPLAIN}, functions that
     * are not on a list of harmless ones. From its first such statement on, a connection stays on the primary until it is
     * closed, so that it sees what it wrote (and its temporary tables).
     *
     * <p>A read may then be older than a write made before through another connection, unless both share a {@linkplain
     * #withSession session}. Not for tables that exist on the primary only (unlogged ones). A replica that refuses a
     * statement, because a view of it writes, passes it on to the primary.
     *
     * @return a copy that shares everything else
     */
    public RoutingDataSource routingByStatement() {
        return new RoutingDataSource(shared, session, sessions, patience, true);
    }

    /**
     * Opens a scope in which connections that this thread gets from here, or from a copy, start as read-only.
     *
     * @return what ends the scope when closed
     */
    public RoutingScope readScope() {
        return RoutingScope.open(shared.scope, RoutingScope.Target.REPLICA);
    }

    /**
     * Opens a scope in which connections that this thread gets from here, or from a copy, work on the primary even if they
     * are read-only: for a read that must see what was just written by somebody whose session is not at hand.
     *
     * @return what ends the scope when closed
     */
    public RoutingScope primaryScope() {
        return RoutingScope.open(shared.scope, RoutingScope.Target.PRIMARY);
    }

    /**
     * Returns how long a connection waits for its node.
     *
     * @return the limit
     */
    public Duration patience() {
        return patience;
    }

    ReplicaSet<DataSource> replicaSet() {
        return shared.set;
    }

    JdbcReplicationEngine engine() {
        return shared.engine;
    }

    OpenConnections open() {
        return shared.open;
    }

    Recording.Spares recordings() {
        return shared.recordings;
    }

    @Nullable
    Session session() {
        return session;
    }

    boolean routesByStatement() {
        return byStatement;
    }

    /** {@inheritDoc} No node is asked yet. */
    @Override
    public Connection getConnection() {
        RoutingScope scope = shared.scope.get();
        RoutingDataSource from = this;
        if (sessions != null) {
            Session current = sessions.get();
            from = new RoutingDataSource(shared, current, null, patience, byStatement);
        }
        return new RoutingConnection(from, scope == null ? null : scope.target());
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
        return "RoutingDataSource[" + shared.set.name()
                + (session == null ? "" : ", with a session")
                + (sessions == null ? "" : ", with the caller's session") + "]";
    }
}
