package dev.tenfold.replication.postgres;

import dev.tenfold.error.Validation;
import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Probe;
import dev.tenfold.replication.jdbc.JdbcReplicationEngine;
import dev.tenfold.topology.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL 13 or newer with physical streaming replication, through nothing but JDBC.
 *
 * <p>For each node it keeps one connection to itself, and where it has driven a failover a second one, of the node's data
 * source unless {@link #control} names another; a pool should hold two more. To route
 * and follow, the user needs {@code pg_monitor} and, where somebody else promotes, {@code EXECUTE} on {@code
 * pg_read_file(text)}; to promote, it needs {@code EXECUTE} on {@code pg_promote} and {@code pg_reload_conf}, and {@code
 * ALTER SYSTEM} on {@code primary_conninfo}, which a superuser has.
 *
 * <p>What it relies on: a position is {@code pg_current_wal_lsn()} taken after the commit (the insert position may name
 * bytes that are never written until the next record), and what a read shows is less than that position unless no
 * transaction with an id is under way, since a commit is in the log before it is shown; a replica is frozen by emptying {@code primary_conninfo} and
 * waiting until its WAL receiver has ended, which also keeps it from acknowledging anything; the data source must give up
 * connecting within a few seconds, since a hung server accepts connections and says nothing. {@code synchronous_commit}
 * must be {@code on} or stronger wherever a session wants to read its writes.
 *
 * <p>Immutable but for its connections, thread-safe. Its methods give up after the {@linkplain #timeout timeout}.
 */
public final class PostgresStreaming implements JdbcReplicationEngine {

    private final Options options;
    private final ControlConnections connections;

    /** What it was told. */
    record Options(
            Map<String, String> connectionInfo,
            Map<String, DataSource> own,
            Map<String, ServerControl> servers,
            List<String> tables,
            int synchronousReplicas,
            Duration timeout) {

        static final Options DEFAULT = new Options(Map.of(), Map.of(), Map.of(), List.of(), 0, Duration.ofSeconds(1));

        Options {
            Validation check = Validation.of("PostgreSQL engine");
            check.atLeast("synchronousReplicas", synchronousReplicas, 0);
            check.positive("timeout", timeout);
            check.require(timeout.compareTo(Duration.ofMinutes(10)) <= 0, "timeout", timeout, "at most 10 minutes");
            check.throwIfInvalid();
            connectionInfo = Map.copyOf(connectionInfo);
            own = Map.copyOf(own);
            servers = Map.copyOf(servers);
            tables = List.copyOf(tables);
        }
    }

    PostgresStreaming(Options options) {
        this.options = options;
        this.connections = new ControlConnections(options.own(), options.timeout());
    }

    /**
     * Says how other nodes connect to a node to replicate from it. Needed of every node where this library promotes.
     *
     * @param id the node's id in the replica set
     * @param info parameters in libpq's form, such as {@code "host=db1 port=5432 user=replicator"}; {@code
     *     application_name} becomes the id of the node that connects
     * @return a copy
     */
    public PostgresStreaming connectionInfo(String id, String info) {
        Map<String, String> more = new HashMap<>(options.connectionInfo());
        more.put(id, info);
        return with(more, options.servers(), options.tables(), options.synchronousReplicas(), options.timeout());
    }

    /**
     * Says how to stop and start the server of a node and where its files are. Needed to make a former primary join again
     * and to switch over; without it a failover still promotes, and tells what is to be done by hand.
     *
     * @param id the node's id in the replica set
     * @param control power over its server
     * @return a copy
     */
    public PostgresStreaming server(String id, ServerControl control) {
        Map<String, ServerControl> more = new HashMap<>(options.servers());
        more.put(id, control);
        return with(options.connectionInfo(), more, options.tables(), options.synchronousReplicas(), options.timeout());
    }

    /**
     * Names the tables of which a recovery report holds the rows: those that a former primary has, and the new one has not
     * or has differently. Each table needs a primary key. Reporting reads each table on the former primary once, and looks
     * up each of its rows on the new one by key; at most {@value Divergence#MOST_ROWS} rows of a table are reported. Rows
     * that the former primary deleted, or the new one inserted since, are not told apart, and not reported; of rows that
     * the new primary changed or deleted since, the report shows both forms.
     *
     * @param tables as in SQL, quoted where they need to be; none by default
     * @return a copy
     */
    public PostgresStreaming reporting(String... tables) {
        return with(
                options.connectionInfo(),
                options.servers(),
                List.of(tables),
                options.synchronousReplicas(),
                options.timeout());
    }

    /**
     * Sets where the engine takes its own connections to a node from. By default that is the node's data source; where that
     * is a pool, give the unpooled one below it: a pool that has found its server dead tries again less and less often, so
     * that the set would see a node that came back some seconds late; and a pool that is used up looks like a dead server.
     *
     * @param id the node's id in the replica set
     * @param source of connections to the same server; it must give up connecting within a few seconds
     * @return a copy
     */
    public PostgresStreaming control(String id, DataSource source) {
        Map<String, DataSource> more = new HashMap<>(options.own());
        more.put(id, source);
        return new PostgresStreaming(new Options(
                options.connectionInfo(),
                more,
                options.servers(),
                options.tables(),
                options.synchronousReplicas(),
                options.timeout()));
    }

    private PostgresStreaming with(
            Map<String, String> info,
            Map<String, ServerControl> servers,
            List<String> tables,
            int replicas,
            Duration timeout) {
        return new PostgresStreaming(new Options(info, options.own(), servers, tables, replicas, timeout));
    }

    /**
     * Says how many replicas every commit waits for: the {@code k} of {@code synchronous_standby_names = 'ANY k (...)'}.
     * It must be set so on every node, with all replicas in the list, and no transaction may turn {@code
     * synchronous_commit} below {@code on}: the proof that a failover loses nothing rests on it.
     *
     * @param replicas 0 (the default, asynchronous) to the number of replicas
     * @return a copy
     */
    public PostgresStreaming synchronousReplicas(int replicas) {
        return with(options.connectionInfo(), options.servers(), options.tables(), replicas, options.timeout());
    }

    /**
     * Sets how long one of the engine's own statements may take.
     *
     * @param timeout > 0 and at most 10 minutes, by default 1 s
     * @return a copy
     */
    public PostgresStreaming timeout(Duration timeout) {
        return with(
                options.connectionInfo(), options.servers(), options.tables(), options.synchronousReplicas(), timeout);
    }

    /**
     * Returns how long one of the engine's own statements may take.
     *
     * @return the timeout
     */
    public Duration timeout() {
        return options.timeout();
    }

    @Override
    public Probe probe(Endpoint<DataSource> node) throws SQLException {
        return connections.with(node, Statements::probe);
    }

    @Override
    public LogPosition position(Endpoint<DataSource> node) throws SQLException {
        return connections.with(node, Statements::position);
    }

    /**
     * {@inheritDoc}
     *
     * <p>PostgreSQL 19 and newer wait themselves ({@code WAIT FOR LSN}), on a connection of the node's data source; older ones
     * are asked.
     */
    @Override
    public LogPosition awaitPosition(Endpoint<DataSource> node, LogPosition wanted, Duration patience)
            throws SQLException {
        LogPosition now = position(node);
        boolean waits = now.compareTo(wanted) < 0
                && patience.toMillis() > 0
                && connections.with(node, c -> c.getMetaData().getDatabaseMajorVersion()) >= 19;
        if (!waits) {
            return now;
        }
        try (Connection connection = node.target().getConnection()) {
            return Statements.awaitReplay(connection, wanted, patience) ? position(node) : now;
        }
    }

    @Override
    public LogPosition position(Connection connection) throws SQLException {
        return Statements.position(connection);
    }

    /** Resets the whole search path, of which {@code before} names only the first schema that exists. */
    @Override
    public void restoreSchema(Connection connection, @Nullable String before) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET SESSION search_path TO DEFAULT");
        }
    }

    @Override
    public LogPosition timelineStart(Endpoint<DataSource> primary) throws SQLException {
        return connections.with(primary, Statements::timelineStart);
    }

    /**
     * {@inheritDoc}
     *
     * <p>The token is compared with those of all sessions that have told the node anything and still are open: a process keeps
     * its own open. What the process that froze it before still tells it fails with its session.
     */
    @Override
    public LogPosition freeze(Endpoint<DataSource> replica, long token) throws SQLException {
        return connections.holding(replica, token, Statements::freeze);
    }

    @Override
    public LogPosition promote(Endpoint<DataSource> candidate, long token) throws SQLException {
        if (!connections.isHolding(candidate)) {
            throw new SQLException("'" + candidate.id() + "' was not frozen, or another process has frozen it since");
        }
        return connections.releasing(candidate, token, Statements::promote);
    }

    @Override
    public void follow(Endpoint<DataSource> replica, Endpoint<DataSource> primary, long token) throws SQLException {
        String info = Statements.named(connectionInfo(primary), replica.id());
        connections.releasing(replica, token, connection -> {
            Statements.follow(connection, info);
            return replica;
        });
    }

    @Override
    public Set<String> followers(Endpoint<DataSource> primary) throws SQLException {
        return connections.with(primary, Statements::followers);
    }

    private String connectionInfo(Endpoint<DataSource> node) {
        String info = options.connectionInfo().get(node.id());
        if (info == null) {
            throw new IllegalStateException("no connection info of node '" + node.id() + "': call connectionInfo(\""
                    + node.id() + "\", ...) on the engine");
        }
        return info;
    }

    @Override
    public Setup inspect(Endpoint<DataSource> primary, List<Endpoint<DataSource>> replicas) throws SQLException {
        return new Inspection(connections, options.synchronousReplicas()).run(primary, replicas);
    }

    @Override
    public Optional<String> obstacleToRejoin(Endpoint<DataSource> node) {
        if (!options.connectionInfo().containsKey(node.id())) {
            return Optional.of("call connectionInfo(\"" + node.id() + "\", ...) on the engine");
        }
        if (options.servers().containsKey(node.id())) {
            return Optional.empty();
        }
        return Optional.of(
                "stop its server, run pg_rewind against the primary or clone it anew with Postgres.clone(...),"
                        + " and start it as a standby; or give the engine server(\"" + node.id()
                        + "\", ...) to do so by itself");
    }

    @Override
    public boolean awaitsRejoin(Endpoint<DataSource> node) {
        ServerControl server = options.servers().get(node.id());
        return server != null && new DataDirectory(server.dataDirectory()).isUnfinished();
    }

    /** {@inheritDoc} Tokens are compared as by {@link #freeze}; a node that does not answer has none. */
    @Override
    public boolean rejoin(Endpoint<DataSource> node, Endpoint<DataSource> primary, long token) throws Exception {
        ServerControl server = control(node);
        LogPosition start = timelineStart(primary);
        requirePermission(node, token);
        connections.forget(node);
        return new Rejoin(node.id(), server).run(connections.source(primary), start, connectionInfo(primary));
    }

    /** Throws if the node was given a higher token; one that is down or hangs holds none that counts. */
    private void requirePermission(Endpoint<DataSource> node, long token) throws FencedException {
        for (int attempt = 1; attempt <= 2; attempt++) {
            try {
                connections.releasing(node, token, connection -> node);
                return;
            } catch (FencedException late) {
                throw late;
            } catch (SQLException ended) {
                // It may be that only our session was ended, by who has taken the node over: a new one is told so.
                connections.forget(node);
            }
        }
    }

    /** {@inheritDoc} A node that is down is started for it, if the engine can do that; rejoining stops it again. */
    @Override
    public Failover.RecoveryReport recoveryReport(Endpoint<DataSource> node, Endpoint<DataSource> primary)
            throws Exception {
        ServerControl server = options.servers().get(node.id());
        Divergence divergence = new Divergence(options.tables(), connections.source(node), connections.source(primary));
        if (server != null) {
            divergence.startUnlessThere(server);
        }
        return divergence.report(node.id());
    }

    /**
     * {@inheritDoc} A checkpoint first, so that the one of the shutdown is short; then a shutdown in order, in which the
     * server sends its replicas all it has.
     */
    @Override
    public LogPosition retire(Endpoint<DataSource> primary, Runnable fence) throws Exception {
        ServerControl server = control(primary);
        if (!probe(primary).writable()) {
            // It was replaced and follows another by now; as the primary it was it would be a second one.
            throw new IllegalStateException("'" + primary.id() + "' is a replica (expected: the primary)");
        }
        try (Connection connection = connections.source(primary).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CHECKPOINT");
        }
        fence.run();
        server.stop(ServerControl.Shutdown.IN_ORDER);
        DataDirectory data = new DataDirectory(server.dataDirectory());
        DataDirectory.ShutDown end = data.shutDown();
        if (end == null) {
            throw new IllegalStateException("'" + primary.id()
                    + "' was stopped, but not in order: its replicas may lack" + " what it acknowledged last");
        }
        // Whoever starts it now starts a standby.
        data.makeStandby(Map.of());
        // Positions lie between records: whoever is beyond the start of the last one has all of it.
        return new LogPosition(end.timeline(), end.checkpoint() + 1);
    }

    @Override
    public void reinstate(Endpoint<DataSource> retired) throws Exception {
        ServerControl server = control(retired);
        DataDirectory data = new DataDirectory(server.dataDirectory());
        if (data.shutDown() == null) {
            throw new IllegalStateException(
                    "'" + retired.id() + "' was started since it was retired (expected: shut down as"
                            + " the primary it was); it may follow another by now, so leave it the replica that it is");
        }
        data.makePrimary();
        server.start();
    }

    private ServerControl control(Endpoint<DataSource> node) {
        ServerControl server = options.servers().get(node.id());
        if (server == null) {
            throw new UnsupportedOperationException("'" + node.id()
                    + "': nothing is known of its server; call server(\"" + node.id() + "\", ...) on the engine");
        }
        return server;
    }

    @Override
    public CallFailure classify(Throwable failure) {
        return Failures.classify(failure);
    }

    @Override
    public boolean leavesCommitUnconfirmed(SQLWarning warning) {
        return Failures.isUnconfirmed(warning);
    }

    @Override
    public int synchronousReplicas() {
        return options.synchronousReplicas();
    }

    @Override
    public List<String> problems(List<Endpoint<DataSource>> nodes, Failover failover) {
        List<String> problems = new ArrayList<>();
        for (Endpoint<DataSource> node : nodes) {
            if (failover.drives() && !options.connectionInfo().containsKey(node.id())) {
                problems.add("connectionInfo(\"" + node.id() + "\", ...) where it is to promote");
            }
        }
        return problems;
    }

    @Override
    public void close() {
        connections.close();
    }

    @Override
    public String toString() {
        return "PostgresStreaming[nodes=" + options.connectionInfo().keySet() + ", servers="
                + options.servers().keySet() + ", synchronousReplicas=" + options.synchronousReplicas() + ", timeout="
                + options.timeout() + "]";
    }
}
