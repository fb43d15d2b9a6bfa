package dev.tenfold.replication.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.observe.Observer;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.testing.SimulatedTime;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Routing by statement and by scope. */
@Timeout(20)
class RoutingByStatementTest {

    private final SimulatedTime time = new SimulatedTime();
    private final FakeDatabase database = new FakeDatabase();
    private final FakeDatabase.Node primary = database.node("a");
    private final FakeDatabase.Node replica = database.node("b");
    private ReplicaSet<DataSource> set;
    private RoutingDataSource flagged;
    private RoutingDataSource routing;

    @BeforeEach
    void start() {
        primary.writable = true;
        set = ReplicaSet.<DataSource>builder("users")
                .primary("a", database.source("a"))
                .replica("b", database.source("b"))
                .engine(database)
                .time(time)
                .scheduler(time)
                .observer(Observer.none())
                .start();
        time.advance(Duration.ZERO);
        flagged = RoutingDataSource.over(set);
        routing = flagged.routingByStatement();
    }

    @AfterEach
    void stop() {
        assertThat(routing.open().size()).as("connections still held").isZero();
        set.close();
    }

    @Test
    void aPlainReadGoesToAReplicaUntilSomethingElseWasMade() throws SQLException {
        try (Connection connection = routing.getConnection();
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(3);
            statement.executeQuery("select 1");
            statement.executeUpdate("insert");
            statement.executeQuery("select 1");
        }
        assertThat(replica.parts)
                .extracting(FakeDatabase.Call::method)
                .containsSubsequence("setQueryTimeout", "executeQuery");
        assertThat(replica.count("executeQuery")).isOne();
        assertThat(primary.parts)
                .extracting(FakeDatabase.Call::method)
                .containsSubsequence("setQueryTimeout", "executeUpdate", "executeQuery");
        assertThat(replica.calls).contains("close");
    }

    @Test
    void resultsOfAReplicaStayReadableWhileTheSameConnectionWrites() throws SQLException {
        try (Connection connection = routing.getConnection();
                PreparedStatement read = connection.prepareStatement("select id from t")) {
            read.executeQuery();
            try (PreparedStatement write = connection.prepareStatement("update t set x = ?")) {
                write.setInt(1, 1);
                write.executeUpdate();
            }
            assertThat(replica.calls).doesNotContain("close");
            assertThat(read.isClosed()).isFalse();
            assertThat(routing.open().size()).isEqualTo(2);
        }
        assertThat(replica.calls).contains("close");
        assertThat(primary.count("executeUpdate")).isOne();
    }

    @Test
    void aReplicaThatRefusesToWritePassesTheStatementOn() throws SQLException {
        replica.failNext("executeQuery", "25006");
        try (Connection connection = routing.getConnection()) {
            connection.prepareStatement("select a from view_that_writes").executeQuery();
        }
        assertThat(replica.count("executeQuery")).isOne();
        assertThat(primary.count("executeQuery")).isOne();
    }

    @Test
    void transactionsAreNotTakenApart() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.setAutoCommit(false);
            connection.prepareStatement("select 1").executeQuery();
            connection.rollback();
        }
        assertThat(primary.count("executeQuery")).isOne();
    }

    @Test
    void aCallGoesToThePrimary() throws SQLException {
        try (Connection connection = routing.getConnection()) {
            connection.prepareCall("{call f()}").execute();
            connection.prepareStatement("select 1").executeQuery();
        }
        assertThat(replica.calls).isEmpty();
    }

    @Test
    void withoutBeingAskedForStatementsAreNotLookedAt() throws SQLException {
        try (Connection connection = flagged.getConnection();
                ResultSet none = connection.prepareStatement("select 1").executeQuery()) {
            assertThat(none).isNull();
        }
        assertThat(primary.count("executeQuery")).isOne();
    }

    @Test
    void aScopeDecidesWhereItsThreadsConnectionsStart() throws SQLException {
        try (RoutingScope reading = flagged.readScope()) {
            assertThat(reading.toString()).contains("REPLICA");
            readOnce(false);
            assertThat(replica.count("executeQuery")).isOne();
            try (RoutingScope writing = flagged.primaryScope()) {
                assertThatThrownBy(reading::close).isInstanceOf(IllegalStateException.class);
                readOnce(true);
                writing.close();
                readOnce(false);
            }
            assertThat(primary.count("executeQuery")).isOne();
            assertThat(replica.count("executeQuery")).isEqualTo(2);
        }
        readOnce(false);
        assertThat(primary.count("executeQuery")).isEqualTo(2);
    }

    private void readOnce(boolean readOnly) throws SQLException {
        try (Connection connection = flagged.getConnection()) {
            if (readOnly) {
                connection.setReadOnly(true);
            }
            connection.prepareStatement("select 1").executeQuery();
        }
    }

    @Test
    void betweenTwoRequestsNothingIsHeld() throws SQLException {
        try (Connection connection = flagged.getConnection()) {
            connection.beginRequest();
            connection.createStatement().execute("insert");
            assertThat(flagged.open().size()).isOne();
            connection.endRequest();
            assertThat(flagged.open().size()).isZero();
            connection.createStatement().execute("insert");
        }
    }
}
