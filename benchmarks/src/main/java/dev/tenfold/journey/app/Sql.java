package dev.tenfold.journey.app;

import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
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
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * JDBC, counted. Each change is a transaction; on shards, which may be moving, with a check that the database is the home
 * of the people it is about. It takes as long as the injected distance to its database says.
 * Thread-safe.
 */
final class Sql implements Measured {

    private final IdentityHashMap<DataSource, Line> lines;
    private final @Nullable LongFunction<ShardRoute> routes;

    /** Lines go by the very object; without routes nothing is checked. */
    Sql(IdentityHashMap<DataSource, Line> lines, @Nullable LongFunction<ShardRoute> routes) {
        this.lines = new IdentityHashMap<>(lines);
        this.routes = routes;
    }

    /** The way to one database server, and what was sent on it. */
    static final class Line {
        private final String shard;
        private final String node;
        private final Duration distance;
        private final LongAdder queries = new LongAdder();

        Line(AppConfig.Node node) {
            this.shard = node.shard();
            this.node = node.id();
            this.distance = node.distance();
        }
    }

    /** Makes one object of one row. */
    @FunctionalInterface
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Tells how many statements were sent to which server. */
    @Override
    public List<Measurement> measurements() {
        return lines.values().stream()
                .map(line -> Measurement.counter(
                        "app.database.queries",
                        "statements sent to databases",
                        Map.of("shard", line.shard, "node", line.node),
                        line.queries::sum))
                .toList();
    }

    @Override
    public String toString() {
        return "statements on " + lines.size() + " database servers";
    }

    /** Reads what is about these people, and makes sure that they still lived there. */
    <T> List<T> query(DataSource database, Collection<Long> people, String text, Row<T> row, Object... parameters)
            throws SQLException {
        try (Connection connection = database.getConnection()) {
            Line line = travel(database);
            List<T> answer = execute(line, connection, text, parameters, statement -> rows(statement, row));
            if (routes != null) {
                for (long person : people) {
                    line.queries.increment();
                    ShardGuard.checkRead(connection, routes.apply(person));
                }
            }
            return answer;
        }
    }

    /** Changes what is about these people, once it is sure that they live there and stay until it is done. */
    int update(DataSource database, Collection<Long> people, String text, Object... parameters) throws Exception {
        return update(database, people, connection -> {}, text, parameters);
    }

    /** Does so, and something else in the same transaction: both are committed, or neither. */
    int update(DataSource database, Collection<Long> people, Also also, String text, Object... parameters)
            throws Exception {
        try (Connection connection = database.getConnection()) {
            Line line = travel(database);
            connection.setAutoCommit(false);
            try {
                if (routes != null) {
                    for (long person : people) {
                        line.queries.increment();
                        ShardGuard.check(connection, routes.apply(person));
                    }
                }
                int changed = execute(line, connection, text, parameters, PreparedStatement::executeUpdate);
                also.in(connection);
                connection.commit();
                return changed;
            } catch (Exception failure) {
                rollBack(connection, failure);
                throw failure;
            }
        }
    }

    /** A connection that is gone has rolled back, and why it went is what matters. */
    private static void rollBack(Connection connection, Exception why) {
        try {
            connection.rollback();
        } catch (SQLException gone) {
            why.addSuppressed(gone);
        }
    }

    /** What else belongs to a transaction. */
    @FunctionalInterface
    interface Also {
        void in(Connection transaction) throws Exception;
    }

    private Line travel(DataSource database) {
        Line line = lines.get(database);
        if (line == null) {
            throw new IllegalArgumentException("no line leads to " + database);
        }
        LockSupport.parkNanos(line.distance.toNanos());
        return line;
    }

    private static <T> List<T> rows(PreparedStatement statement, Row<T> row) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            List<T> found = new ArrayList<>();
            while (rows.next()) {
                found.add(row.read(rows));
            }
            return found;
        }
    }

    private interface Execution<R> {
        R of(PreparedStatement statement) throws SQLException;
    }

    private static <R> R execute(
            Line line, Connection connection, String text, Object[] parameters, Execution<R> execution)
            throws SQLException {
        line.queries.increment();
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
