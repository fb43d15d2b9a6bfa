package dev.tenfold.journey.app;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/**
 * JDBC, counted. Each statement is a transaction of its own, one round trip to the database, which takes as long as the
 * injected distance says. Thread-safe.
 */
final class Sql {

    private final IdentityHashMap<DataSource, Duration> distances = new IdentityHashMap<>();
    private final LongAdder queries = new LongAdder();

    /** Distances by the very object; a database that is not named is near. */
    Sql(Map<DataSource, Duration> distances) {
        distances.forEach(this.distances::put);
    }

    /** Makes one object of one row. */
    @FunctionalInterface
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** How many statements were sent. */
    long queries() {
        return queries.sum();
    }

    <T> List<T> query(DataSource database, String text, Row<T> row, Object... parameters) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(text)) {
            bind(connection, statement, parameters);
            travel(database);
            try (ResultSet rows = statement.executeQuery()) {
                List<T> found = new ArrayList<>();
                while (rows.next()) {
                    found.add(row.read(rows));
                }
                return found;
            }
        }
    }

    int update(DataSource database, String text, Object... parameters) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(text)) {
            bind(connection, statement, parameters);
            travel(database);
            return statement.executeUpdate();
        }
    }

    private void travel(DataSource database) {
        queries.increment();
        Duration distance = distances.get(database);
        if (distance != null) {
            LockSupport.parkNanos(distance.toNanos());
        }
    }

    private static void bind(Connection connection, PreparedStatement statement, Object... parameters)
            throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            if (parameters[i] instanceof Collection<?> numbers) {
                Array array = connection.createArrayOf("bigint", numbers.toArray());
                statement.setArray(i + 1, array);
            } else {
                statement.setObject(i + 1, parameters[i]);
            }
        }
    }
}
