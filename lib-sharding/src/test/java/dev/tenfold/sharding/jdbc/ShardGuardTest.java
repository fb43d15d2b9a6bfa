package dev.tenfold.sharding.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.Slotting;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may write to a shard, and what each write leaves behind. */
@Timeout(60)
final class ShardGuardTest {

    private static final ShardDatabases DATABASES = new ShardDatabases();
    private static final int[] SLOT = {0};
    private static final Duration LONG = Duration.ofSeconds(20);

    private final ShardMap map = ShardMap.first(List.of(new Shard("a", 1)), 4, KeyHash.xxh3(), Placement.ring());
    private final ShardRoute route = new ShardRoute("a", 0, 1);
    private DataSource database;
    private PostgresShardStore store;

    @BeforeEach
    void install() throws SQLException {
        database = DATABASES.cleared(
                "a",
                "CREATE TABLE ware (tenant bigint NOT NULL, no integer, name text, PRIMARY KEY (no, tenant))",
                "ware");
        store = PostgresShardStore.of(
                "a",
                database,
                Slotting.hashed(KeyForm.whole(), KeyHash.xxh3()),
                List.of(ShardedTable.of("ware", "tenant")));
        store.install(map);
        store.claim(SLOT, 1);
    }

    @Test
    void stopsWritersThatPassedNoGuard() throws SQLException {
        // As from psql: it knows nothing of guards.
        for (String write : List.of(
                "INSERT INTO ware VALUES (1, 1, 'a')",
                "UPDATE ware SET name = 'b'",
                "DELETE FROM ware",
                "COPY ware FROM PROGRAM 'true'")) {
            assertRefused(write, ShardGuard.UNGUARDED, "shard guard");
        }
        assertRefused("TRUNCATE ware", ShardGuard.TRUNCATED, "Use DELETE");
        guarded("INSERT INTO ware VALUES (1, 1, 'a')");
        assertRefused("UPDATE ware SET name = 'b'", ShardGuard.UNGUARDED, "shard guard");
        assertThat(names()).containsExactly("a");
    }

