package dev.tenfold.replication.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tenfold.observe.Observer;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.session.Session;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PostgresRoutingTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static PostgresCluster cluster;
    private static List<HikariDataSource> pools;
    private static ReplicaSet<DataSource> set;
    private static RoutingDataSource routing;

    @BeforeAll
    static void start() throws SQLException {
        cluster = PostgresCluster.builder().replicas(2).start();
        cluster.node("a").execute("CREATE TABLE t (id serial PRIMARY KEY, value text)");
        pools = new ArrayList<>();
        set = ReplicaSet.<DataSource>builder("users")
                .primary("a", pool("a"))
                .replica("b", pool("b"))
                .replica("c", pool("c"))
                .engine(Postgres.streaming())
                .probeEvery(Duration.ofMillis(50))
                .observer(Observer.none())
                .start();
        routing = RoutingDataSource.over(set);
    }

    private static DataSource pool(String id) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(cluster.node(id).dataSource());
        config.setMaximumPoolSize(6);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(1000);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        return pool;
    }

    @AfterAll
    static void stop() {
        if (set != null) {
            set.close();
            pools.forEach(HikariDataSource::close);
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : "";
        }
    }

    private static Deadline soon() {
        return Deadline.after(PATIENCE, TimeSource.system());
    }

    @Test
    void readOnlyConnectionsReadFromReplicasAndOthersWriteToThePrimary() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.setReadOnly(true);
            assertThat(one(connection, "SHOW cluster_name")).isIn("b", "c");
            connection.setReadOnly(false);
            assertThat(one(connection, "SHOW cluster_name")).isEqualTo("a");
            assertThat(one(connection, "INSERT INTO t (value) VALUES ('w') RETURNING value"))
                    .isEqualTo("w");
        }
    }

    @Test
    void aTransactionStaysOnItsNodeAndMayNotChangeItsRole() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.setAutoCommit(false);
            connection.setReadOnly(true);
            String node = one(connection, "SHOW cluster_name");
            assertThatThrownBy(() -> connection.setReadOnly(false))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("before the transaction's first statement");
            for (int i = 0; i < 10; i++) {
                assertThat(one(connection, "SHOW cluster_name")).isEqualTo(node);
            }
            connection.commit();
            connection.setReadOnly(false);
            assertThat(one(connection, "SHOW cluster_name")).isEqualTo("a");
            connection.rollback();
        }
    }

    @Test
    void settingsMadeBeforeTheFirstStatementReachTheNodeAndAreNotLeftBehind() throws SQLException {
        for (int i = 0; i < 2; i++) {
            try (Connection connection = routing.getConnection()) {
                connection.setReadOnly(true);
                connection.setAutoCommit(false);
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                connection.setSchema("pg_catalog");
                connection.setNetworkTimeout(Runnable::run, 7000);
                connection.setClientInfo("ApplicationName", "mine");
                assertThat(one(connection, "SHOW transaction_isolation")).isEqualTo("repeatable read");
                assertThat(one(connection, "SHOW transaction_read_only")).isEqualTo("on");
                assertThat(one(connection, "SHOW search_path")).contains("pg_catalog");
                assertThat(one(connection, "SHOW application_name")).isEqualTo("mine");
                assertThat(connection.getNetworkTimeout()).isEqualTo(7000);
            }
        }
        for (int i = 0; i < 4; i++) {
            try (Connection connection = routing.getConnection()) {
                connection.setReadOnly(true);
                assertThat(one(connection, "SHOW application_name")).isNotEqualTo("mine");
                assertThat(one(connection, "SHOW search_path")).doesNotContain("pg_catalog");
                assertThat(one(connection, "SHOW transaction_isolation")).isEqualTo("read committed");
            }
        }
    }

    @Test
    void aSessionReadsItsOwnWritesWhileReplicasLag() throws Exception {
        cluster.node("b").execute("SELECT pg_wal_replay_pause()");
        cluster.node("c").execute("SELECT pg_wal_replay_pause()");
        try {
            Session session = new Session();
            DataSource mine = routing.withSession(session);
            String id;
            try (Connection connection = mine.getConnection()) {
                connection.setAutoCommit(false);
                id = one(connection, "INSERT INTO t (value) VALUES ('mine') RETURNING id");
                connection.commit();
            }
            assertThat(session.required("users").offset()).isPositive();

            String find = "SELECT value FROM t WHERE id = " + id;
            try (Connection other = routing.getConnection()) {
                other.setReadOnly(true);
                assertThat(one(other, find))
                        .as("a replica without a session is stale")
                        .isEmpty();
            }
            try (Connection connection = mine.getConnection()) {
                connection.setReadOnly(true);
                assertThat(one(connection, "SHOW cluster_name")).isEqualTo("a");
                assertThat(one(connection, find)).isEqualTo("mine");
            }

            // A replica that catches up within the patience is waited for instead.
            cluster.node("b").execute("SELECT pg_wal_replay_resume()");
            String reader = "";
            for (int i = 0; i < 100 && !reader.equals("b"); i++) {
                try (Connection connection = mine.getConnection()) {
                    connection.setReadOnly(true);
                    assertThat(one(connection, find)).isEqualTo("mine");
                    reader = one(connection, "SHOW cluster_name");
                }
            }
            assertThat(reader).isEqualTo("b");
        } finally {
            cluster.node("b").execute("SELECT pg_wal_replay_resume()");
            cluster.node("c").execute("SELECT pg_wal_replay_resume()");
        }
    }

    @Test
    void anAutoCommittedWriteIsKnownToTheSessionOnceTheConnectionIsClosed() throws SQLException {
        Session session = new Session();
        try (Connection connection = routing.withSession(session).getConnection()) {
            one(connection, "INSERT INTO t (value) VALUES ('auto') RETURNING id");
        }
        assertThat(session.required("users").offset()).isPositive();
        assertThat(session.required("users").isPrimaryOnly()).isFalse();
    }

    @Test
    void readsAndWritesWithoutJdbcsConnectionsCarryPositions() throws Exception {
        Positioned<String> written = set.write(soon(), source -> {
            try (Connection connection = source.getConnection()) {
                return one(connection, "INSERT INTO t (value) VALUES ('direct') RETURNING id");
            }
        });
        assertThat(written.position().timeline()).isEqualTo(1);
        for (int i = 0; i < 20; i++) {
            Positioned<String> read = set.read(written.position(), soon(), source -> {
                try (Connection connection = source.getConnection()) {
                    return one(connection, "SELECT value FROM t WHERE id = " + written.value());
                }
            });
            assertThat(read.value()).isEqualTo("direct");
            assertThat(read.position().covers(written.position())).isTrue();
        }
        assertThatThrownBy(() -> set.read(Position.none(), soon(), source -> {
                    try (Connection connection = source.getConnection()) {
                        return one(connection, "SELECT nonsense");
                    }
                }))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("nonsense");
    }

    @Test
    void aPoolMayStandInFront() throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setDataSource(routing);
        config.setMaximumPoolSize(2);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            for (int i = 0; i < 10; i++) {
                try (Connection connection = pool.getConnection()) {
                    connection.setReadOnly(i % 2 == 0);
                    assertThat(one(connection, "SHOW cluster_name"))
                            .isIn(i % 2 == 0 ? List.of("b", "c") : List.of("a"));
                }
            }
        }
    }
}
