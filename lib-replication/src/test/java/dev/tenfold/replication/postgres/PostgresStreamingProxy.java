package dev.tenfold.replication.postgres;

import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Probe;
import dev.tenfold.replication.ReplicationEngine;
import dev.tenfold.replication.jdbc.JdbcReplicationEngine;
import dev.tenfold.topology.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** An engine that does what another does, except for what a negative control does wrong on purpose. */
final class PostgresStreamingProxy implements JdbcReplicationEngine {

    private final JdbcReplicationEngine real;
    private final boolean blind;

    PostgresStreamingProxy(ReplicationEngine<DataSource> real) {
        this((JdbcReplicationEngine) real, false);
    }

    private PostgresStreamingProxy(JdbcReplicationEngine real, boolean blind) {
        this.real = real;
        this.blind = blind;
    }

    /** Tells of every frozen replica that it is as far as any other: the first is promoted then. */
    PostgresStreamingProxy blind() {
        return new PostgresStreamingProxy(real, true);
    }

    @Override
    public LogPosition freeze(Endpoint<DataSource> replica, long token) throws Exception {
        LogPosition at = real.freeze(replica, token);
        return blind ? new LogPosition(at.timeline(), 1) : at;
    }

    @Override
    public Probe probe(Endpoint<DataSource> node) throws Exception {
        return real.probe(node);
    }

    @Override
    public LogPosition position(Endpoint<DataSource> node) throws Exception {
        return real.position(node);
    }

    @Override
    public LogPosition position(Connection connection) throws SQLException {
        return real.position(connection);
    }

    @Override
    public void restoreSchema(Connection connection, @Nullable String before) throws SQLException {
        real.restoreSchema(connection, before);
    }

    @Override
    public boolean leavesCommitUnconfirmed(SQLWarning warning) {
        return real.leavesCommitUnconfirmed(warning);
    }

    @Override
    public LogPosition timelineStart(Endpoint<DataSource> primary) throws Exception {
        return real.timelineStart(primary);
    }

    @Override
    public LogPosition promote(Endpoint<DataSource> candidate, long token) throws Exception {
        return real.promote(candidate, token);
    }

    @Override
    public void follow(Endpoint<DataSource> replica, Endpoint<DataSource> primary, long token) throws Exception {
        real.follow(replica, primary, token);
    }

    @Override
    public CallFailure classify(Throwable failure) {
        return real.classify(failure);
    }

    @Override
    public int synchronousReplicas() {
        return real.synchronousReplicas();
    }

    @Override
    public List<String> problems(List<Endpoint<DataSource>> nodes, Failover failover) {
        return real.problems(nodes, failover);
    }

    @Override
    public Setup inspect(Endpoint<DataSource> primary, List<Endpoint<DataSource>> replicas) throws Exception {
        return real.inspect(primary, replicas);
    }

    @Override
    public Optional<String> obstacleToRejoin(Endpoint<DataSource> node) {
        return real.obstacleToRejoin(node);
    }

    @Override
    public boolean awaitsRejoin(Endpoint<DataSource> node) {
        return real.awaitsRejoin(node);
    }

    @Override
    public Set<String> followers(Endpoint<DataSource> primary) throws Exception {
        return real.followers(primary);
    }

    @Override
    public boolean rejoin(Endpoint<DataSource> node, Endpoint<DataSource> primary, long token) throws Exception {
        return real.rejoin(node, primary, token);
    }

    @Override
    public Failover.RecoveryReport recoveryReport(Endpoint<DataSource> node, Endpoint<DataSource> primary)
            throws Exception {
        return real.recoveryReport(node, primary);
    }

    @Override
    public LogPosition retire(Endpoint<DataSource> primary, Runnable fence) throws Exception {
        return real.retire(primary, fence);
    }

    @Override
    public void reinstate(Endpoint<DataSource> retired) throws Exception {
        real.reinstate(retired);
    }

    @Override
    public void close() {
        real.close();
    }
}
