package dev.tenfold.replication.postgres;

import dev.tenfold.replication.ReplicationEngine.Setup;
import dev.tenfold.topology.Endpoint;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Compares how the servers are set up with what the engine was told, and with what a failover needs of them. */
final class Inspection {

    private static final String SETTINGS = "SELECT name, setting FROM pg_settings WHERE name IN"
            + " ('synchronous_standby_names', 'synchronous_commit', 'wal_level', 'max_wal_senders', 'hot_standby',"
            + " 'wal_keep_size', 'recovery_target_timeline', 'wal_receiver_timeout', 'wal_retrieve_retry_interval',"
            + " 'full_page_writes', 'max_connections')";

    private static final String OVERRIDES = "SELECT coalesce(d.datname, '') , coalesce(r.rolname, ''), s.value"
            + " FROM pg_db_role_setting o CROSS JOIN unnest(o.setconfig) AS s (value)"
            + " LEFT JOIN pg_database d ON d.oid = o.setdatabase LEFT JOIN pg_roles r ON r.oid = o.setrole"
            + " WHERE s.value ~ '^synchronous_commit=' AND s.value !~ '=(on|true|yes|1|remote_apply)$'";

    private static final String RECEIVERS = "SELECT coalesce(application_name, '') FROM pg_stat_replication"
            + " WHERE sync_state IN ('quorum', 'sync', 'potential')";

    private static final Set<String> DURABLE = Set.of("on", "remote_apply");

    private final ControlConnections connections;
    private final int told;
    private final List<String> problems = new ArrayList<>();

    Inspection(ControlConnections connections, int told) {
        this.connections = connections;
        this.told = told;
    }

    Setup run(Endpoint<DataSource> primary, List<Endpoint<DataSource>> replicas) throws SQLException {
        Set<String> ids = replicas.stream().map(Endpoint::id).collect(Collectors.toCollection(TreeSet::new));
        Map<String, String> settings = connections.with(primary, Inspection::settings);
        int found = quorum(primary.id(), settings, ids);
        for (String override : connections.with(primary, Inspection::overrides)) {
            if (told > 0) {
                problems.add(override + ": its commits wait for no replica, and a failover may lose them");
            }
        }
        strangers(primary, ids, settings);
        needed(primary.id(), settings, ids.size());
        for (Endpoint<DataSource> replica : replicas) {
            replica(replica, settings, ids, primary.id());
        }
        return new Setup(found, problems);
    }

    /** How many replicas a commit on a server waits for, or will once it is the primary. */
    private int quorum(String id, Map<String, String> settings, Set<String> others) {
        String value = settings.getOrDefault("synchronous_standby_names", "");
        SynchronousNames names = SynchronousNames.parse(value);
        String commit = settings.getOrDefault("synchronous_commit", "on");
        int found = DURABLE.contains(commit) ? names.replicas() : 0;
        if (told == 0) {
            if (found > 0) {
                problems.add(
                        setting(id, "synchronous_standby_names", value) + ", but the engine was told of asynchronous"
                                + " replicas; call synchronousReplicas(" + found + ") to promote without data loss");
            }
            return found;
        }
        if (names.replicas() != told) {
            problems.add(setting(id, "synchronous_standby_names", value) + " waits for " + names.replicas()
                    + " replicas (expected: ANY " + told + " (*), as synchronousReplicas(" + told + ") says)");
        }
        if (!DURABLE.contains(commit)) {
            problems.add(setting(id, "synchronous_commit", commit) + " (expected: on or remote_apply)");
        }
        for (String other : others) {
            if (!names.includes(other)) {
                problems.add(setting(id, "synchronous_standby_names", value) + " does not name '" + other
                        + "' (expected: all replicas, or *)");
            }
        }
        return found;
    }

