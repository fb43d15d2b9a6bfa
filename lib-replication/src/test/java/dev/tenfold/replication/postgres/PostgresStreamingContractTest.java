package dev.tenfold.replication.postgres;

import dev.tenfold.replication.ReplicationEngine;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import dev.tenfold.replication.testing.ReplicationEngineContract;
import dev.tenfold.topology.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** The contract on real servers, which are kept from test to test unless the primary was killed. */
@Timeout(120)
class PostgresStreamingContractTest extends ReplicationEngineContract<DataSource> {

    private static PostgresCluster cluster;

    private PostgresStreaming engine;

    @BeforeEach
    void start() throws SQLException {
        if (cluster == null) {
            cluster = PostgresCluster.builder().replicas(2).start();
            cluster.node("a").execute("CREATE TABLE t (id serial PRIMARY KEY)");
        }
        engine = Postgres.streaming();
        for (PostgresNode node : cluster.nodes()) {
            engine = engine.connectionInfo(node.id(), node.connectionInfo());
        }
    }

    @AfterEach
    void repair() {
        engine.close();
        if (!cluster.node("a").isRunning()) {
            stop();
            return;
        }
        for (PostgresNode node : cluster.nodes()) {
            if (!node.isRunning()) {
                node.start();
            }
        }
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
            cluster = null;
        }
    }

    private PostgresNode server(int index) {
        return cluster.node(String.valueOf((char) ('a' + index)));
    }

    @Override
    protected ReplicationEngine<DataSource> engine() {
        return engine;
    }

    @Override
    protected Endpoint<DataSource> node(int index) {
        return Endpoint.of(server(index).id(), server(index).dataSource());
    }

    @Override
    protected void write(DataSource node) throws SQLException {
        try (Connection connection = node.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO t DEFAULT VALUES");
        }
    }

    @Override
    protected void crash(Endpoint<DataSource> node) {
        cluster.node(node.id()).kill9();
    }
}
