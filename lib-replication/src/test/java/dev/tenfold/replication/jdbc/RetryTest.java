package dev.tenfold.replication.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.observe.Observer;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.session.Position;
import dev.tenfold.session.Session;
import dev.tenfold.testing.SimulatedTime;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens to a statement whose node fails: made again where that is certain to write nothing twice, else explained. */
@Timeout(20)
class RetryTest {

    private static final String BROKEN = "08006";
    private static final String READ_ONLY = "25006";

    private final SimulatedTime time = new SimulatedTime();
    private final FakeDatabase database = new FakeDatabase();
    private final FakeDatabase.Node a = database.node("a");
    private final FakeDatabase.Node b = database.node("b");
    private final FakeDatabase.Node c = database.node("c");
    private ReplicaSet<DataSource> set;
    private RoutingDataSource routing;

    @BeforeEach
    void start() {
        a.writable = true;
        set = ReplicaSet.<DataSource>builder("users")
                .primary("a", database.source("a"))
                .replica("b", database.source("b"))
                .replica("c", database.source("c"))
                .engine(database)
                .time(time)
                .scheduler(time)
                .observer(Observer.none())
                .start();
        time.advance(Duration.ZERO);
        routing = RoutingDataSource.over(set);
    }

    @AfterEach
    void stop() {
        assertThat(routing.open().size()).as("connections still held").isZero();
        set.close();
    }

    private Connection reading() throws SQLException {
        Connection connection = routing.getConnection();
        connection.setReadOnly(true);
        return connection;
    }

    private void failOnReplicas(String method, String state) {
        b.failNext(method, state);
        c.failNext(method, state);
    }