    @Test
    void leavesNothingBehindOnAConnection() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            for (int time = 0; time < 2; time++) {
                connection.setAutoCommit(false);
                ShardGuard.check(connection, route);
                statement.execute("INSERT INTO ware VALUES (1, " + time + ", 'a')");
                connection.commit();
                assertThatExceptionOfType(SQLException.class)
                        .isThrownBy(() -> statement.execute("DELETE FROM ware"))
                        .matches(failure -> failure.getSQLState().equals(ShardGuard.UNGUARDED));
                connection.rollback();
            }
        }
    }

    @Test
    void endsWithARollbackToASavepointBeforeIt() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            Savepoint before = connection.setSavepoint();
            ShardGuard.check(connection, route);
            connection.rollback(before);
            assertThatThrownBy(() -> statement.execute("INSERT INTO ware VALUES (1, 1, 'a')"))
                    .hasMessageContaining("shard guard");
            connection.rollback();
        }
        assertThat(store.fence(SLOT, 1, "b", Duration.ofMillis(50))).isTrue();
    }

    @Test
    void letsATransactionWriteToOneSlotUnlessAskedForMore() throws SQLException {
        assertThat(store.capture(SLOT, 1, "b", LONG)).isTrue();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            ShardGuard.check(connection, route);
            ShardGuard.check(connection, route);
            assertThatThrownBy(() -> ShardGuard.check(connection, new ShardRoute("a", 1, 1)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("slot: 1 after slot 0");
            connection.rollback();
            ShardGuard.check(connection, route);
            statement.execute("INSERT INTO ware VALUES (1, 1, 'moves')");
            ShardGuard.checkAlso(connection, new ShardRoute("a", 1, 1));
            statement.execute("INSERT INTO ware VALUES (2, 2, 'stays')");
            connection.commit();
        }
        assertThat(store.changes(SLOT, 10).keys())
                .singleElement()
                .satisfies(key -> assertThat(key.id()).containsExactly("1", "1"));
    }

    @Test
    void refusesAChangedShardKeyAndMarksAChangedPrimaryKeyTwice() throws SQLException {
        guarded("INSERT INTO ware VALUES (1, 1, 'a')", "INSERT INTO ware VALUES (1, 2, 'b')");
        assertThat(store.capture(SLOT, 1, "b", LONG)).isTrue();
        assertThatExceptionOfType(SQLException.class)
                .isThrownBy(() -> guarded("UPDATE ware SET tenant = 2 WHERE no = 1"))
                .matches(failure -> failure.getSQLState().equals(ShardGuard.KEY_CHANGED));
        guarded("UPDATE ware SET no = 3, tenant = tenant WHERE no = 1");
        guarded("UPDATE ware SET name = 'c' WHERE no = 2");
        assertThat(store.changes(SLOT, 10).keys())
                .extracting(key -> key.id().get(0))
                .containsExactly("1", "3", "2");
        assertThat(store.changes(SLOT, 10).rows())
                .extracting(row -> row.key().id().get(0))
                .containsExactlyInAnyOrder("3", "2");
        assertThat(store.changes(SLOT, 10).marks()).hasSize(3);
    }

    @Test
    void stopsRecordingWithoutWaitingAndMissesNothingWhenItBeginsAgain() throws SQLException {
        assertThat(store.capture(SLOT, 1, "b", LONG)).isTrue();
        try (Connection slow = database.getConnection()) {
            slow.setAutoCommit(false);
            ShardGuard.check(slow, route);
            store.open(SLOT, 1, 0, Optional.empty());
            assertThat(store.unsettled()).isEmpty();
            assertThat(store.capture(SLOT, 1, "b", Duration.ofMillis(50)))
                    .as("waits for the writer again")
                    .isFalse();
            slow.commit();
        }
        guarded("INSERT INTO ware VALUES (1, 1, 'a')");
        assertThat(store.backlog(SLOT)).isZero();
        assertThat(store.capture(SLOT, 1, "b", LONG)).isTrue();
        guarded("UPDATE ware SET name = 'b'");
        assertThat(store.backlog(SLOT)).isEqualTo(1);
    }

    /** The snapshot of the transaction is older than the fence: the guard must notice all the same. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                Connection.TRANSACTION_READ_COMMITTED,
                Connection.TRANSACTION_REPEATABLE_READ,
                Connection.TRANSACTION_SERIALIZABLE
            })
    void refusesAWriterWhoseSnapshotIsOlderThanTheFence(int isolation) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setTransactionIsolation(isolation);
            connection.setAutoCommit(false);
            connection.createStatement().execute("SELECT count(*) FROM ware");
            assertThat(store.fence(SLOT, 1, "b", LONG)).isTrue();
            assertThatExceptionOfType(StaleEpochException.class).isThrownBy(() -> ShardGuard.check(connection, route));
            connection.rollback();
        }
    }

    /** The same with recording: what such a writer writes would leave no mark. */
    @ParameterizedTest
    @ValueSource(ints = {Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE})
    void refusesAWriterWhoseSnapshotIsOlderThanTheRecording(int isolation) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setTransactionIsolation(isolation);
            connection.setAutoCommit(false);
            connection.createStatement().execute("SELECT count(*) FROM ware");
            assertThat(store.capture(SLOT, 1, "b", LONG)).isTrue();
            assertThatExceptionOfType(StaleEpochException.class).isThrownBy(() -> ShardGuard.check(connection, route));
            connection.rollback();
        }
    }

    /** Three guards that look right, and let a write through: why the guard is as it is. */
    @Test
    void showsWhyWeakerGuardsWouldNotDo() throws SQLException {
        ShardDatabases.execute(
                database,
                "CREATE TABLE IF NOT EXISTS fence (state text)",
                "DELETE FROM fence",
                "INSERT INTO fence VALUES ('OPEN')");
        String read = "SELECT state FROM fence";
        // A lock apart from the state, and a snapshot from before the fence.
        assertThat(stateAfterTheFence(
                        Connection.TRANSACTION_REPEATABLE_READ, "SELECT pg_advisory_xact_lock_shared(1)", read))
                .isEqualTo("OPEN");
        // A plain read, as a trigger would do it.
        assertThat(stateAfterTheFence(Connection.TRANSACTION_REPEATABLE_READ, read))
                .isEqualTo("OPEN");
        // With two statements at READ COMMITTED, the second sees the fence; a locked read notices it at any level.
        assertThat(stateAfterTheFence(
                        Connection.TRANSACTION_READ_COMMITTED, "SELECT pg_advisory_xact_lock_shared(1)", read))
                .isEqualTo("FENCED");
        assertThatExceptionOfType(SQLException.class)
                .isThrownBy(() -> stateAfterTheFence(Connection.TRANSACTION_REPEATABLE_READ, read + " FOR SHARE"))
                .matches(failure -> failure.getSQLState().equals("40001"));
    }

    private String stateAfterTheFence(int isolation, String... guard) throws SQLException {
        ShardDatabases.execute(database, "UPDATE fence SET state = 'OPEN'");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setTransactionIsolation(isolation);
            connection.setAutoCommit(false);
            statement.execute("SELECT count(*) FROM ware");
            ShardDatabases.execute(database, "UPDATE fence SET state = 'FENCED'");
            try {
                for (int i = 0; i < guard.length - 1; i++) {
                    statement.execute(guard[i]);
                }
                try (ResultSet row = statement.executeQuery(guard[guard.length - 1])) {
                    row.next();
                    return row.getString(1);
                }
            } finally {
                connection.rollback();
            }
        }
    }

    private void guarded(String... writes) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            ShardGuard.check(connection, route);
            for (String write : writes) {
                statement.execute(write);
            }
            connection.commit();
        }
    }

    private void assertRefused(String write, String state, String text) {
        assertThatExceptionOfType(SQLException.class)
                .as(write)
                .isThrownBy(() -> ShardDatabases.execute(database, write))
                .withMessageContaining(text)
                .matches(failure -> failure.getSQLState().equals(state), "SQLSTATE " + state);
    }

    private List<String> names() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT array_agg(name) FROM ware")) {
            row.next();
            return List.of((String[]) row.getArray(1).getArray());
        }
    }
}
