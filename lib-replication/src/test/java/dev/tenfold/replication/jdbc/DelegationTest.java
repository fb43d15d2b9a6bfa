package dev.tenfold.replication.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.observe.Observer;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.jdbc.FakeDatabase.Call;
import dev.tenfold.testing.SimulatedTime;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.JDBCType;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLType;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method that this JDK's {@code java.sql} has reaches the physical connection, or is named here. */
@Timeout(20)
class DelegationTest {

    /** What a connection answers or does itself; everything else must arrive under its own name. */
    private static final Set<String> OF_THE_CONNECTION = Set.of(
            "setAutoCommit",
            "getAutoCommit",
            "setReadOnly",
            "isReadOnly",
            "close",
            "isClosed",
            "commit",
            "rollback",
            "beginRequest",
            "endRequest");

    /** What a statement answers itself. */
    private static final Set<String> OF_THE_STATEMENT = Set.of("getConnection", "isClosed", "unwrap", "isWrapperFor");

    private final SimulatedTime time = new SimulatedTime();
    private final FakeDatabase database = new FakeDatabase();
    private final FakeDatabase.Node node = database.node("a");
    private ReplicaSet<DataSource> set;
    private Connection connection;

    @BeforeEach
    void start() {
        node.writable = true;
        set = ReplicaSet.<DataSource>builder("users")
                .primary("a", database.source("a"))
                .engine(database)
                .time(time)
                .scheduler(time)
                .observer(Observer.none())
                .start();
        time.advance(Duration.ZERO);
        connection = RoutingDataSource.over(set).getConnection();
    }

    @AfterEach
    void stop() throws SQLException {
        connection.close();
        set.close();
    }

    private static Stream<Method> methods(Class<?> type) {
        return Arrays.stream(type.getMethods()).filter(m -> !Modifier.isStatic(m.getModifiers()));
    }

    static Stream<Method> connectionMethods() {
        return methods(Connection.class);
    }

    static Stream<Method> statementMethods() {
        return methods(Statement.class);
    }

    static Stream<Method> preparedMethods() {
        return methods(PreparedStatement.class);
    }

    static Stream<Method> callableMethods() {
        return methods(CallableStatement.class);
    }

    static Stream<Method> metadataMethods() {
        return methods(DatabaseMetaData.class);
    }

    @ParameterizedTest
    @MethodSource("connectionMethods")
    void aConnectionsMethodReachesTheNodeOrIsKeptOrRefused(Method method) throws Exception {
        connection.createStatement();
        node.calls.clear();
        try {
            method.invoke(connection, arguments(method));
        } catch (InvocationTargetException refused) {
            boolean byName = method.getName().startsWith("setShardingKey");
            assertThat(refused.getCause())
                    .isInstanceOf(byName ? SQLFeatureNotSupportedException.class : SQLException.class);
            assertThat(byName || OF_THE_CONNECTION.contains(method.getName())).isTrue();
            return;
        }
        if (!OF_THE_CONNECTION.contains(method.getName())) {
            assertThat(node.calls).contains(method.getName());
        }
    }

    @ParameterizedTest
    @MethodSource("statementMethods")
    void aStatementsMethodReachesTheDrivers(Method method) throws Exception {
        reaches(method, connection.createStatement());
    }

    @ParameterizedTest
    @MethodSource("preparedMethods")
    void aPreparedStatementsMethodReachesTheDrivers(Method method) throws Exception {
        reaches(method, connection.prepareStatement("select 1"));
    }

    @ParameterizedTest
    @MethodSource("callableMethods")
    void aCallsMethodReachesTheDrivers(Method method) throws Exception {
        reaches(method, connection.prepareCall("call x"));
    }

    @ParameterizedTest
    @MethodSource("metadataMethods")
    void aMetadatasMethodReachesTheDrivers(Method method) throws Exception {
        reaches(method, connection.getMetaData());
    }

    private void reaches(Method method, Object part) throws Exception {
        Object[] arguments = arguments(method);
        node.parts.clear();
        Object result = method.invoke(part, arguments);
        if (method.getName().equals("getConnection")) {
            assertThat(result).isSameAs(connection);
        } else if (!OF_THE_STATEMENT.contains(method.getName())) {
            assertThat(node.parts).contains(Call.of(method, arguments));
        }
    }

    /** With values that differ by type, so that a narrowing or a mix-up on the way shows. */
    private static Object[] arguments(Method method) {
        return Arrays.stream(method.getParameterTypes())
                .map(DelegationTest::anyValue)
                .toArray();
    }

    private static final InputStream BYTES = InputStream.nullInputStream();
    private static final Reader CHARACTERS = new StringReader("");
    private static final byte[] ARRAY = {1};
    private static final Calendar CALENDAR = Calendar.getInstance();

    private static Object anyValue(Class<?> type) {
        Properties properties = new Properties();
        properties.setProperty("name", "value");
        Map<Class<?>, Object> values = Map.ofEntries(
                Map.entry(int.class, 2),
                Map.entry(long.class, Long.MIN_VALUE + 1),
                Map.entry(short.class, (short) -3),
                Map.entry(byte.class, (byte) -4),
                Map.entry(float.class, -1.5f),
                Map.entry(double.class, -0.1),
                Map.entry(boolean.class, true),
                Map.entry(String.class, "x"),
                Map.entry(Object.class, "object"),
                Map.entry(BigDecimal.class, BigDecimal.TEN),
                Map.entry(byte[].class, ARRAY),
                Map.entry(Date.class, new Date(1)),
                Map.entry(Time.class, new Time(2)),
                Map.entry(Timestamp.class, new Timestamp(3)),
                Map.entry(Calendar.class, CALENDAR),
                Map.entry(InputStream.class, BYTES),
                Map.entry(Reader.class, CHARACTERS),
                Map.entry(SQLType.class, JDBCType.INTEGER),
                Map.entry(Map.class, Map.of()),
                Map.entry(Class.class, Runnable.class),
                Map.entry(Executor.class, (Executor) Runnable::run),
                Map.entry(Properties.class, properties));
        return values.get(type);
    }

    @Test
    void whatIsUnwrappedIsTheInnermostThatFits() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            assertThat(statement.isWrapperFor(RoutingStatement.class)).isTrue();
            assertThat(statement.unwrap(Statement.class)).isSameAs(statement);
            assertThat(statement.isWrapperFor(Runnable.class)).isFalse();
        }
        CallableStatement call = connection.prepareCall("call x");
        assertThat(call.isWrapperFor(CallableStatement.class)).isTrue();
        assertThat(call).isNotEqualTo(connection.prepareCall("call x"));
        assertThat(Set.of(call)).contains(call);
        assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
        assertThat(connection.isWrapperFor(Connection.class)).isTrue();
    }

    @Test
    void whatIsClosedSaysSoAndClosesOnce() throws SQLException {
        PreparedStatement statement = connection.prepareStatement("select 1");
        statement.close();
        statement.close();
        assertThat(statement.isClosed()).isTrue();
        assertThat(node.count("close")).isOne();
        assertThatThrownBy(statement::executeQuery)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("closed");
        Statement open = connection.createStatement();
        connection.close();
        assertThat(open.isClosed()).isTrue();
        assertThatThrownBy(() -> open.execute("select 1")).hasMessageContaining("closed");
        assertThatThrownBy(connection::createStatement).hasMessageContaining("closed");
        assertThatThrownBy(connection::getMetaData).hasMessageContaining("closed");
        connection.close();
        assertThat(node.calls.stream().filter("close"::equals)).hasSize(1);
    }
}
