package dev.tenfold.journey.stage;

import dev.tenfold.coordination.LeaseState;
import dev.tenfold.coordination.Leases;
import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.journey.env.Database;
import dev.tenfold.journey.live.Board;
import dev.tenfold.journey.live.Board.Layer;
import dev.tenfold.journey.live.Board.State;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.ReplicaTopology;
import dev.tenfold.replication.Role;
import dev.tenfold.replication.postgres.Postgres;
import dev.tenfold.replication.postgres.PostgresStreaming;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import javax.sql.DataSource;

/** Shows database servers to a visitor, and does to them what a database administrator, or bad luck, does. */
final class Databases {

    /** What a former primary is asked about that comes back with a history of its own. */
    private static final String[] TABLES = {"person", "post", "follow"};

    private static final Set<String> ALL = Set.of("kill", "freeze", "lag", "promote", "restore");
    private static final Duration PROMOTION = Duration.ofSeconds(10);

    private final StageRun run;
    private final Exhibit exhibit;
    private final Set<String> frozen = ConcurrentHashMap.newKeySet();
    private final Set<String> lagging = ConcurrentHashMap.newKeySet();
    private final Set<String> restored = ConcurrentHashMap.newKeySet();

    Databases(StageRun run) {
        this.run = run;
        this.exhibit = run.exhibit();
    }

    /** What other parts link to. */
    static String id(String shard, String node) {
        return "database-" + shard + "-" + node;
    }

    /** A server without replicas, which may hold several shards. */
    void alone(String name, PostgresNode node, List<String> shards, String... links) {
        Map<String, Board.Action> actions = new LinkedHashMap<>();
        actions.put("kill", node::kill9);
        actions.put("freeze", () -> freeze(name, node));
        actions.put(
                "restore",
                () -> restoring(name, node, () -> {
                    thaw(name, node);
                    node.start();
                }));
        DoubleSupplier rate = exhibit.rate(() ->
                shards.stream().mapToDouble(shard -> statements(shard, "a")).sum());
        exhibit.part(
                Layer.DATABASE,
                name,
                id(name, "a"),
                name + "/a",
                List.of(links),
                () -> state(name, node, "alone", rate.getAsDouble(), Set.of("restore")),
                actions);
    }

    /** A primary and its replicas, of which a visitor may promote one and make a former primary follow. */
    void cluster(String shard, PostgresCluster cluster, String database, Path leases) {
        if (exhibit.isLive()) {
            cluster(shard, cluster, administrator(shard, cluster, database, leases));
        }
    }

    /** The same, where somebody watches already. */
    void cluster(String shard, PostgresCluster cluster, ReplicaSet<DataSource> set, String... links) {
        for (PostgresNode node : cluster.nodes()) {
            Map<String, Board.Action> actions = new LinkedHashMap<>();
            actions.put("kill", node::kill9);
            actions.put("freeze", () -> freeze(shard, node));
            actions.put("lag", () -> lag(shard, node, true));
            actions.put("promote", () -> set.switchover(node.id(), Deadline.after(PROMOTION, TimeSource.system())));
            actions.put("restore", () -> restoring(shard, node, () -> restore(shard, node, set)));
            DoubleSupplier rate = exhibit.rate(() -> statements(shard, node.id()));
            exhibit.part(
                    Layer.DATABASE,
                    shard,
                    id(shard, node.id()),
                    shard + "/" + node.id(),
                    List.of(links),
                    () -> state(shard, node, role(set, node, shard), rate.getAsDouble(), idle(set, node)),
                    actions);
        }
    }

    private double statements(String shard, String node) {
        return run.counted("app.database.queries{node=" + node + ",shard=" + shard + "}");
    }