    /** Does something that waits for the probes, which another thread lets happen. */
    private void whileTimePasses(ThrowingCallable waiting) {
        Thread clock = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                time.advance(Duration.ofMillis(50));
                LockSupport.parkNanos(1_000_000);
            }
        });
        clock.start();
        try {
            assertThatCode(waiting).doesNotThrowAnyException();
        } finally {
            clock.interrupt();
        }
    }

    private long executed(String method) {
        return a.count(method) + b.count(method) + c.count(method);
    }

    @Test
    void aReadThatBreaksIsMadeOnAnotherNodeWithItsSettingsAndParameters() throws SQLException {
        failOnReplicas("executeQuery", BROKEN);
        try (Connection connection = reading();
                PreparedStatement read = connection.prepareStatement("select ?, ?, ?")) {
            read.setFetchSize(7);
            read.setLong(3, 33);
            read.setString(1, "one");
            read.executeQuery();
            assertThat(executed("executeQuery")).isEqualTo(3);
            assertThat(a.parts)
                    .containsSubsequence(
                            new FakeDatabase.Call("setFetchSize", List.of(7)),
                            new FakeDatabase.Call("setString", List.of(1, "one")),
                            new FakeDatabase.Call("setLong", List.of(3, 33L)),
                            new FakeDatabase.Call("executeQuery", List.of()));
            assertThat(read.getConnection()).isSameAs(connection);
        }
        assertThat(b.calls).contains("abort", "close");
        assertThat(c.calls).contains("abort", "close");
    }

    @Test
    void afterThreeNodesTheReadFailsAndMayBeRepeated() throws SQLException {
        failOnReplicas("executeQuery", BROKEN);
        a.failNext("executeQuery", BROKEN);
        try (Connection connection = reading();
                Statement read = connection.createStatement()) {
            assertThatThrownBy(() -> read.executeQuery("select 1")).isInstanceOf(SQLRecoverableException.class);
            assertThat(executed("executeQuery")).isEqualTo(3);
        }
    }

    @Test
    void aWriteThatBreaksInAutoCommitModeIsOfUnknownOutcomeAndNotRepeated() throws SQLException {
        a.failNext("executeUpdate", BROKEN);
        Session session = new Session();
        try (Connection connection = routing.withSession(session).getConnection();
                PreparedStatement write = connection.prepareStatement("insert")) {
            assertThatThrownBy(write::executeUpdate)
                    .isInstanceOf(SQLNonTransientConnectionException.class)
                    .hasCauseInstanceOf(OutcomeUnknownException.class);
            assertThat(executed("executeUpdate")).isOne();
        }
        assertThat(session.required("users")).isEqualTo(Position.primaryOnly("users"));
    }

    @Test
    void aPlainReadOnThePrimaryIsRepeated() throws SQLException {
        a.failNext("executeQuery", BROKEN);
        try (Connection connection = routing.getConnection();
                Statement read = connection.createStatement()) {
            whileTimePasses(() -> read.executeQuery("select 1"));
            assertThat(a.count("executeQuery")).isEqualTo(2);
        }
    }

    @Test
    void theFirstReadOfATransactionIsRepeatedALaterOneIsNot() throws SQLException {
        failOnReplicas("executeQuery", BROKEN);
        try (Connection connection = reading()) {
            connection.setAutoCommit(false);
            connection.createStatement().executeQuery("select 1");
            a.failNext("executeQuery", BROKEN);
            assertThatThrownBy(() -> connection.createStatement().executeQuery("select 2"))
                    .isInstanceOf(SQLRecoverableException.class)
                    .hasMessageContaining("repeat the transaction");
            assertThatThrownBy(() -> connection.createStatement().executeQuery("select 3"))
                    .as("half of a transaction on another node")
                    .isInstanceOf(SQLRecoverableException.class)
                    .hasMessageContaining("roll back");
            assertThatThrownBy(connection::commit).isInstanceOf(SQLRecoverableException.class);
            time.advance(Duration.ofSeconds(1));
            connection.createStatement().executeQuery("select 4");
        }
    }

    @Test
    void aTransactionThatBrokeIsOverOnceItWasRolledBack() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("insert");
            a.failNext("execute", BROKEN);
            assertThatThrownBy(() -> connection.createStatement().execute("insert"))
                    .isInstanceOf(SQLRecoverableException.class);
            assertThat(connection.isValid(1)).isFalse();
            connection.rollback();
            assertThat(connection.isValid(1)).isTrue();
        }
    }

    @Test
    void aPrimaryThatIsNoneAnyMoreIsLeftAndTheWriteMadeOnTheNewOne() throws Exception {
        a.failNext("executeUpdate", READ_ONLY);
        try (Connection connection = routing.getConnection();
                PreparedStatement write = connection.prepareStatement("insert")) {
            a.writable = false;
            b.writable = true;
            b.timeline = 2;
            whileTimePasses(write::executeUpdate);
            assertThat(b.count("executeUpdate")).isOne();
        }
        assertThat(a.calls).as("a pool does not evict by 25006").contains("abort");
    }

    @Test
    void aWriteInsideATransactionThatIsRefusedIsToBeRepeatedByTheUser() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("insert");
            a.failNext("execute", READ_ONLY);
            assertThatThrownBy(() -> connection.createStatement().execute("insert"))
                    .isInstanceOf(SQLTransientConnectionException.class);
            connection.rollback();
        }
    }

    @Test
    void aWriteOnAReadOnlyConnectionIsTheUsersMistake() throws SQLException {
        failOnReplicas("executeUpdate", READ_ONLY);
        try (Connection connection = reading();
                PreparedStatement write = connection.prepareStatement("insert")) {
            assertThatThrownBy(write::executeUpdate)
                    .isExactlyInstanceOf(SQLException.class)
                    .extracting(failure -> ((SQLException) failure).getSQLState())
                    .isEqualTo(READ_ONLY);
            assertThat(executed("executeUpdate")).isOne();
        }
    }

    @Test
    void batchesAndStreamsAreNotRepeated() throws SQLException {
        try (Connection connection = reading()) {
            PreparedStatement batch = connection.prepareStatement("insert");
            batch.addBatch();
            failOnReplicas("executeBatch", BROKEN);
            assertThatThrownBy(batch::executeBatch).isInstanceOf(SQLRecoverableException.class);
            PreparedStatement stream = connection.prepareStatement("select ?");
            stream.setBinaryStream(1, InputStream.nullInputStream());
            b.failures.clear();
            c.failures.clear();
            failOnReplicas("executeQuery", BROKEN);
            a.failNext("executeQuery", BROKEN);
            assertThatThrownBy(stream::executeQuery).isInstanceOf(SQLRecoverableException.class);
            assertThatThrownBy(stream::executeQuery).hasMessageContaining("prepare it again");
        }
        assertThat(executed("executeBatch")).isOne();
        assertThat(executed("executeQuery")).isOne();
    }

    @Test
    void aStatementOutlivesASwitchThatHappensBetweenTwoExecutions() throws SQLException {
        try (Connection connection = routing.getConnection();
                PreparedStatement write = connection.prepareStatement("insert ?")) {
            write.setInt(1, 5);
            write.executeUpdate();
            promoteB();
            assertThat(a.calls).contains("abort");
            write.executeUpdate();
        }
        assertThat(b.parts)
                .containsSubsequence(
                        new FakeDatabase.Call("setInt", List.of(1, 5)),
                        new FakeDatabase.Call("executeUpdate", List.of()));
    }

    private void promoteB() {
        a.refusing = true;
        b.writable = true;
        b.timeline = 2;
        time.advance(Duration.ofSeconds(1));
        assertThat(set.topology().epoch()).isEqualTo(2);
    }

    @Test
    void aTransactionThatASwitchInterruptsIsRolledBackForCertain() throws SQLException {
        Connection writer = routing.getConnection();
        writer.setAutoCommit(false);
        writer.createStatement().execute("insert");
        promoteB();
        assertThatThrownBy(writer::commit)
                .as("nothing was sent after the connection was aborted")
                .isInstanceOf(SQLRecoverableException.class);
        writer.createStatement().execute("insert");
        writer.commit();
        assertThat(b.calls).contains("commit");
        writer.close();
    }

    @Test
    void aCommitTheServerTakesBackWithAWarningIsOfUnknownOutcome() throws SQLException {
        Session session = new Session();
        try (Connection connection = routing.withSession(session).getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("insert");
            a.warning = new SQLWarning("something else");
            connection.commit();
            connection.createStatement().execute("insert");
            a.warning.setNextWarning(new SQLWarning("canceling wait for synchronous replication"));
            assertThatThrownBy(connection::commit)
                    .isInstanceOf(SQLNonTransientConnectionException.class)
                    .hasCauseInstanceOf(OutcomeUnknownException.class);
            connection.setAutoCommit(true);
            assertThatThrownBy(() -> connection.createStatement().execute("insert"))
                    .hasCauseInstanceOf(OutcomeUnknownException.class);
            a.warning = null;
        }
        assertThat(session.required("users").isPrimaryOnly()).isFalse();
    }

    /** As Flyway does, which was told "this connection has been closed" before. */
    @Test
    void aQuestionOrASettingAfterASwitchFindsTheNewPrimary() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.createStatement().execute("insert");
            promoteB();
            connection.getSchema();
            assertThat(b.calls).contains("getSchema");
        }
        assertThat(a.calls).doesNotContain("getSchema");
    }

    @Test
    void aTransactionWhoseConnectionIsGoneSaysSoWhenTheNextStatementIsPrepared() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("insert");
            a.failNext("prepareStatement", BROKEN);
            assertThatThrownBy(() -> connection.prepareStatement("insert")).isInstanceOf(SQLRecoverableException.class);
            connection.rollback();
        }
    }

    @Test
    void abortGivesEverythingBack() throws SQLException {
        Connection connection = reading();
        connection.createStatement().executeQuery("select 1");
        connection.abort(Runnable::run);
        assertThat(connection.isClosed()).isTrue();
        assertThat(routing.open().size()).isZero();
        connection.close();
    }
}
