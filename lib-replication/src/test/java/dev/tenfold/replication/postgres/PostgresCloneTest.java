package dev.tenfold.replication.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.replication.postgres.PostgresClone.Progress;
import dev.tenfold.replication.postgres.ServerControl.Shutdown;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class PostgresCloneTest {

    /** What the first run breaks off with. */
    private static final class Enough extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @Test
    void aReplicaIsMadeFromAConnectionAndAnEmptyDirectoryAndABrokenOffCopyGoesOn() throws Exception {
        try (PostgresCluster cluster = PostgresCluster.builder().replicas(0).start()) {
            PostgresNode primary = cluster.node("a");
            primary.execute("CREATE TABLE t AS SELECT n AS id, repeat(md5(n::text), 8) AS filler"
                    + " FROM generate_series(1, 60000) AS n");
            PostgresNode node = cluster.addEmpty("b");
            Path directory = node.control().dataDirectory();
            List<Progress> progress = new ArrayList<>();
            PostgresClone clone = Postgres.clone(primary.dataSource(), directory)
                    .following(primary.connectionInfo(), "b")
                    .setting("port", String.valueOf(node.port()))
                    .setting("cluster_name", "b")
                    .progress(progress::add);

            PostgresClone stopped = clone.progress(now -> {
                if (now.copiedBytes() > 5_000_000) {
                    throw new Enough();
                }
            });
            assertThatThrownBy(stopped::run).isInstanceOf(Enough.class);
            assertThat(directory.resolve("PG_VERSION")).exists();
            assertThat(directory.resolve("global/pg_control"))
                    .as("without it no server starts on half a copy")
                    .doesNotExist();

            // The primary goes on meanwhile.
            primary.execute("INSERT INTO t SELECT n, 'late' FROM generate_series(100001, 100500) AS n");
            clone.run();
            assertThat(progress).isNotEmpty();
            Progress end = progress.get(progress.size() - 1);
            assertThat(end.comparedBytes()).isBetween(end.totalBytes() * 9 / 10, end.totalBytes());
            assertThat(end.copiedBytes()).as("the rest, not all of it").isLessThan(end.totalBytes() - 3_000_000);

            primary.execute("INSERT INTO t VALUES (-1, 'after the copy')");
            node.own();
            ServerControl server = node.localControl();
            server.start();
            server.start(); // which does nothing to one that runs
            PostgresNode replica = node;
            FailoverLab.await(
                    "the clone has it all",
                    () -> "60501".equals(replica.execute("SELECT count(*) FROM t"))
                            && "t".equals(replica.execute("SELECT pg_is_in_recovery()")),
                    () -> replica.log());
            assertThat(primary.execute("SELECT application_name FROM pg_stat_replication"))
                    .isEqualTo("b");
            assertThat(primary.execute("SELECT count(*) FROM pg_replication_slots"))
                    .as("slots left behind")
                    .isEqualTo("0");
            server.stop(Shutdown.IN_ORDER);
            assertThatThrownBy(() -> replica.execute("SELECT 1")).isInstanceOf(SQLException.class);
            server.start();
            FailoverLab.await("it again", () -> replica.execute("SELECT 1") != null, replica::log);
            server.stop(Shutdown.AT_ONCE);
            server.stop(Shutdown.AT_ONCE);
            assertThatThrownBy(() -> replica.execute("SELECT 1")).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void aDirectoryThatHoldsAnythingElseIsLeftAlone(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("mine"), "precious");
        PostgresClone clone = Postgres.clone(new org.postgresql.ds.PGSimpleDataSource(), directory);
        assertThatThrownBy(clone::run)
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("directory: " + directory + " (expected: empty, or an unfinished clone)")
                .hasMessageContaining("call following(...)");
        assertThat(directory.resolve("mine")).hasContent("precious");
    }
}
