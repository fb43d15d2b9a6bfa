package dev.tenfold.replication.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PostgresClusterTest {

    @Test
    void replicasStreamAndASingleNodeCanBeKilledAndStartedAgain() throws SQLException {
        PostgresNode used;
        try (PostgresCluster cluster =
                PostgresCluster.builder().replicas(1).synchronous().start()) {
            PostgresNode a = cluster.node("a");
            used = a;
            PostgresNode b = cluster.node("b");
            a.execute("CREATE TABLE t (id int)");
            a.execute("INSERT INTO t VALUES (42)");
            assertThat(b.execute("SELECT pg_is_in_recovery()")).isEqualTo("t");
            PostgresCluster.await("replay", Duration.ofSeconds(10), () -> "42".equals(b.execute("SELECT id FROM t")));

            a.kill9();
            assertThat(a.isRunning()).isFalse();
            assertThatThrownBy(() -> a.execute("SELECT 1")).isInstanceOf(SQLException.class);
            a.start();
            assertThat(a.execute("SELECT id FROM t")).isEqualTo("42");

            b.suspend();
            assertThat(b.isRunning()).isTrue();
            b.resume();
            assertThat(b.execute("SELECT id FROM t")).isEqualTo("42");
        }
        assertThat(used.isRunning()).isFalse();
    }
}
