package dev.tenfold.replication.postgres;

import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Probe;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * The SQL. Waits happen in the server ({@code pg_sleep}), in steps far below the network timeout, so nothing here sleeps
 * or reads a clock.
 */
final class Statements {

    private static final int FREEZE_STEPS = 300;
    private static final int PROMOTE_STEPS = 3_000;
    private static final int CONTROL_STEPS = 100;

    /** "TENF" as a number, and which of this library's locks it is. */
    private static final String CONTROL_LOCK = "1413828166, 1";

    /** "TENG", the class of the locks whose second key is a fencing token. */
    private static final String FENCE = "1413828167";

    private static final String OF_THIS_DATABASE = " locktype = 'advisory' AND granted AND objsubid = 2"
            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ";

    /** Checks in a row that must find no WAL receiver: the process that starts them may hear of the new setting late. */
    private static final int QUIET_CHECKS = 3;

    /**
     * The timeline a primary writes on is in the name of its WAL file (the control file shows the old one until the first
     * checkpoint); a replica's is its receiver's once that has received something, until then that of the newest WAL it
     * keeps: a receiver that nobody wants to send anything shows the timeline it asks for.
     */
    private static final String TIMELINE = """
            CASE WHEN pg_is_in_recovery() THEN coalesce(
                (SELECT received_tli FROM pg_stat_wal_receiver WHERE flushed_lsn > receive_start_lsn),
                (SELECT max(('x' || substr(name, 1, 8))::bit(32)::int) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'),
                (SELECT timeline_id FROM pg_control_checkpoint()))
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END
            """;

    private static final String REPLAYED =
            "(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0')::bigint";

    private static final String RECEIVED = """
            (CASE WHEN pg_is_in_recovery()
                THEN greatest(coalesce(pg_last_wal_receive_lsn(), '0/0'), pg_last_wal_replay_lsn())
                ELSE pg_current_wal_lsn() END - '0/0')::bigint
            """;

    /**
     * A receiver asks its primary for a sign of life after half of its timeout; past three quarters there was none. The
     * state alone proves nothing: it stays "streaming" on a connection that died silently, and is so for a moment each time
     * a receiver is started that is then refused. So it must have received something, or lasted for a while.
     */
    private static final String STREAMING = """
            coalesce((SELECT status = 'streaming' AND (patience = interval '0'
                        OR clock_timestamp() - last_msg_receipt_time < patience * 0.75)
                    AND (flushed_lsn > receive_start_lsn OR EXISTS (SELECT FROM pg_stat_activity AS a
                        WHERE a.pid = r.pid AND a.backend_start < clock_timestamp() - interval '1 s'))
                FROM pg_stat_wal_receiver AS r,
                    (SELECT current_setting('wal_receiver_timeout')::interval) AS s (patience)),
                false)
            """;

    /**
     * Where a primary had written before anything else is asked; nowhere on a replica. A commit that is in the log by then may
     * still wait for its replicas and be shown to nobody.
     */
    private static final String WRITTEN =
            "SELECT CASE WHEN NOT pg_is_in_recovery() THEN (pg_current_wal_lsn() - '0/0')::bigint END";

    /**
     * Whether no transaction that writes was under way: of the numbers up to the last that has ended none is, and no later one
     * was given out. Asked after {@link #WRITTEN}, in a statement of its own and so with a later snapshot, it says that
     * whatever was in the log by then is shown. Needs no privilege.
     */
    private static final String QUIET = """
            pg_snapshot_xmin(pg_current_snapshot()) = pg_snapshot_xmax(pg_current_snapshot())
                AND age(pg_snapshot_xmax(pg_current_snapshot())::xid) = 0
            """;

    /** Two statements in one round trip. */
    private static final String PROBE = WRITTEN + "; SELECT pg_is_in_recovery(), " + STREAMING + ", " + TIMELINE + ", "
            + RECEIVED + ", " + REPLAYED + ", " + QUIET;

    private static final String POSITION = "SELECT " + TIMELINE + ", " + REPLAYED;

