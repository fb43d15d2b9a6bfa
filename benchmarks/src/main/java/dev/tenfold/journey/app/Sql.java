package dev.tenfold.journey.app;

import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.jdbc.ShardGuard;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * JDBC, counted. Each statement is a transaction of its own; on shards, which may be moving, it shares that with a check
 * that the database is still the home of the people it is about. A transaction takes as long as the injected distance to
 * its database says. Thread-safe.
 */
final class Sql {

    private final IdentityHashMap<DataSource, Duration> distances;
    private final @Nullable LongFunction<ShardRoute> routes;
    private final LongAdder queries = new LongAdder();

    /** Distances go by the very object; without routes nothing is checked. */
    Sql(IdentityHashMap<DataSource, Duration> distances, @Nullable LongFunction<ShardRoute> routes) {
        this.distances = new IdentityHashMap<>(distances);
        this.routes = routes;
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

    /** Reads what is about these people. */
    <T> List<T> query(DataSource database, Collection<Long> people, String text, Row<T> row, Object... parameters)
            throws SQLException {
        return transaction(database, people, text, parameters, statement -> {
            try (ResultSet rows = statement.executeQuery()) {
                List<T> found = new ArrayList<>();
                while (rows.next()) {
                    found.add(row.read(rows));
                }
                return found;
            }
        });
    }

    /** Changes what is about these people. */
    int update(DataSource database, Collection<Long> people, String text, Object... parameters) throws SQLException {
        return transaction(database, people, text, parameters, PreparedStatement::executeUpdate);
    }

    private interface Execution<R> {
        R of(PreparedStatement statement) throws SQLException;
    }

    private <R> R transaction(
            DataSource database, Collection<Long> people, String text, Object[] parameters, Execution<R> execution)
            throws SQLException {
        try (Connection connection = database.getConnection()) {
            Duration distance = distances.get(database);
            if (distance != null) {
                LockSupport.parkNanos(distance.toNanos());
            }
            if (routes == null) {
                return execute(connection, text, parameters, execution);
            }
            connection.setAutoCommit(false);
            try {
                for (long person : people) {
                    queries.increment();
                    ShardGuard.check(connection, routes.apply(person));
                }
                R answer = execute(connection, text, parameters, execution);
                connection.commit();
                return answer;
            } catch (SQLException | RuntimeException failure) {
                connection.rollback();
                throw failure;
            }
        }
    }

    private <R> R execute(Connection connection, String text, Object[] parameters, Execution<R> execution)
            throws SQLException {
        queries.increment();
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            for (int i = 0; i < parameters.length; i++) {
                if (parameters[i] instanceof Collection<?> numbers) {
                    statement.setArray(i + 1, connection.createArrayOf("bigint", numbers.toArray()));
                } else {
                    statement.setObject(i + 1, parameters[i]);
                }
            }
            return execution.of(statement);
        }
    }
}