    /** Whoever else acknowledges commits holds what the replicas may lack: with {@code *} that is any receiver of log. */
    private void strangers(Endpoint<DataSource> primary, Set<String> ids, Map<String, String> settings)
            throws SQLException {
        if (told == 0) {
            return;
        }
        for (String name : connections.with(primary, Inspection::receivers)) {
            if (!ids.contains(name)) {
                problems.add(
                        "'" + primary.id() + "': '" + name + "' counts as a synchronous replica and is none of this set"
                                + " (expected: only " + ids + "); name them in synchronous_standby_names, now '"
                                + settings.get("synchronous_standby_names") + "'");
            }
        }
    }

    private void needed(String id, Map<String, String> settings, int replicas) {
        String level = settings.getOrDefault("wal_level", "replica");
        if (level.equals("minimal")) {
            problems.add(setting(id, "wal_level", level) + " (expected: replica or logical)");
        }
        if (number(settings, "max_wal_senders") < replicas) {
            problems.add(setting(id, "max_wal_senders", settings.get("max_wal_senders")) + " (expected: >= " + replicas
                    + ", one for each other node)");
        }
        if (!settings.getOrDefault("full_page_writes", "on").equals("on")) {
            problems.add(
                    setting(id, "full_page_writes", "off") + " (expected: on, or a former primary cannot join again)");
        }
        if (number(settings, "wal_keep_size") == 0) {
            problems.add(
                    setting(id, "wal_keep_size", "0") + " (expected: enough log for a replica that was away during a"
                            + " failover, which no slot holds)");
        }
    }

    private void replica(Endpoint<DataSource> replica, Map<String, String> onPrimary, Set<String> ids, String primary) {
        Map<String, String> settings;
        try {
            settings = connections.with(replica, Inspection::settings);
        } catch (SQLException silent) {
            problems.add("'" + replica.id() + "' could not be inspected: " + silent.getMessage());
            return;
        }
        Set<String> others = new TreeSet<>(ids);
        others.remove(replica.id());
        others.add(primary);
        quorum(replica.id(), settings, others);
        needed(replica.id(), settings, ids.size());
        String id = replica.id();
        if (!settings.getOrDefault("recovery_target_timeline", "latest").equals("latest")) {
            problems.add(setting(id, "recovery_target_timeline", settings.get("recovery_target_timeline"))
                    + " (expected: latest, to follow whoever is promoted)");
        }
        if (number(settings, "wal_receiver_timeout") == 0) {
            problems.add(
                    setting(id, "wal_receiver_timeout", "0") + " (expected: > 0, or it never misses a hung primary)");
        }
        if (number(settings, "wal_retrieve_retry_interval") > 1_000) {
            problems.add(setting(id, "wal_retrieve_retry_interval", settings.get("wal_retrieve_retry_interval") + " ms")
                    + " (expected: <= 1000 ms; for so long no write may be acknowledged after a failover)");
        }
        if (number(settings, "max_connections") < number(onPrimary, "max_connections")) {
            problems.add(setting(id, "max_connections", settings.get("max_connections"))
                    + " (expected: >= the primary's " + onPrimary.get("max_connections") + ", or it does not start)");
        }
    }

    private static Map<String, String> settings(Connection connection) throws SQLException {
        Map<String, String> settings = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(SETTINGS)) {
            while (rows.next()) {
                settings.put(rows.getString(1), rows.getString(2));
            }
        }
        return settings;
    }

    private static List<String> overrides(Connection connection) throws SQLException {
        List<String> overrides = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(OVERRIDES)) {
            while (rows.next()) {
                overrides.add(
                        "database '" + rows.getString(1) + "', role '" + rows.getString(2) + "': " + rows.getString(3));
            }
        }
        return overrides;
    }

    private static List<String> receivers(Connection connection) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(RECEIVERS)) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    private static long number(Map<String, String> settings, String name) {
        return Long.parseLong(settings.getOrDefault(name, String.valueOf(Long.MAX_VALUE)));
    }

    private static String setting(String id, String name, @Nullable Object value) {
        return "'" + id + "': " + name + " = '" + value + "'";
    }
}