    private Statements() {}

    static Probe probe(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(PROBE);
            long written;
            try (ResultSet row = next(statement.getResultSet(), PROBE)) {
                written = row.getLong(1);
            }
            if (!statement.getMoreResults()) {
                throw new SQLException("no second result from: " + PROBE);
            }
            try (ResultSet row = next(statement.getResultSet(), PROBE)) {
                long timeline = row.getLong(3);
                LogPosition received = new LogPosition(timeline, row.getLong(4));
                if (row.getBoolean(1)) {
                    return Probe.replica(row.getBoolean(2), received, new LogPosition(timeline, row.getLong(5)));
                }
                return Probe.primary(received, new LogPosition(timeline, shown(written, row.getBoolean(6))));
            }
        }
    }

    /**
     * What a read begun now certainly shows of a primary. A writer asks for its position once its commit is shown. So whoever
     * commits what is in the log and not shown yet is told a position of at least {@code written}: less is safe to claim.
     */
    private static long shown(long written, boolean quiet) {
        return quiet ? written : Math.max(0, written - 1);
    }

    static LogPosition position(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = first(statement, POSITION)) {
            return new LogPosition(row.getLong(1), row.getLong(2));
        }
    }

    static LogPosition timelineStart(Connection connection) throws SQLException {
        long timeline = position(connection).timeline();
        if (timeline <= 1) {
            return new LogPosition(timeline, 0);
        }
        // Each line names a timeline and where the next one left it; the last line is about this one's parent.
        String sql = "SELECT (split_part(line, E'\\t', 2)::pg_lsn - '0/0')::bigint"
                + " FROM regexp_split_to_table(pg_read_file(?), E'\\n') WITH ORDINALITY AS l (line, n)"
                + " WHERE line ~ '^[0-9]+\\t' ORDER BY n DESC LIMIT 1";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, String.format("pg_wal/%08X.history", timeline));
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new SQLException("the history of timeline " + timeline + " is empty");
                }
                return new LogPosition(timeline, row.getLong(1));
            }
        }
    }

    /** The timeline after one, and where it began, from the history file of the primary's timeline. */
    static LogPosition branchAfter(Connection primary, long timeline) throws SQLException {
        long newest = position(primary).timeline();
        if (timeline == newest) {
            return timelineStart(primary); // two were promoted to it, and share what lies before
        }
        String sql = "SELECT (split_part(line, E'\\t', 2)::pg_lsn - '0/0')::bigint"
                + " FROM regexp_split_to_table(pg_read_file(?), E'\\n') AS line WHERE line ~ ?";
        try (PreparedStatement statement = primary.prepareStatement(sql)) {
            statement.setString(1, String.format("pg_wal/%08X.history", newest));
            statement.setString(2, "^" + timeline + "\\t");
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new SQLException("timeline " + newest + " does not descend from timeline " + timeline);
                }
                return new LogPosition(timeline + 1, row.getLong(1));
            }
        }
    }

    /** The application names of those that receive its log. */
    static Set<String> followers(Connection connection) throws SQLException {
        Set<String> names = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'")) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    /** Waits on the server, as PostgreSQL 19 can; outside of a transaction that has a snapshot, as it demands. */
    static boolean awaitReplay(Connection connection, LogPosition wanted, Duration patience) throws SQLException {
        String lsn = Long.toHexString(wanted.offset() >>> 32) + "/" + Long.toHexString(wanted.offset() & 0xffffffffL);
        String sql = "WAIT FOR LSN '" + lsn + "' WITH (MODE 'standby_replay', TIMEOUT '" + patience.toMillis()
                + "ms', NO_THROW)";
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() && "success".equals(row.getString(1));
        }
    }

    /**
     * Takes the lock that tells who is in control of a replica, and ends the session of whoever had it with a lower token.
     * Announced before and compared after: of two that come at once, the higher token wins whatever the order.
     */
    static void takeControl(Connection connection, long token) throws SQLException {
        announce(connection, token);
        for (int step = 0; step < CONTROL_STEPS; step++) {
            boolean controls = isTrue(connection, "SELECT pg_try_advisory_lock(" + CONTROL_LOCK + ")");
            requireNewest(connection, token);
            if (controls) {
                return;
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_terminate_backend(pid), pg_sleep(0.01) FROM pg_locks WHERE"
                        + OF_THIS_DATABASE
                        + "AND (classid, objid) = (" + CONTROL_LOCK + ") AND pid <> pg_backend_pid()");
            }
        }
        throw new SQLTimeoutException("another session is in control of the node and does not end");
    }

    /** Goes on with control that this session has, under a token that may be a new one. */
    static void keepControl(Connection connection, long token) throws SQLException {
        announce(connection, token);
        requireNewest(connection, token);
    }

    /** Holds the token until the session ends; again and again does no harm. */
    private static void announce(Connection connection, long token) throws SQLException {
        if (token != 0) {
            isTrue(connection, "SELECT pg_try_advisory_lock_shared(" + FENCE + ", " + (int) token + ")");
        }
    }

    private static void requireNewest(Connection connection, long token) throws SQLException {
        if (token == 0) {
            return;
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = first(
                        statement,
                        "SELECT max(objid::bigint) FROM pg_locks WHERE" + OF_THIS_DATABASE + "AND classid = "
                                + FENCE)) {
            long highest = row.getLong(1);
            if (highest > (token & 0xffffffffL)) {
                throw new FencedException(token, highest);
            }
        }
    }

    static void giveUpControl(Connection connection) throws SQLException {
        isTrue(connection, "SELECT pg_advisory_unlock(" + CONTROL_LOCK + ")");
    }

    static LogPosition freeze(Connection connection) throws SQLException {
        // Remembered from before, while a receiver still shows its timeline.
        long timeline = position(connection).timeline();
        follow(connection, "");
        int quiet = 0;
        for (int step = 0; step < FREEZE_STEPS && quiet < QUIET_CHECKS; step++) {
            // pg_stat_wal_receiver hides a receiver that is still connecting; pg_stat_activity does not.
            boolean frozen = isTrue(
                    connection,
                    "SELECT current_setting('primary_conninfo') = ''"
                            + " AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'walreceiver')"
                            + " FROM pg_sleep(0.01)");
            quiet = frozen ? quiet + 1 : 0;
        }
        if (quiet < QUIET_CHECKS) {
            throw new SQLTimeoutException("the WAL receiver did not end");
        }
        Probe now = probe(connection);
        if (now.writable()) {
            throw new SQLException("the node is a primary by now and cannot be frozen");
        }
        return new LogPosition(
                Math.max(timeline, now.received().timeline()), now.received().offset());
    }

    static LogPosition promote(Connection connection) throws SQLException {
        isTrue(connection, "SELECT pg_promote(false)");
        for (int step = 0; step < PROMOTE_STEPS; step++) {
            if (isTrue(connection, "SELECT NOT pg_is_in_recovery()")) {
                return timelineStart(connection);
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_sleep(0.005)");
            }
        }
        throw new SQLTimeoutException("the promotion did not finish");
    }

    static void follow(Connection connection, String connectionInfo) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("ALTER SYSTEM SET primary_conninfo = '" + connectionInfo.replace("'", "''") + "'");
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    /** Connection info under which a node is known to whom it follows; the last of two values of a name counts. */
    static String named(String connectionInfo, String node) {
        return connectionInfo + " application_name='"
                + node.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private static boolean isTrue(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = first(statement, sql)) {
            return row.getBoolean(1);
        }
    }

    private static ResultSet first(Statement statement, String sql) throws SQLException {
        return next(statement.executeQuery(sql), sql);
    }

    private static ResultSet next(ResultSet rows, String sql) throws SQLException {
        if (!rows.next()) {
            rows.close();
            throw new SQLException("no row from: " + sql);
        }
        return rows;
    }
}