    /**
     * Watches the set from here as well, with power over the servers that the application has not. It leaves failing over to
     * the application.
     */
    ReplicaSet<DataSource> administrator(String shard, PostgresCluster cluster, String database, Path leases) {
        PostgresStreaming engine = Postgres.streaming().synchronousReplicas(1).reporting(TABLES);
        var set = ReplicaSet.<DataSource>builder(shard);
        for (PostgresNode node : cluster.nodes()) {
            engine = engine.connectionInfo(node.id(), node.connectionInfo()).server(node.id(), node.control());
            set.node(Endpoint.of(node.id(), Database.on(node, database).connect()));
        }
        VersionedRegister<LeaseState> register =
                run.open(Registers.file(leases.resolve(shard + ".lease"), LeaseState.codec())
                        .build());
        return run.open(set.engine(engine)
                .failover(Failover.none())
                .lease(Leases.over(register, TimeSource.system()))
                .start());
    }

    private void lag(String shard, PostgresNode node, boolean value) throws SQLException {
        node.execute(value ? "select pg_wal_replay_pause()" : "select pg_wal_replay_resume()");
        if (value) {
            lagging.add(id(shard, node.id()));
        } else {
            lagging.remove(id(shard, node.id()));
        }
    }

    private void freeze(String shard, PostgresNode node) {
        frozen.add(id(shard, node.id()));
        node.suspend();
    }

    private void thaw(String shard, PostgresNode node) {
        node.resume();
        frozen.remove(id(shard, node.id()));
    }

    /** A former primary that comes back with a history of its own is made to follow. */
    private void restore(String shard, PostgresNode node, ReplicaSet<DataSource> set) throws SQLException {
        thaw(shard, node);
        node.start();
        boolean primary = "f".equals(node.execute("select pg_is_in_recovery()"));
        if (primary && !isPrimary(set, node)) {
            set.rejoin(node.id());
        } else if (!primary) {
            lag(shard, node, false);
        }
    }

    /** Starting a server takes a while, in which it cannot be asked. */
    private void restoring(String shard, PostgresNode node, Board.Action action) throws Exception {
        restored.add(id(shard, node.id()));
        try {
            action.run();
        } finally {
            restored.remove(id(shard, node.id()));
        }
    }

    private State state(String shard, PostgresNode node, String role, double rate, Set<String> idle) {
        String id = id(shard, node.id());
        if (restored.contains(id)) {
            return new State(Board.Health.WEAK, "is being restored", rate, ALL);
        }
        if (!node.isRunning()) {
            return new State(Board.Health.DOWN, "killed", 0, Set.of("kill", "freeze", "lag", "promote"));
        }
        if (frozen.contains(id)) {
            return new State(Board.Health.DOWN, "frozen", 0, Set.of("freeze", "lag", "promote"));
        }
        boolean weak = role.startsWith("zombie") || role.startsWith("unknown") || lagging.contains(id);
        return new State(
                weak ? Board.Health.WEAK : Board.Health.WELL,
                lagging.contains(id) ? "lags; " + role : role,
                rate,
                weak ? Set.of() : idle);
    }

    /** Nothing is to be restored where all is well, and a primary is promoted already. */
    private static Set<String> idle(ReplicaSet<DataSource> set, PostgresNode node) {
        return isPrimary(set, node) ? Set.of("restore", "lag", "promote") : Set.of("restore");
    }

    private static boolean isPrimary(ReplicaSet<DataSource> set, PostgresNode node) {
        return set.topology()
                .primary()
                .map(Endpoint::id)
                .filter(node.id()::equals)
                .isPresent();
    }

    private String role(ReplicaSet<DataSource> set, PostgresNode node, String shard) {
        ReplicaTopology<DataSource> now = set.topology();
        for (ReplicaTopology.Member<DataSource> member : now.members()) {
            if (member.endpoint().id().equals(node.id())) {
                String role = member.role().name().toLowerCase(Locale.ROOT);
                double lag = run.highest("tenfold.replicas.lag{node=" + node.id() + ",set=" + shard + "}");
                return role
                        + (member.role() == Role.PRIMARY ? " of epoch " + now.epoch() : "")
                        + (member.role() == Role.REPLICA ? String.format(Locale.ROOT, ", %.0f bytes behind", lag) : "");
            }
        }
        return "unknown";
    }
}
