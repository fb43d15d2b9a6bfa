package dev.tenfold.benchmarks;

import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Probe;
import dev.tenfold.replication.jdbc.JdbcReplicationEngine;
import dev.tenfold.topology.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Replication among {@link StubNode}s where nothing ever happens: all are alive and hold the whole history. */
final class StubReplication implements JdbcReplicationEngine {

    private static final LogPosition END = new LogPosition(1, 1_000_000);

    @Override
    public Probe probe(Endpoint<DataSource> node) throws SQLException {
        return node.target().unwrap(StubNode.class).isPrimary() ? Probe.primary(END) : Probe.replica(true, END, END);
    }

    @Override
    public LogPosition position(Endpoint<DataSource> node) {
        return END;
    }

    @Override
    public LogPosition position(Connection connection) {
        return END;
    }

    @Override
    public LogPosition timelineStart(Endpoint<DataSource> primary) {
        return new LogPosition(1, 0);
    }

    @Override
    public LogPosition freeze(Endpoint<DataSource> replica, long token) {
        throw new UnsupportedOperationException("nobody fails here");
    }

    @Override
    public LogPosition promote(Endpoint<DataSource> candidate, long token) {
        throw new UnsupportedOperationException("nobody fails here");
    }

    @Override
    public void follow(Endpoint<DataSource> replica, Endpoint<DataSource> primary, long token) {
        throw new UnsupportedOperationException("everybody follows already");
    }

    @Override
    public CallFailure classify(Throwable failure) {
        return CallFailure.CALLER;
    }

    @Override
    public int synchronousReplicas() {
        return 0;
    }

    @Override
    public void close() {}
}
