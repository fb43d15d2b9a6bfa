package dev.tenfold.sharding.jdbc;

import dev.tenfold.testing.TestDatabase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;

/** Databases by shard, which are dear: made once for all tests of a class, and emptied instead. */
final class ShardDatabases {

    private final Map<String, DataSource> databases = new ConcurrentHashMap<>();

    DataSource of(String shard) {
        return databases.computeIfAbsent(shard, name -> pooled(TestDatabase.fresh()));
    }

    /** A shard without tables. */
    DataSource empty(String shard) throws SQLException {
        DataSource database = of(shard);
        execute(database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public");
        return database;
    }

    /** A shard with tables, made the first time, and neither rows nor guards that know a slot. */
    DataSource cleared(String shard, String tables, String... names) throws SQLException {
        boolean made = databases.containsKey(shard);
        DataSource database = of(shard);
        if (!made) {
            execute(database, tables);
            return database;
        }
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SELECT set_config('tenfold.slot', 'mover', true)");
            for (String name : names) {
                statement.execute("DELETE FROM " + name);
            }
            statement.execute("TRUNCATE tenfold_slot_v1, tenfold_mover_v1, tenfold_mark_v1, tenfold_late_v1");
            connection.commit();
        }
        return database;
    }

    static void execute(DataSource database, String... statements) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The least pool that serves a test: a closed connection is rolled back, reset and kept for the next. */
    static DataSource pooled(DataSource source) {
        ConcurrentLinkedQueue<Connection> idle = new ConcurrentLinkedQueue<>();
        return (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (self, method, arguments) -> {
                    if (!method.getName().equals("getConnection")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    Connection kept = idle.poll();
                    return lent(kept != null ? kept : source.getConnection(), idle);
                });
    }

    private static Connection lent(Connection connection, ConcurrentLinkedQueue<Connection> idle) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (self, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        if (connection.isClosed()) {
                            return null;
                        }
                        if (!connection.getAutoCommit()) {
                            connection.rollback();
                            connection.setAutoCommit(true);
                        }
                        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
                        idle.add(connection);
                        return null;
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException failure) {
                        throw failure.getCause();
                    }
                });
    }
}
