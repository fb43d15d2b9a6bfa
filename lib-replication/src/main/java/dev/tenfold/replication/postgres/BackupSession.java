package dev.tenfold.replication.postgres;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A session on a running server in which its files are read as a low-level base backup (PostgreSQL manual, "Making a Base
 * Backup Using the Low Level API"). The lock, the backup mode and the slot that keeps its log from being removed belong
 * to the session and end with it, however it ends.
 *
 * <p>Used by one thread.
 */
final class BackupSession implements AutoCloseable {

    private static final int NETWORK_TIMEOUT_MILLIS = 60_000;
    private static final int NON_EXCLUSIVE_ONLY = 150_000;

    private static final String FILES = """
            WITH RECURSIVE f (path, isdir, size) AS (
                SELECT n, s.isdir, s.size FROM pg_ls_dir('.') AS n, pg_stat_file(n, true) AS s
              UNION ALL
                SELECT f.path || '/' || n, s.isdir, s.size
                FROM f, pg_ls_dir(CASE WHEN f.isdir AND NOT f.path = ANY (?) THEN f.path END, true, false) AS n,
                    pg_stat_file(f.path || '/' || n, true) AS s)
            SELECT path, isdir, size FROM f WHERE size IS NOT NULL ORDER BY path
            """;

    private static final String FOLLOWED = "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = ?"
            + " AND state IN ('catchup', 'streaming'))";

    private static final String CHUNKS =
            " FROM unnest(?::text[], ?::bigint[], ?::bigint[]) WITH ORDINALITY AS c (p, o, l, n) ORDER BY n";

    private static final String DIGESTS = "SELECT md5(pg_read_binary_file(p, o, l, true))" + CHUNKS;

    private static final String CONTENTS = "SELECT pg_read_binary_file(p, o, l, true)" + CHUNKS;

    private final Connection connection;
    private final int version;

    private BackupSession(Connection connection) throws SQLException {
        this.connection = connection;
        this.version = Integer.parseInt(one("SHOW server_version_num"));
    }

    /** A file or folder of the data directory; the path is relative to it. */
    record RemoteFile(String path, boolean directory, long size) {}

    /** A part of a file. */
    record Chunk(String path, long offset, int length) {}

    /** Connects to a primary. */
    static BackupSession connect(DataSource source) throws SQLException {
        Connection connection = source.getConnection();
        boolean begun = false;
        try {
            connection.setNetworkTimeout(Runnable::run, NETWORK_TIMEOUT_MILLIS);
            connection.setAutoCommit(true);
            BackupSession session = new BackupSession(connection);
            if (session.isTrue("SELECT pg_is_in_recovery()")) {
                throw new SQLException("the server to copy from is not a primary");
            }
            begun = true;
            return session;
        } finally {
            if (!begun) {
                end(connection);
            }
        }
    }

    /** Takes the lock that lets one session at a time make a node join again. */
    boolean tryLock(String node) throws SQLException {
        return isTrue("SELECT pg_try_advisory_lock(hashtext('tenfold re-join'), hashtext(?))", node);
    }

    /** Begins the backup. */
    void start(String label) throws SQLException {
        one("SELECT pg_create_physical_replication_slot('tenfold_copy_' || pg_backend_pid(), true, true)");
        one(
                version >= NON_EXCLUSIVE_ONLY
                        ? "SELECT pg_backup_start(?, true)"
                        : "SELECT pg_start_backup(?, true, false)",
                label);
    }

    /** Everything in the data directory but what is below some folders. */
    List<RemoteFile> files(Set<String> without) throws SQLException {
        List<RemoteFile> files = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(FILES)) {
            statement.setArray(1, connection.createArrayOf("text", without.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    files.add(new RemoteFile(rows.getString(1), rows.getBoolean(2), rows.getLong(3)));
                }
            }
        }
        return files;
    }

    /** The MD5 digest of each chunk in hexadecimal digits, null for one of a file that is gone. */
    List<@Nullable String> digests(List<Chunk> chunks) throws SQLException {
        List<@Nullable String> digests = new ArrayList<>();
        try (PreparedStatement statement = chunked(DIGESTS, chunks);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                digests.add(rows.getString(1));
            }
        }
        return digests;
    }

    /** The bytes of each chunk, fewer where the file has become shorter, null where it is gone. */
    List<byte @Nullable []> contents(List<Chunk> chunks) throws SQLException {
        List<byte @Nullable []> contents = new ArrayList<>();
        try (PreparedStatement statement = chunked(CONTENTS, chunks);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                contents.add(rows.getBytes(1));
            }
        }
        return contents;
    }

    private PreparedStatement chunked(String sql, List<Chunk> chunks) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        Array paths = connection.createArrayOf(
                "text", chunks.stream().map(Chunk::path).toArray());
        Array offsets = connection.createArrayOf(
                "bigint", chunks.stream().map(Chunk::offset).toArray());
        Array lengths = connection.createArrayOf(
                "bigint", chunks.stream().map(chunk -> (long) chunk.length()).toArray());
        statement.setArray(1, paths);
        statement.setArray(2, offsets);
        statement.setArray(3, lengths);
        return statement;
    }

    /** Reads the control file, which the server may be writing: until two readings agree. */
    byte[] controlFile() throws SQLException {
        List<Chunk> whole = List.of(new Chunk(DataDirectory.CONTROL_FILE, 0, 8192));
        byte[] last = new byte[0];
        for (int i = 0; i < 100; i++) {
            byte[] now = contents(whole).get(0);
            if (now != null && now.length > 0 && java.util.Arrays.equals(now, last)) {
                return now;
            }
            last = now == null ? last : now;
        }
        throw new SQLException("the control file does not stay the same for two readings");
    }

    /** Ends the backup mode and returns what the copy's {@code backup_label} must hold. */
    String stop() throws SQLException {
        String sql = version >= NON_EXCLUSIVE_ONLY
                ? "SELECT labelfile, spcmapfile FROM pg_backup_stop(false)"
                : "SELECT labelfile, spcmapfile FROM pg_stop_backup(false, false)";
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            if (!row.next() || row.getString(1) == null) {
                throw new SQLException("the backup ended without a label");
            }
            return row.getString(1);
        }
    }

    boolean isFollowedBy(String name) throws SQLException {
        return isTrue(FOLLOWED, name);
    }

    /** Waits until a standby of a name receives from this server; the waiting is the server's. */
    void awaitStandby(String name, int seconds) throws SQLException {
        for (int step = 0; step < seconds * 20; step++) {
            if (isTrue(FOLLOWED + " FROM pg_sleep(0.05)", name)) {
                return;
            }
        }
        throw new SQLTimeoutException("'" + name + "' was started as a replica and did not connect within " + seconds
                + " s; its server's log tells why");
    }

    private boolean isTrue(String sql, String... parameters) throws SQLException {
        return one(sql, parameters).equals("t");
    }

    private String one(String sql, String... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                String value = rows.getString(1);
                return value == null ? "" : value;
            }
        }
    }

    /** Ends the session itself, which a pool would keep: the slot and the lock live as long as that. */
    @Override
    public void close() {
        end(connection);
    }

    private static void end(Connection connection) {
        try (connection) {
            connection.abort(Runnable::run);
        } catch (SQLException ended) {
            return; // which is what was wanted
        }
    }
}
