package dev.tenfold.coordination;

import dev.tenfold.error.CorruptDataException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A register's bytes in a row of a table.
 *
 * <p>The row's primary key and the version in the WHERE clause make a write one atomic statement, committed by itself, so
 * it takes effect when the database executes it, and every failure falls into one of three: before it was sent (nothing
 * happened), refused by the database (nothing happened), anything else (nobody knows). Holds no state of its own.
 */
final class JdbcStorage implements Storage {

    /**
     * The SQLSTATE classes by which a database says that it has not executed a statement: unsupported, bad data, constraint,
     * transaction state, authorization, rollback, syntax or access. A state outside them counts as an unknown outcome.
     */
    private static final Set<String> REFUSED = Set.of("0A", "22", "23", "25", "28", "40", "42");

    /** In class 40, but says that even the server does not know. */
    private static final String STATEMENT_COMPLETION_UNKNOWN = "40003";

    private final DataSource dataSource;
    private final String table;
    private final String name;

    JdbcStorage(DataSource dataSource, String table, String name) {
        this.dataSource = dataSource;
        this.table = table;
        this.name = name;
    }

    @Override
    public @Nullable Stored load() {
        String sql = "SELECT " + JdbcTable.VERSION + ", " + JdbcTable.VALUE + " FROM " + table + " WHERE "
                + JdbcTable.NAME + " = ?";
        try (Connection connection = connect();
                PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, name);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? stored(row) : null;
            }
        } catch (SQLException failure) {
            throw unavailable("read", failure);
        }
    }

    private Stored stored(ResultSet row) throws SQLException {
        long version = row.getLong(1);
        byte[] bytes = row.getBytes(2);
        if (version < 1 || bytes == null) {
            throw new CorruptDataException(toString(), 0, "version " + version + " (expected: >= 1, a value)", null);
        }
        return new Stored(version, bytes);
    }

    @Override
    public boolean replace(long expected, byte[] bytes) {
        String sql = expected == 0
                ? "INSERT INTO " + table + " (" + JdbcTable.VALUE + ", " + JdbcTable.VERSION + ", " + JdbcTable.NAME
                        + ") VALUES (?, ?, ?)"
                : "UPDATE " + table + " SET " + JdbcTable.VALUE + " = ?, " + JdbcTable.VERSION + " = ? WHERE "
                        + JdbcTable.NAME + " = ? AND " + JdbcTable.VERSION + " = ?";
        Stage stage = Stage.PREPARING;
        int rows = 0;
        try (Connection connection = connect();
                PreparedStatement write = connection.prepareStatement(sql)) {
            write.setBytes(1, bytes);
            write.setLong(2, expected + 1);
            write.setString(3, name);
            if (expected > 0) {
                write.setLong(4, expected);
            }
            stage = Stage.SENT;
            rows = write.executeUpdate();
            stage = Stage.ANSWERED;
        } catch (SQLException failure) {
            switch (stage) {
                case PREPARING -> throw unavailable("write", failure);
                case SENT -> requireLostRace(expected, failure);
                case ANSWERED -> {} // only giving the connection back failed: the answer stands
            }
        }
        return rows == 1;
    }

    private enum Stage {
        PREPARING,
        SENT,
        ANSWERED
    }

    /**
     * Returns if the statement was refused because another writer was faster: the row is there already, or a strict
     * isolation level has rolled the loser back. Databases name that in too many ways; the version tells.
     */
    private void requireLostRace(long expected, SQLException failure) {
        if (!wasRefused(failure)) {
            throw new OutcomeUnknownException(
                    "version " + (expected + 1) + " of " + this + " was sent and not answered; read() tells", failure);
        }
        Stored now = load();
        if ((now == null ? 0 : now.version()) == expected) {
            throw unavailable("write", failure);
        }
    }

    private static boolean wasRefused(SQLException failure) {
        String state = failure.getSQLState();
        return state != null
                && state.length() == 5
                && REFUSED.contains(state.substring(0, 2))
                && !state.equals(STATEMENT_COMPLETION_UNKNOWN);
    }

    /** Each statement is its own transaction, whatever the pool's default. */
    private Connection connect() throws SQLException {
        Connection connection = dataSource.getConnection();
        try {
            if (!connection.getAutoCommit()) {
                connection.setAutoCommit(true);
            }
            return connection;
        } catch (SQLException failure) {
            connection.close();
            throw failure;
        }
    }

    private UnavailableException unavailable(String what, SQLException failure) {
        return new UnavailableException("cannot " + what + " " + this, List.of(failure.toString()), failure);
    }

    @Override
    public String toString() {
        return "row '" + name + "' of table " + table;
    }
}
