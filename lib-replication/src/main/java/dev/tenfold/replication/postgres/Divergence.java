package dev.tenfold.replication.postgres;

import dev.tenfold.replication.Failover.RecoveryReport;
import dev.tenfold.replication.Failover.RecoveryReport.Row;
import dev.tenfold.replication.LogPosition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * What a former primary has that the new one has not. The log between the branch and its end says how much; PostgreSQL
 * decodes physical log to nobody afterwards, so the rows are found by comparing tables key by key.
 */
final class Divergence {

    /** Rows of a table that are reported at most. */
    static final int MOST_ROWS = 10_000;

    private static final int BATCH = 500;
    private static final int START_STEPS = 600;
    private static final int NETWORK_TIMEOUT_MILLIS = 60_000;

    private final List<String> tables;
    private final DataSource node;
    private final DataSource primary;

    Divergence(List<String> tables, DataSource node, DataSource primary) {
        this.tables = tables;
        this.node = node;
        this.primary = primary;
    }

    /** Starts a server that is down, and waits until it takes connections; the waiting is the primary's. */
    void startUnlessThere(ServerControl server) throws Exception {
        boolean started = false;
        for (int step = 0; step < START_STEPS; step++) {
            try (Connection there = node.getConnection()) {
                if (there.isValid(1)) {
                    return;
                }
            } catch (SQLException notYet) {
                if (!started) {
                    server.stop(ServerControl.Shutdown.AT_ONCE);
                    server.start();
                    started = true;
                }
                try (Connection current = primary.getConnection();
                        Statement wait = current.createStatement()) {
                    wait.execute("SELECT pg_sleep(0.1)");
                }
            }
        }
        throw new SQLException("the node was started and does not answer, so what it has cannot be read");
    }

    RecoveryReport report(String id) throws SQLException {
        try (Connection former = open(node);
                Connection current = open(primary)) {
            former.setAutoCommit(false); // for the cursors
            LogPosition end = Statements.position(former);
            LogPosition start = Statements.branchAfter(current, end.timeline());
            List<Row> rows = new ArrayList<>();
            for (String table : tables) {
                compare(table, former, current, rows);
            }
            former.rollback();
            return new RecoveryReport(id, start, end, rows);
        }
    }

    private static Connection open(DataSource source) throws SQLException {
        Connection connection = source.getConnection();
        connection.setNetworkTimeout(Runnable::run, NETWORK_TIMEOUT_MILLIS);
        return connection;
    }

    /** Reads the former primary's rows with a cursor, in one snapshot, and looks each batch up by key on the other. */
    private static void compare(String table, Connection former, Connection current, List<Row> rows)
            throws SQLException {
        String keys = keys(table, current);
        if (keys.isEmpty()) {
            throw new SQLException("table " + table + " has no primary key, by which its rows could be compared");
        }
        String difference = "SELECT to_jsonb(old)::text, coalesce(to_jsonb(now)::text, 'null')"
                + " FROM jsonb_populate_recordset(NULL::" + table + ", ?::jsonb) AS old LEFT JOIN " + table
                + " AS now USING (" + keys + ") WHERE to_jsonb(old) IS DISTINCT FROM to_jsonb(now) LIMIT ?";
        int limit = rows.size() + MOST_ROWS;
        try (Statement read = former.createStatement();
                PreparedStatement compare = current.prepareStatement(difference)) {
            read.setFetchSize(BATCH);
            try (ResultSet all = read.executeQuery("SELECT to_jsonb(t)::text FROM " + table + " AS t")) {
                List<String> batch = new ArrayList<>();
                boolean more = true;
                while (more && rows.size() < limit) {
                    more = all.next();
                    if (more) {
                        batch.add(all.getString(1));
                    }
                    if (!batch.isEmpty() && (!more || batch.size() == BATCH)) {
                        lookUp(table, compare, batch, limit - rows.size(), rows);
                        batch.clear();
                    }
                }
            }
        }
    }

    private static void lookUp(String table, PreparedStatement compare, List<String> batch, int most, List<Row> rows)
            throws SQLException {
        compare.setString(1, "[" + String.join(",", batch) + "]");
        compare.setInt(2, most);
        try (ResultSet different = compare.executeQuery()) {
            while (different.next()) {
                rows.add(new Row(table, different.getString(1), different.getString(2)));
            }
        }
    }

    private static String keys(String table, Connection current) throws SQLException {
        String sql = "SELECT coalesce(string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum), '')"
                + " FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
                + " WHERE i.indisprimary AND i.indrelid = ?::regclass";
        try (PreparedStatement statement = current.prepareStatement(sql)) {
            statement.setString(1, table);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getString(1) : "";
            }
        }
    }
}
