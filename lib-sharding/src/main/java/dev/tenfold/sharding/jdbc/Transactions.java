package dev.tenfold.sharding.jdbc;

import dev.tenfold.error.CallFailedException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Runs a store's work in transactions at {@code READ COMMITTED}: each statement must see what was committed while the one
 * before it waited for a lock. All settings end with the transaction, so connections may come from any pool.
 */
record Transactions(String shard, DataSource dataSource) {

    /** Waiting for a lock ended without it; a statement took too long; two transactions waited for each other. */
    private static final Set<String> BUSY = Set.of("55P03", "57014", "40P01");

    /** No limit on locks or statements. */
    private static final Duration PATIENT = Duration.ZERO;

    /**
     * Lets the store pass the triggers, and fixes what the text of a value depends on: rows and keys travel as text. A row
     * that a policy would hide raises an error instead.
     */
    private static final String SETTINGS = "SELECT set_config('tenfold.slot', 'mover', true),"
            + " set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),"
            + " set_config('intervalstyle', 'postgres', true), set_config('bytea_output', 'hex', true),"
            + " set_config('extra_float_digits', '1', true), set_config('lc_monetary', 'C', true),"
            + " set_config('xmloption', 'content', true), set_config('row_security', 'off', true),"
            + " set_config('lock_timeout', ?, true), set_config('statement_timeout', ?, true)";

    /** What a transaction does. */
    @FunctionalInterface
    interface Work<R> {
        R on(Statements sql) throws SQLException;
    }

    /** Makes something of the row a result stands at. */
    @FunctionalInterface
    interface Reading<R> {
        R of(ResultSet row) throws SQLException;
    }

    <R> R call(String what, Work<R> work) {
        return call(what, PATIENT, work);
    }

    /** Gives up when a lock, or any one statement, takes longer than {@code wait}. */
    boolean unlessBusy(String what, Duration wait, Work<Boolean> work) {
        try {
            return call(what, wait.toMillis() < 1 ? Duration.ofMillis(1) : wait, work);
        } catch (CallFailedException failure) {
            if (failure.getCause() instanceof SQLException sql && BUSY.contains(String.valueOf(sql.getSQLState()))) {
                return false;
            }
            throw failure;
        }
    }

    private <R> R call(String what, Duration wait, Work<R> work) {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            try {
                String millis = Long.toString(Math.min(wait.toMillis(), Integer.MAX_VALUE));
                Statements sql = new Statements(connection);
                sql.list(SETTINGS, row -> true, millis, millis);
                R result = work.on(sql);
                connection.commit();
                return result;
            } catch (Throwable failure) {
                rollback(connection, failure);
                throw failure;
            }
        } catch (SQLException failure) {
            throw new CallFailedException(what + " on shard " + shard, failure);
        }
    }

    private static void rollback(Connection connection, Throwable failure) {
        try {
            connection.rollback();
        } catch (SQLException also) {
            failure.addSuppressed(also);
        }
    }

    /** Statements of one transaction. Values are bound by kind: an {@code int[]} and a collection of text as arrays. */
    record Statements(Connection connection) {

        /** How many rows the driver holds of a long result. */
        private static final int FETCH = 1_000;

        int update(String sql, @Nullable Object... values) throws SQLException {
            try (PreparedStatement statement = prepare(sql, values)) {
                return statement.executeUpdate();
            }
        }

        void run(String sql) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.execute();
            }
        }

        <R> List<R> list(String sql, Reading<? extends R> reading, @Nullable Object... values) throws SQLException {
            List<R> rows = new ArrayList<>();
            each(sql, row -> rows.add(reading.of(row)), values);
            return rows;
        }

        /** Streams, so that a result of any length takes little memory. */
        void each(String sql, Reading<?> reading, @Nullable Object... values) throws SQLException {
            try (PreparedStatement statement = prepare(sql, values)) {
                statement.setFetchSize(FETCH);
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        reading.of(row);
                    }
                }
            }
        }

        long number(String sql, @Nullable Object... values) throws SQLException {
            return list(sql, row -> row.getLong(1), values).get(0);
        }

        boolean holds(String sql, @Nullable Object... values) throws SQLException {
            return list(sql, row -> row.getBoolean(1), values).get(0);
        }

        /** Does something, or nothing at all where it fails with one of {@code states}. */
        boolean unless(Set<String> states, Work<?> work) throws SQLException {
            Savepoint before = connection.setSavepoint();
            try {
                work.on(this);
            } catch (SQLException failure) {
                if (!states.contains(String.valueOf(failure.getSQLState()))) {
                    throw failure;
                }
                connection.rollback(before);
                return false;
            }
            connection.releaseSavepoint(before);
            return true;
        }

        private PreparedStatement prepare(String sql, @Nullable Object... values) throws SQLException {
            PreparedStatement statement = connection.prepareStatement(sql);
            for (int i = 0; i < values.length; i++) {
                Object value = values[i];
                if (value instanceof int[] numbers) {
                    Object[] boxed = Arrays.stream(numbers).boxed().toArray();
                    statement.setArray(i + 1, connection.createArrayOf("integer", boxed));
                } else if (value instanceof Collection<?> texts) {
                    statement.setArray(
                            i + 1,
                            connection.createArrayOf(
                                    texts.iterator().hasNext()
                                                    && texts.iterator().next() instanceof Long
                                            ? "bigint"
                                            : "text",
                                    texts.toArray()));
                } else {
                    statement.setObject(i + 1, value);
                }
            }
            return statement;
        }
    }
}
