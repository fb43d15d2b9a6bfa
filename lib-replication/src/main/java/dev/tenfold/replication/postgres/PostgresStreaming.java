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
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL 13 or newer with physical streaming replication, through nothing but JDBC.
 *
 * <p>For each node it keeps one connection of the node's data source to itself, so a pool should hold one more. To route
 * and follow, the user needs {@code pg_monitor} and, where somebody else promotes, {@code EXECUTE} on {@code
 * pg_read_file(text)}; to promote, it needs {@code EXECUTE} on {@code pg_promote} and {@code pg_reload_conf}, and {@code
 * ALTER SYSTEM} on {@code primary_conninfo}, which a superuser has.
 *
 * <p>What it relies on: a position is {@code pg_current_wal_lsn()} taken after the commit (the insert position may name
 * bytes that are never written until the next record); a replica is frozen by emptying {@code primary_conninfo} and
 * waiting until its WAL receiver has ended, which also keeps it from acknowledging anything; the data source must give up
 * connecting within a few seconds, since a hung server accepts connections and says nothing. {@code synchronous_commit}
 * must be {@code on} or stronger wherever a session wants to read its writes.
 *
 * <p>Immutable but for its connections, thread-safe. Its methods give up after the {@linkplain #timeout timeout}.
 */
public final class PostgresStreaming implements JdbcReplicationEngine {

    private final Map<String, String> connectionInfo;
    private final int synchronousReplicas;
    private final Duration timeout;
    private final ControlConnections connections;

    PostgresStreaming(Map<String, String> connectionInfo, int synchronousReplicas, Duration timeout) {
        Validation check = Validation.of("PostgreSQL engine");
        check.atLeast("synchronousReplicas", synchronousReplicas, 0);
        check.positive("timeout", timeout);
        check.require(timeout.compareTo(Duration.ofMinutes(10)) <= 0, "timeout", timeout, "at most 10 minutes");
        check.throwIfInvalid();
        this.connectionInfo = Map.copyOf(connectionInfo);
        this.synchronousReplicas = synchronousReplicas;
        this.timeout = timeout;
        this.connections = new ControlConnections(timeout);
    }

    /**
     * Says how other nodes connect to a node to replicate from it. Needed of every node where this library promotes.
     *
     * @param id the node's id in the replica set
     * @param info parameters in libpq's form, such as {@code "host=db1 port=5432 user=replicator"}; unless it names one,
     *     {@code application_name} becomes the id of the node that connects
     * @return a copy
     */
    public PostgresStreaming connectionInfo(String id, String info) {
        Map<String, String> more = new HashMap<>(connectionInfo);
        more.put(id, info);
        return new PostgresStreaming(more, synchronousReplicas, timeout);
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
        return new PostgresStreaming(connectionInfo, replicas, timeout);
    }

    /**
     * Sets how long one of the engine's own statements may take.
     *
     * @param timeout > 0 and at most 10 minutes, by default 1 s
     * @return a copy
     */
    public PostgresStreaming timeout(Duration timeout) {
        return new PostgresStreaming(connectionInfo, synchronousReplicas, timeout);
    }

    /**
     * Returns how long one of the engine's own statements may take.
     *
     * @return the timeout
     */
    public Duration timeout() {
        return timeout;
    }

    @Override
    public Probe probe(Endpoint<DataSource> node) throws SQLException {
        return connections.with(node, Statements::probe);
    }

    @Override
    public LogPosition position(Endpoint<DataSource> node) throws SQLException {
        return connections.with(node, Statements::position);
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

    @Override
    public LogPosition freeze(Endpoint<DataSource> replica) throws SQLException {
        return connections.with(replica, Statements::freeze);
    }

    @Override
    public LogPosition promote(Endpoint<DataSource> candidate) throws SQLException {
        return connections.with(candidate, Statements::promote);
    }

    @Override
    public void follow(Endpoint<DataSource> replica, Endpoint<DataSource> primary) throws SQLException {
        String info = connectionInfo.get(primary.id());
        if (info == null) {
            throw new IllegalStateException("no connection info of node '" + primary.id() + "': call connectionInfo(\""
                    + primary.id() + "\", ...) on the engine");
        }
        String named = info.contains("application_name") ? info : info + " application_name=" + replica.id();
        connections.with(replica, connection -> {
            Statements.follow(connection, named);
            return replica;
        });
    }

    @Override
    public CallFailure classify(Throwable failure) {
        return Failures.classify(failure);
    }

    @Override
    public int synchronousReplicas() {
        return synchronousReplicas;
    }

    @Override
    public List<String> problems(List<Endpoint<DataSource>> nodes, Failover failover) {
        List<String> problems = new ArrayList<>();
        for (Endpoint<DataSource> node : nodes) {
            if (failover.drives() && !connectionInfo.containsKey(node.id())) {
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
        return "PostgresStreaming[nodes=" + connectionInfo.keySet() + ", synchronousReplicas=" + synchronousReplicas
                + ", timeout=" + timeout + "]";
    }
}
