package dev.tenfold.replication.postgres;

import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.postgres.DataDirectory.ShutDown;
import dev.tenfold.replication.postgres.ServerControl.Shutdown;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Makes a server follow a primary again: stops it, gives up what its history has beyond the primary's, starts it as a
 * standby.
 *
 * <p>Where the server was shut down in order and its last record lies before the point at which the primary's timeline
 * began, there is nothing to give up, and nothing is copied. Otherwise its files are made the primary's again by comparing
 * them in chunks, over JDBC. Not by {@code pg_rewind}: it needs a program that client libraries and small server packages lack,
 * an earlier checkpoint that both histories share with all log since, and {@code wal_log_hints} or checksums; the comparison
 * needs none of them, reads all of the data once, and also finishes what an earlier attempt left half done.
 */
final class Rejoin {

    private static final int PATIENCE_SECONDS = 120;

    private final String id;
    private final ServerControl server;
    private final DataDirectory data;

    Rejoin(String id, ServerControl server) {
        this.id = id;
        this.server = server;
        this.data = new DataDirectory(server.dataDirectory());
    }

    /** Does it, unless the server follows already; false if another process is at it. */
    boolean run(DataSource primary, LogPosition timelineStart, String connectionInfo) throws Exception {
        Map<String, String> settings = Map.of("primary_conninfo", Statements.named(connectionInfo, id));
        try (BackupSession session = BackupSession.connect(primary)) {
            if (!session.tryLock(id)) {
                return false;
            }
            if (session.isFollowedBy(id)) {
                return true;
            }
            server.stop(Shutdown.AT_ONCE);
            requireNotNewer(timelineStart);
            if (sharesHistory(data.shutDown(), timelineStart)) {
                data.makeStandby(settings);
            } else {
                session.start("tenfold re-join of " + id);
                new DeltaCopy(data, progress -> {}).run(session, settings);
            }
            server.start();
            session.awaitStandby(id, PATIENCE_SECONDS);
            return true;
        }
    }

    /**
     * The last look, at files that nobody changes any more: whoever stood still since it found the node outdated must not
     * remove what others have made the primary's history since.
     */
    private void requireNotNewer(LogPosition timelineStart) throws Exception {
        long newest = data.newestTimeline();
        if (newest > timelineStart.timeline()) {
            server.start();
            throw new IllegalStateException(
                    "'" + id + "' has log of timeline " + newest + " (expected: at most " + timelineStart.timeline()
                            + ", the primary's): it was promoted since, so nothing of it was removed");
        }
    }

    /** A record that begins before the branch ends before it too, since a branch lies between records. */
    private static boolean sharesHistory(@Nullable ShutDown end, LogPosition timelineStart) {
        return end != null
                && end.timeline() == timelineStart.timeline() - 1
                && end.checkpoint() < timelineStart.offset();
    }
}
