package dev.tenfold.replication.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Observer;
import dev.tenfold.replication.ReadPreference;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.Route;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.testing.Await;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a read on a primary claims to show, while a commit is in the log and waits for its replica: PostgreSQL shows it to
 * nobody until then, and its writer is told a position that the log had reached before.
 */
@Timeout(60)
class PostgresMarksTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static PostgresCluster cluster;
    private static PostgresNode primary;
    private static final List<ReplicaSet<DataSource>> SETS = new ArrayList<>();
    /** Two processes. */
    private static ReplicaSet<DataSource> here;

    private static ReplicaSet<DataSource> there;

    @BeforeAll
    static void start() throws SQLException {
        cluster = PostgresCluster.builder().replicas(1).synchronous().start();
        primary = cluster.node("a");
        primary.execute("CREATE TABLE t (id int PRIMARY KEY, value text)");
        primary.execute("INSERT INTO t VALUES (1, 'first')");
        here = process();
        there = process();
    }

    private static ReplicaSet<DataSource> process() {
        ReplicaSet<DataSource> set = ReplicaSet.<DataSource>builder("users")
                .primary("a", primary.dataSource())
                .replica("b", cluster.node("b").dataSource())
                .engine(Postgres.streaming().synchronousReplicas(1))
                .reads(ReadPreference.primary())
                .probeEvery(Duration.ofMillis(50))
                .observer(Observer.none())
                .start();
        SETS.add(set);
        return set;
    }

    @AfterAll
    static void stop() {
        SETS.forEach(ReplicaSet::close);
        if (cluster != null) {
            cluster.close();
        }
    }

    @BeforeEach
    void write() throws SQLException {
        primary.execute("UPDATE t SET value = 'old'");
    }

    private static Deadline soon() {
        return Deadline.after(PATIENCE, TimeSource.system());
    }

    private static String value(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT value FROM t")) {
            return rows.next() ? rows.getString(1) : "";
        }
    }

    private static Positioned<String> read(Position minimum) throws SQLException {
        return here.<String, SQLException>readMarked(minimum, soon(), PostgresMarksTest::value);
    }

    private static Position end() throws SQLException {
        String written = Objects.requireNonNull(primary.execute("SELECT (pg_current_wal_lsn() - '0/0')::bigint"));
        return new Position("users", 1, Long.parseLong(written));
    }

    private static Positioned<Integer> update() {
        try {
            return there.<Integer, SQLException>write(soon(), source -> {
                try (Connection connection = source.getConnection();
                        Statement statement = connection.createStatement()) {
                    return statement.executeUpdate("UPDATE t SET value = 'new'");
                }
            });
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Test
    void aCopyMadeWhileACommitWaitsForItsReplicaDoesNotPassForOneThatShowsIt() throws Exception {
        cluster.node("b").suspend();
        CompletableFuture<Positioned<Integer>> writer;
        List<Positioned<String>> copies = new ArrayList<>();
        try {
            writer = CompletableFuture.supplyAsync(PostgresMarksTest::update);
            Await.until(
                    "the commit waits",
                    () -> Objects.equals(
                            primary.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"),
                            "1"));
            Position end = end();
            Await.until("a probe has seen the log", () -> {
                try (Route<DataSource> route = here.routeRead(Position.none(), soon())) {
                    return route.position().offset() >= end.offset() - 1;
                }
            });
            copies.add(read(Position.none()));
            // As of a session that has written something else at the same time.
            copies.add(read(end));
            copies.add(read(Position.primaryOnly("users")));
        } finally {
            cluster.node("b").resume();
        }

        Position after = writer.join().position();
        for (Positioned<String> copy : copies) {
            assertThat(copy.value()).isEqualTo("old");
            assertThat(copy.position().covers(after))
                    .as("%s claims to show the write at %s", copy, after)
                    .isFalse();
        }
        assertThat(read(after).value()).isEqualTo("new");
    }

    @Test
    void aCopyMadeOnceAllIsShownServesTheSessionThatWrote() throws Exception {
        Position after = update().position();
        Await.until("no other transaction writes", () -> read(after).position().covers(after));
    }

    @Test
    void whatAnOpenTransactionHasNotCommittedHoldsTheClaimBack() throws Exception {
        try (Connection open = primary.dataSource().getConnection();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("SELECT pg_current_xact_id()");
            Position after = update().position();
            Positioned<String> copy = read(after);
            assertThat(copy.value()).isEqualTo("new");
            assertThat(copy.position().offset()).isLessThan(end().offset());
            open.rollback();
        }
    }
}
