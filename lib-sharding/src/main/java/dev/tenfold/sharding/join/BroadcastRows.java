package dev.tenfold.sharding.join;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The SQL of a broadcast table. A row travels as the text PostgreSQL makes of it, which loses nothing of any type. */
record BroadcastRows(String table) {

    /**
     * All of a table at one moment.
     *
     * @param version 0 where there is none
     * @param rows each as text
     * @param checksum the sum over the rows of 64 bits of the MD5 of each, so that their order means nothing
     */
    record Content(long version, List<String> rows, BigDecimal checksum) {

        boolean same(Content other) {
            return version == other.version
                    && rows.size() == other.rows.size()
                    && checksum.compareTo(other.checksum) == 0;
        }
    }

    static void createVersions(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            // Two processes that create one table at once would fail on each other.
            statement.execute("SELECT pg_advisory_xact_lock(hashtext('tenfold_broadcast'))");
            statement.execute("CREATE TABLE IF NOT EXISTS tenfold_broadcast"
                    + " (table_name text PRIMARY KEY, version bigint NOT NULL)");
        }
    }

    /** Returns the version, and keeps every other writer of the table away until the transaction ends. */
    long lockVersion(Connection connection) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO tenfold_broadcast (table_name, version) VALUES (?, 0) ON CONFLICT DO NOTHING")) {
            insert.setString(1, table);
            insert.executeUpdate();
        }
        return version(connection, " FOR UPDATE");
    }

    private long version(Connection connection, String lock) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT version FROM tenfold_broadcast WHERE table_name = ?" + lock)) {
            select.setString(1, table);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    void setVersion(Connection connection, long version) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE tenfold_broadcast SET version = ? WHERE table_name = ?")) {
            update.setLong(1, version);
            update.setString(2, table);
            update.executeUpdate();
        }
    }

    /** Reads version and rows as of one moment. */
    Content read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            speakPlainly(statement);
            List<String> rows = new ArrayList<>();
            long version = version(connection, "");
            try (ResultSet row = statement.executeQuery(
                    "SELECT t::text FROM " + table + " t LIMIT " + (BroadcastTable.MAX_ROWS + 1))) {
                while (row.next()) {
                    rows.add(row.getString(1));
                }
            }
            if (rows.size() > BroadcastTable.MAX_ROWS) {
                throw new SQLException("broadcast table " + table + ": more than " + BroadcastTable.MAX_ROWS
                        + " rows (expected: a small table; shard it by a key)");
            }
            try (ResultSet row = statement.executeQuery(
                    "SELECT coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0) FROM " + table
                            + " t")) {
                row.next();
                return new Content(version, rows, row.getBigDecimal(1));
            }
        }
    }

    /** Settings of the session, or of the server, must not make the same row another text. */
    private static void speakPlainly(Statement statement) throws SQLException {
        statement.execute("SET LOCAL TimeZone = 'UTC'");
        statement.execute("SET LOCAL DateStyle = 'ISO, YMD'");
        statement.execute("SET LOCAL IntervalStyle = 'postgres'");
        statement.execute("SET LOCAL extra_float_digits = 3");
        statement.execute("SET LOCAL bytea_output = 'hex'");
    }

    /** Makes the table's rows those of another one, touching no row that is the same. */
    void replace(Connection connection, Content content) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            speakPlainly(statement);
        }
        List<String> columns = columns(connection, "attgenerated = ''");
        List<String> key = columns(
                connection,
                "attnum = ANY(SELECT unnest(indkey) FROM pg_index i WHERE i.indrelid = attrelid AND i.indisprimary)");
        if (key.isEmpty()) {
            throw new SQLException("broadcast table " + table + ": no primary key (expected: one, to tell rows by)");
        }
        java.sql.Array rows = connection.createArrayOf("text", content.rows().toArray());
        String incoming = "(SELECT CAST(x AS " + table + ") AS r FROM unnest(?) AS x OFFSET 0) AS i";
        String same = join(key, " AND ", "t.%1$s = (i.r).%1$s");
        run(
                connection,
                "DELETE FROM " + table + " t WHERE NOT EXISTS (SELECT FROM " + incoming + " WHERE " + same + ")",
                rows);
        List<String> others = new ArrayList<>(columns);
        others.removeAll(key);
        String conflict = others.isEmpty()
                ? "NOTHING"
                : "UPDATE SET " + join(others, ", ", "%1$s = excluded.%1$s") + " WHERE ROW("
                        + join(others, ", ", "t.%s")
                        // As text, since some types, such as json, cannot be compared.
                        + ")::text <> ROW(" + join(others, ", ", "excluded.%s") + ")::text";
        run(
                connection,
                "INSERT INTO " + table + " AS t (" + String.join(", ", columns) + ") OVERRIDING SYSTEM VALUE SELECT "
                        + join(columns, ", ", "(i.r).%s") + " FROM " + incoming + " ON CONFLICT ("
                        + String.join(", ", key) + ") DO " + conflict,
                rows);
    }

    private static String join(List<String> columns, String separator, String each) {
        return String.join(separator, columns.stream().map(each::formatted).toList());
    }

    private static void run(Connection connection, String sql, java.sql.Array rows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, rows);
            statement.executeUpdate();
        }
    }

    private List<String> columns(Connection connection, String which) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = CAST(? AS regclass) AND attnum > 0"
                        + " AND NOT attisdropped AND " + which + " ORDER BY attnum")) {
            select.setString(1, table);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    columns.add(row.getString(1));
                }
            }
        }
        return columns;
    }
}
