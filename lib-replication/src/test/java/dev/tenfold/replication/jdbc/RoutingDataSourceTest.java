package dev.tenfold.replication.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.observe.Observer;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.session.Position;
import dev.tenfold.session.Session;
import dev.tenfold.testing.SimulatedTime;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class RoutingDataSourceTest {

    private final SimulatedTime time = new SimulatedTime();
    private final FakeDatabase database = new FakeDatabase();
    private ReplicaSet<DataSource> set;
    private RoutingDataSource routing;

    @BeforeEach
    void start() {
        database.node("a").writable = true;
        set = ReplicaSet.<DataSource>builder("users")
                .primary("a", database.source("a"))
                .replica("b", database.source("b"))
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
        set.close();
    }

    @Test
    void noNodeIsAskedBeforeTheFirstStatement() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.setReadOnly(true);
            connection.setAutoCommit(false);
            connection.setSchema("s");
            connection.commit();
            connection.rollback();
            assertThat(connection.isValid(1)).isTrue();
            assertThat(database.node("a").calls).isEmpty();
            assertThat(database.node("b").calls).isEmpty();
        }
    }

    @Test
    void settingsArriveBeforeTheStatementAndAutoCommitLast() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.setAutoCommit(false);
            connection.setReadOnly(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            connection.setSchema("s");
            connection.setCatalog("c");
            connection.setHoldability(1);
            connection.setTypeMap(Map.of());
            connection.setNetworkTimeout(Runnable::run, 5);
            connection.setClientInfo("ApplicationName", "x");
            connection.createStatement().executeQuery("select 1");
        }
        assertThat(database.node("b").calls)
                .containsSubsequence("setNetworkTimeout", "setReadOnly", "setTransactionIsolation", "createStatement")
                .containsSubsequence("setCatalog", "setSchema", "setClientInfo", "setHoldability", "setTypeMap")
                .containsSubsequence("setTypeMap", "setAutoCommit", "createStatement", "rollback", "close");
        assertThat(database.node("a").calls).isEmpty();
    }

    @Test
    void aCommitThatBreaksIsOfUnknownOutcomeAndSendsTheSessionToThePrimary() throws SQLException {
        database.node("a").breaksAtCommit = true;
        Session session = new Session();
        try (Connection connection = routing.withSession(session).getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("insert");
            assertThatThrownBy(connection::commit)
                    .isInstanceOf(SQLNonTransientConnectionException.class)
                    .hasCauseInstanceOf(OutcomeUnknownException.class)
                    .extracting(failure -> ((SQLException) failure).getSQLState())
                    .isEqualTo("08007");
        }
        assertThat(session.required("users").isPrimaryOnly()).isTrue();
        assertThat(database.node("a").calls).contains("abort");
    }

    @Test
    void aSessionLearnsItsPositionAtCommit() throws SQLException {
        Session session = new Session();
        try (Connection connection = routing.withSession(session).getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("insert");
            assertThat(session.required("users")).isEqualTo(Position.none());
            connection.commit();
        }
        assertThat(session.required("users")).isEqualTo(new Position("users", 1, 77));
    }

    @Test
    void aConnectionBelongsToTheSessionOfWhoeverIsServedWhenItIsTaken() throws SQLException {
        Session first = new Session();
        AtomicReference<Session> served = new AtomicReference<>(first);
        RoutingDataSource shared = routing.withSessions(served::get);
        try (Connection connection = shared.getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("insert");
            served.set(new Session()); // another request, while this one goes on
            connection.commit();
        }
        assertThat(first.required("users")).isEqualTo(new Position("users", 1, 77));
        assertThat(served.get().required("users")).isEqualTo(Position.none());

        served.set(null);
        try (Connection connection = shared.getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("insert");
            connection.commit();
        }
        assertThat(shared).hasToString("RoutingDataSource[users, with the caller's session]");
    }

    @Test
    void theAnswerOfThePrimarySettlesASessionThatAskedForIt() throws SQLException {
        Session session = new Session();
        session.requirePrimary("users");
        try (Connection connection = routing.withSession(session).getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("insert");
            connection.commit();
        }
        assertThat(session.required("users").isPrimaryOnly()).isFalse();
    }

    @Test
    void connectionsToAPrimaryThatWasReplacedAreAborted() throws SQLException {
        Connection writer = routing.getConnection();
        writer.setAutoCommit(false);
        writer.createStatement().execute("insert");
        Connection idle = routing.getConnection();

        database.node("a").refusing = true;
        database.node("b").writable = true;
        database.node("b").timeline = 2;
        time.advance(Duration.ofSeconds(1));

        assertThat(set.topology().epoch()).isEqualTo(2);
        assertThat(database.node("a").calls).contains("abort");
        idle.createStatement();
        assertThat(database.node("b").calls).contains("createStatement");
        writer.close();
        idle.close();
    }

    @Test
    void aQuestionAloneHoldsNoNode() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.getNetworkTimeout();
            assertThat(database.node("a").calls).contains("getNetworkTimeout", "close");
            assertThat(routing.open().size()).isZero();
        }
    }

    @Test
    void aClosedConnectionSaysSo() throws SQLException {
        Connection connection = routing.getConnection();
        connection.close();
        connection.close();
        assertThat(connection.isClosed()).isTrue();
        assertThat(connection.isValid(0)).isFalse();
        assertThatThrownBy(connection::createStatement)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("closed");
    }
}
