package dev.tenfold.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenfold.Codec;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.error.CorruptDataException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Event;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.testing.TestDatabase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a table's register says when the database, the network or the configuration fails. */
@Timeout(60)
final class JdbcRegisterFaultTest {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static DataSource database;

    private final String name = "register-" + COUNT.incrementAndGet();
    private final VersionedRegister<String> healthy = over(database);

    @BeforeAll
    static void createTable() {
        database = TestDatabase.fresh();
        Registers.createTable(database, "registers");
    }

    private VersionedRegister<String> over(DataSource source) {
        return Registers.jdbc(source, "registers", name, Codec.utf8()).build();
    }

    @Test
    void createsTheTableOnceForManyWhoAskAtOnce() throws Exception {
        DataSource empty = TestDatabase.fresh();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> asked = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                asked.add(threads.submit(() -> Registers.createTable(empty, "public.registers")));
            }
            for (Future<?> answer : asked) {
                answer.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(Registers.jdbc(empty, "public.registers", "r", Codec.utf8())
                        .build()
                        .compareAndSet(0, "a"))
                .isPresent();
    }

    @Test
    void saysThatTheTableIsMissing() {
        VersionedRegister<String> register =
                Registers.jdbc(database, "nowhere", name, Codec.utf8()).build();

        assertThatExceptionOfType(UnavailableException.class)
                .isThrownBy(register::read)
                .withMessageContaining("nowhere");
        assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> register.compareAndSet(0, "a"));
        assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> register.compareAndSet(1, "a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "t; DROP TABLE t", "1t", "a.b.c", "t\"", "t--", "ünïcode"})
    void rejectsATableNameThatIsNone(String table) {
        assertThatExceptionOfType(InvalidConfigurationException.class)
                .isThrownBy(
                        () -> Registers.jdbc(database, table, "r", Codec.utf8()).build());
        assertThatExceptionOfType(InvalidConfigurationException.class)
                .isThrownBy(() -> Registers.createTable(database, table));
    }

    @Test
    void changesNothingIfTheDatabaseCannotBeReached() {
        healthy.compareAndSet(0, "a");
        VersionedRegister<String> register = over(failing("getConnection", When.BEFORE, "08001"));

        assertThatExceptionOfType(UnavailableException.class).isThrownBy(register::read);
        assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> register.compareAndSet(1, "b"));
        assertThat(healthy.read()).contains(new Versioned<>(1, "a"));
    }

    @Test
    void changesNothingIfTheConnectionBreaksBeforeTheWriteIsSent() {
        healthy.compareAndSet(0, "a");
        VersionedRegister<String> register = over(failing("setBytes", When.BEFORE, "08006"));

        assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> register.compareAndSet(1, "b"));
        assertThat(healthy.read()).contains(new Versioned<>(1, "a"));
    }

    @Test
    void doesNotKnowTheOutcomeIfTheConnectionBreaksAfterTheWriteWasSent() {
        VersionedRegister<String> applied = over(failing("executeUpdate", When.AFTER, "08006"));
        assertThatExceptionOfType(OutcomeUnknownException.class)
                .isThrownBy(() -> applied.compareAndSet(0, "a"))
                .withMessageContaining("version 1 of row '" + name + "'");
        assertThat(applied.read()).contains(new Versioned<>(1, "a"));
        assertThatExceptionOfType(OutcomeUnknownException.class).isThrownBy(() -> applied.compareAndSet(1, "b"));
        assertThat(applied.read()).contains(new Versioned<>(2, "b"));

        VersionedRegister<String> lost = over(failing("executeUpdate", When.BEFORE, "08006"));
        assertThatExceptionOfType(OutcomeUnknownException.class).isThrownBy(() -> lost.compareAndSet(2, "c"));
        assertThat(lost.read()).contains(new Versioned<>(2, "b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"57014", "57P01", "40003", "HY000", ""})
    void takesAnAnswerThatSaysNothingForAnUnknownOutcome(String state) {
        VersionedRegister<String> register = over(failing("executeUpdate", When.AFTER, state));

        assertThatExceptionOfType(OutcomeUnknownException.class).isThrownBy(() -> register.compareAndSet(0, "a"));
    }

    @Test
    void standsByAnAnswerThoughTheConnectionBreaksAfterIt() {
        VersionedRegister<String> register = over(failing("close", When.AFTER, "08006"));

        assertThat(register.compareAndSet(0, "a")).isPresent();
        assertThat(register.compareAndSet(7, "b")).isEmpty();
        assertThat(register.compareAndSet(1, "b")).isPresent();
        assertThat(healthy.read()).contains(new Versioned<>(2, "b"));
    }

    @Test
    void doesNotKnowTheOutcomeIfTheServerEndsTheSessionDuringTheWrite() throws Exception {
        healthy.compareAndSet(0, "a");
        try (Connection blocker = database.getConnection()) {
            Future<Optional<Versioned<String>>> blocked = writeBehind(blocker, healthy, "");
            execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");

            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(blocked::get)
                    .withCauseInstanceOf(OutcomeUnknownException.class);
            blocker.rollback();
        }
        assertThat(healthy.read()).contains(new Versioned<>(1, "a"));
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                Connection.TRANSACTION_READ_COMMITTED,
                Connection.TRANSACTION_REPEATABLE_READ,
                Connection.TRANSACTION_SERIALIZABLE
            })
    void losesTheRaceCleanlyAtEveryIsolationLevel(int isolation) throws Exception {
        healthy.compareAndSet(0, "a");
        VersionedRegister<String> register = over(configured(connection -> {
            connection.setTransactionIsolation(isolation);
            connection.setAutoCommit(false);
        }));
        try (Connection blocker = database.getConnection()) {
            Future<Optional<Versioned<String>>> blocked =
                    writeBehind(blocker, register, ", register_version = register_version + 1");
            blocker.commit();

            assertThat(blocked.get()).isEmpty();
        }
        assertThat(register.compareAndSet(2, "c")).contains(new Versioned<>(3, "c"));
    }

    @Test
    void commitsThoughThePoolLendsConnectionsInATransaction() {
        VersionedRegister<String> register = over(configured(connection -> connection.setAutoCommit(false)));

        assertThat(register.compareAndSet(0, "a")).isPresent();
        assertThat(healthy.read()).contains(new Versioned<>(1, "a"));
    }

    @Test
    void noticesThatTheDatabaseWentBack() throws SQLException {
        healthy.compareAndSet(0, "a");
        healthy.compareAndSet(1, "b");

        execute("DELETE FROM registers WHERE register_name = '" + name + "'");
        assertThatExceptionOfType(CorruptDataException.class)
                .isThrownBy(healthy::read)
                .withMessageContaining("row '" + name + "' of table registers")
                .withMessageContaining("version 0 (expected: >= 2, seen before)");
    }

    @Test
    void tellsTheObserverOnceThatWatchingFailsAndOnceThatItRecovered() {
        SimulatedTime time = new SimulatedTime();
        List<Event> events = new CopyOnWriteArrayList<>();
        List<Versioned<String>> told = new CopyOnWriteArrayList<>();
        AtomicInteger failures = new AtomicInteger();
        VersionedRegister<String> register = Registers.jdbc(
                        configured(connection -> {
                            if (failures.getAndDecrement() > 0) {
                                throw new SQLException("deliberate", "08001");
                            }
                        }),
                        "registers",
                        name,
                        Codec.utf8())
                .scheduler(time)
                .time(time)
                .observer(events::add)
                .build();
        register.watch(told::add);

        failures.set(3);
        time.advance(RegisterBuilder.DEFAULT_POLL_INTERVAL.multipliedBy(3));
        assertThat(events).extracting(Event::kind).containsExactly("watch.failing");
        healthy.compareAndSet(0, "meanwhile");
        time.advance(RegisterBuilder.DEFAULT_POLL_INTERVAL);
        assertThat(events).extracting(Event::kind).containsExactly("watch.failing", "watch.recovered");
        assertThat(events).extracting(Event::source).containsOnly("register/" + name);
        assertThat(told).containsExactly(new Versioned<>(1, "meanwhile"));
        register.close();
    }

    /** Locks the row in a transaction of {@code blocker}, and returns once a write of version 1 waits behind it. */
    private Future<Optional<Versioned<String>>> writeBehind(
            Connection blocker, VersionedRegister<String> register, String change) throws SQLException {
        blocker.setAutoCommit(false);
        try (Statement statement = blocker.createStatement()) {
            statement.executeUpdate("UPDATE registers SET register_value = register_value" + change
                    + " WHERE register_name = '" + name + "'");
        }
        CompletableFuture<Optional<Versioned<String>>> write = new CompletableFuture<>();
        Thread writer = new Thread(() -> {
            try {
                write.complete(register.compareAndSet(1, "b"));
            } catch (RuntimeException failure) {
                write.completeExceptionally(failure);
            }
        });
        writer.setDaemon(true);
        writer.start();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            boolean waiting = false;
            while (!waiting && !write.isDone()) {
                // pg_sleep yields the processor between two looks
                try (ResultSet row = statement.executeQuery("SELECT count(*) FROM pg_stat_activity, pg_sleep(0.01)"
                        + " WHERE wait_event_type = 'Lock' AND datname = current_database()")) {
                    row.next();
                    waiting = row.getInt(1) > 0;
                }
            }
        }
        return write;
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private enum When {
        BEFORE,
        AFTER
    }

    private interface Setting {
        void apply(Connection connection) throws SQLException;
    }

    private static DataSource configured(Setting setting) {
        return proxy(DataSource.class, database, (method, call) -> {
            Object result = call.run();
            if (result instanceof Connection connection) {
                setting.apply(connection);
            }
            return result;
        });
    }

    /** The database, with every call of one method on a connection or its statements failing. */
    private static DataSource failing(String failing, When when, String state) {
        Interception fail = (method, call) -> {
            if (!method.equals(failing)) {
                return call.run();
            }
            if (when == When.AFTER) {
                call.run();
            }
            throw new SQLException("deliberate: " + failing, state);
        };
        Interception statements = (method, call) -> {
            Object result = fail.on(method, call);
            return result instanceof PreparedStatement write ? proxy(PreparedStatement.class, write, fail) : result;
        };
        return proxy(DataSource.class, database, (method, call) -> {
            Object result = fail.on(method, call);
            return result instanceof Connection connection ? proxy(Connection.class, connection, statements) : result;
        });
    }

    private interface Call {
        Object run() throws Exception;
    }

    private interface Interception {
        Object on(String method, Call call) throws Exception;
    }

    private static <T> T proxy(Class<T> type, T target, Interception interception) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    try {
                        return interception.on(method.getName(), () -> method.invoke(target, arguments));
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                }));
    }
}
