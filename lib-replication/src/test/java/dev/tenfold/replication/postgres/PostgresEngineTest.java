package dev.tenfold.replication.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.observe.Observer;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.ReplicationEngine.Setup;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import dev.tenfold.topology.Endpoint;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the engine finds out and does, on servers that replicate synchronously. */
@Timeout(60)
class PostgresEngineTest {

    private static PostgresCluster cluster;

    @BeforeAll
    static void start() throws SQLException {
        cluster = PostgresCluster.builder().replicas(2).synchronous().start();
        cluster.node("a").execute("CREATE TABLE t (id serial PRIMARY KEY, value text)");
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @AfterEach
    void followAgain() throws SQLException {
        try (PostgresStreaming engine = engine(1)) {
            engine.follow(endpoint("b"), endpoint("a"), 0);
            engine.follow(endpoint("c"), endpoint("a"), 0);
        }
        FailoverLab.await(
                "two replicas",
                () -> "2".equals(cluster.node("a").execute("SELECT count(*) FROM pg_stat_replication")),
                () -> cluster.node("b").log());
    }

    private static PostgresStreaming engine(int replicas) {
        PostgresStreaming engine = Postgres.streaming().synchronousReplicas(replicas);
        for (PostgresNode node : cluster.nodes()) {
            engine = engine.connectionInfo(node.id(), node.connectionInfo());
        }
        return engine;
    }

    private static Endpoint<DataSource> endpoint(String id) {
        return Endpoint.of(id, cluster.node(id).dataSource());
    }

    private static Setup inspect(PostgresStreaming engine) throws SQLException {
        return engine.inspect(endpoint("a"), List.of(endpoint("b"), endpoint("c")));
    }

    @Test
    void aCommitThatStoppedWaitingForItsReplicasIsOfUnknownOutcome() throws Exception {
        try (PostgresStreaming engine = engine(1);
                ReplicaSet<DataSource> set = ReplicaSet.<DataSource>builder("users")
                        .primary("a", cluster.node("a").dataSource())
                        .replica("b", cluster.node("b").dataSource())
                        .replica("c", cluster.node("c").dataSource())
                        .engine(engine)
                        .probeEvery(Duration.ofMillis(100))
                        .observer(Observer.none())
                        .start()) {
            engine.freeze(endpoint("b"), 0);
            engine.freeze(endpoint("c"), 0);
            DataSource routing = RoutingDataSource.over(set);
            try (Connection connection = routing.getConnection()) {
                connection.setAutoCommit(false);
                try (Statement statement = connection.createStatement()) {
                    statement.execute("SET LOCAL statement_timeout = '300ms'");
                    statement.execute("INSERT INTO t (value) VALUES ('in a transaction')");
                }
                assertThatThrownBy(connection::commit)
                        .isInstanceOf(SQLException.class)
                        .hasCauseInstanceOf(OutcomeUnknownException.class);
            }
            try (Connection connection = routing.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.setQueryTimeout(1);
                assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO t (value) VALUES ('by itself')"))
                        .isInstanceOf(SQLException.class)
                        .hasCauseInstanceOf(OutcomeUnknownException.class);
            }
        }
    }

    @Test
    void whoFreezesAReplicaTakesItFromWhoeverFrozeItBefore() throws Exception {
        try (PostgresStreaming paused = engine(1);
                PostgresStreaming successor = engine(1)) {
            LogPosition before = paused.freeze(endpoint("b"), 0);
            assertThat(paused.freeze(endpoint("b"), 0)).isEqualTo(before);
            assertThat(successor.freeze(endpoint("b"), 0)).isEqualTo(before);

            // The process that was paused wakes up, and its next step must not undo the proof of the other.
            assertThatThrownBy(() -> paused.follow(endpoint("b"), endpoint("a"), 0))
                    .isInstanceOf(SQLException.class);
            assertThatThrownBy(() -> paused.promote(endpoint("b"), 0))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("was not frozen");
            assertThat(cluster.node("b").execute("SHOW primary_conninfo")).isEmpty();
            assertThat(cluster.node("b").execute("SELECT pg_is_in_recovery()")).isEqualTo("t");
            successor.follow(endpoint("b"), endpoint("a"), 0);
        }
    }

    @Test
    void whoComesLateIsRefusedThoughHeFrozeNothing() throws Exception {
        try (PostgresStreaming late = engine(1);
                PostgresStreaming successor = engine(1)) {
            successor.freeze(endpoint("b"), 8);

            // Under a lease that is over by now: it found the replica adrift before the other one froze it.
            assertThatThrownBy(() -> late.follow(endpoint("b"), endpoint("a"), 7))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("fencing token: 7 (expected: >= 8");
            assertThat(cluster.node("b").execute("SHOW primary_conninfo")).isEmpty();

            successor.follow(endpoint("b"), endpoint("a"), 8);
            assertThatThrownBy(() -> late.follow(endpoint("b"), endpoint("c"), 7))
                    .hasMessageContaining("fencing token: 7 (expected: >= 8");
            assertThat(cluster.node("b").execute("SHOW primary_conninfo"))
                    .contains("port=" + cluster.node("a").port());

            late.follow(endpoint("b"), endpoint("a"), 9);
            assertThatThrownBy(() -> successor.freeze(endpoint("b"), 8))
                    .hasMessageContaining("fencing token: 8 (expected: >= 9");
        }
    }

    @Test
    void serversThatAreSetUpAsToldHaveNoProblems() throws Exception {
        try (PostgresStreaming engine = engine(1)) {
            Setup setup = inspect(engine);
            assertThat(setup.problems()).isEmpty();
            assertThat(setup.synchronousReplicas()).isEqualTo(1);
        }
    }

    @Test
    void whatDiffersFromWhatTheEngineWasToldIsNamed() throws Exception {
        PostgresNode a = cluster.node("a");
        try (PostgresStreaming engine = engine(2)) {
            assertThat(inspect(engine).problems())
                    .anySatisfy(problem -> assertThat(problem)
                            .isEqualTo(
                                    "'a': synchronous_standby_names = 'ANY 1 (*)' waits for 1 replicas (expected: ANY 2"
                                            + " (*), as synchronousReplicas(2) says)"))
                    .anySatisfy(problem -> assertThat(problem).startsWith("'b': synchronous_standby_names"));
            assertThat(inspect(engine).synchronousReplicas()).isEqualTo(1);
        }
        a.execute("ALTER SYSTEM SET synchronous_commit = 'local'");
        a.execute("ALTER ROLE postgres SET synchronous_commit = 'off'");
        a.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (b, other)'");
        a.execute("SELECT pg_reload_conf()");
        try (PostgresStreaming engine = engine(1)) {
            FailoverLab.await(
                    "the new settings",
                    () -> "ANY 1 (b, other)".equals(a.execute("SHOW synchronous_standby_names")),
                    a::log);
            assertThat(inspect(engine).problems())
                    .anySatisfy(problem -> assertThat(problem).contains("does not name 'c'"))
                    .anySatisfy(problem -> assertThat(problem)
                            .contains("role 'postgres': synchronous_commit=off")
                            .contains("a failover may lose them"));
            assertThat(inspect(engine).synchronousReplicas())
                    .as("commits of this role wait for nobody")
                    .isZero();
        } finally {
            a.execute("ALTER SYSTEM RESET synchronous_commit");
            a.execute("ALTER SYSTEM RESET synchronous_standby_names");
            a.execute("ALTER ROLE postgres RESET synchronous_commit");
            a.execute("SELECT pg_reload_conf()");
        }
    }

    @Test
    void withoutPowerOverAServerItIsSaidWhatToDo() {
        try (PostgresStreaming engine = engine(1)) {
            assertThat(engine.obstacleToRejoin(endpoint("a")))
                    .hasValueSatisfying(
                            how -> assertThat(how).contains("Postgres.clone").contains("server(\"a\", ...)"));
            assertThatThrownBy(() -> engine.rejoin(endpoint("a"), endpoint("b"), 0))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("server(\"a\", ...)");
        }
    }
}
