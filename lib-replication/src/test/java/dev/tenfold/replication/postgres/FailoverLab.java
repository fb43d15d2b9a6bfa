package dev.tenfold.replication.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tenfold.observe.Event;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.Failover.RecoveryReport;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.ReplicaSetBuilder;
import dev.tenfold.replication.ReplicationEngine;
import dev.tenfold.replication.Role;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import dev.tenfold.testing.TcpRelay;
import dev.tenfold.topology.Endpoint;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/**
 * A primary and two replicas, a replica set that drives over pools to them, and what is needed to disturb and to check
 * them. A table {@code t (id)} is what writers write to.
 */
final class FailoverLab implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(90);

    final PostgresCluster cluster;
    final ReplicaSet<DataSource> set;
    final RoutingDataSource routing;
    final List<Event> events = new CopyOnWriteArrayList<>();
    final List<Seen> seen = new CopyOnWriteArrayList<>();
    final List<RecoveryReport> reports = new CopyOnWriteArrayList<>();
    /** Between the set and each node, and between the nodes, where the lab was asked for them. */
    final Map<String, TcpRelay> toClients = new HashMap<>();

    final Map<String, TcpRelay> toNodes = new HashMap<>();
    private final List<HikariDataSource> pools = new ArrayList<>();

    /** A synchronous one in which the network can be cut. */
    static FailoverLab relayed() throws SQLException {
        return new FailoverLab(true, true, UnaryOperator.identity(), UnaryOperator.identity());
    }

    /** An event and when it was told, on the monotonic clock. */
    record Seen(String kind, long at) {}

    /**
     * Starts the lab.
     *
     * @param synchronous whether every commit waits for one replica, and the engine knows
     * @param configuring changes the replica set
     * @param wrapping changes the engine
     */
    FailoverLab(
            boolean synchronous,
            UnaryOperator<ReplicaSetBuilder<DataSource>> configuring,
            UnaryOperator<ReplicationEngine<DataSource>> wrapping)
            throws SQLException {
        this(synchronous, false, configuring, wrapping);
    }

    private FailoverLab(
            boolean synchronous,
            boolean relayed,
            UnaryOperator<ReplicaSetBuilder<DataSource>> configuring,
            UnaryOperator<ReplicationEngine<DataSource>> wrapping)
            throws SQLException {
        PostgresCluster.Builder servers = PostgresCluster.builder().replicas(2).setting("wal_receiver_timeout", "1s");
        cluster = (synchronous ? servers.synchronous() : servers).start();
        try {
            cluster.node("a").execute("CREATE TABLE t (id bigint PRIMARY KEY)");
            PostgresStreaming engine = Postgres.streaming().synchronousReplicas(synchronous ? 1 : 0);
            for (PostgresNode node : cluster.nodes()) {
                if (relayed) {
                    toClients.put(node.id(), TcpRelay.to(node.port()));
                    toNodes.put(node.id(), TcpRelay.to(node.port()));
                }
                engine = engine.connectionInfo(node.id(), connectionInfo(node))
                        .control(node.id(), dataSource(node))
                        .server(node.id(), node.control());
            }
            if (relayed) {
                for (String replica : List.of("b", "c")) {
                    Endpoint<DataSource> primary = Endpoint.of("a", dataSource(cluster.node("a")));
                    engine.follow(Endpoint.of(replica, dataSource(cluster.node(replica))), primary, 0);
                }
            }
            ReplicaSetBuilder<DataSource> builder = ReplicaSet.<DataSource>builder("users")
                    .engine(wrapping.apply(engine.reporting("t")))
                    .failover(Failover.automatic())
                    .probeEvery(Duration.ofMillis(50))
                    .probeTimeout(Duration.ofMillis(500))
                    .recoveryReports(reports::add)
                    .observer(event -> {
                        events.add(event);
                        seen.add(new Seen(event.kind(), System.nanoTime()));
                    });
            for (PostgresNode node : cluster.nodes()) {
                builder.replica(node.id(), pool(dataSource(node)));
            }
            set = configuring.apply(builder).start();
            routing = RoutingDataSource.over(set).waitingAtMost(Duration.ofSeconds(30));
        } catch (SQLException | RuntimeException failure) {
            pools.forEach(HikariDataSource::close);
            cluster.close();
            throw failure;
        }
    }

    static FailoverLab synchronous() throws SQLException {
        return new FailoverLab(true, UnaryOperator.identity(), UnaryOperator.identity());
    }

    private String connectionInfo(PostgresNode node) {
        TcpRelay relay = toNodes.get(node.id());
        return relay == null ? node.connectionInfo() : node.connectionInfo(relay.port());
    }

    private DataSource dataSource(PostgresNode node) {
        TcpRelay relay = toClients.get(node.id());
        return relay == null ? node.dataSource() : node.dataSource(relay.port());
    }

    private DataSource pool(DataSource source) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(12);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(1000);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        return pool;
    }

    PostgresNode primary() {
        return cluster.node(set.topology().primary().orElseThrow().id());
    }

    List<PostgresNode> othersThan(PostgresNode node) {
        return cluster.nodes().stream().filter(each -> each != node).toList();
    }

    /** Waits until the primary is another than this one, and returns it. */
    PostgresNode awaitPrimaryOtherThan(PostgresNode former) {
        await(
                "another primary than " + former.id(),
                () -> set.topology()
                        .primary()
                        .filter(primary -> !primary.id().equals(former.id()))
                        .isPresent());
        return primary();
    }

    /** Waits until both others follow the primary, as the primary and the set see it. */
    void awaitWhole() {
        await(
                "two replicas that follow",
                () -> set.topology().primary().isPresent()
                        && set.topology().members().stream()
                                        .filter(member -> member.role() == Role.REPLICA)
                                        .count()
                                == 2
                        && Objects.equals(
                                "2",
                                primary()
                                        .execute(
                                                "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")));
    }

    /** When the first event of a kind came after a moment, or -1. */
    long firstAfter(String kind, long moment) {
        return seen.stream()
                .filter(each -> each.kind().equals(kind) && each.at() - moment >= 0)
                .mapToLong(Seen::at)
                .findFirst()
                .orElse(-1);
    }

    void await(String what, Callable<Boolean> condition) {
        await(what, condition, () -> {
            StringBuilder logs = new StringBuilder(set + "; events " + events);
            cluster.nodes()
                    .forEach(node ->
                            logs.append("\n--- ").append(node.id()).append('\n').append(node.log()));
            return logs.toString();
        });
    }

    /** Waits until a condition holds; what it throws counts as not yet. */
    static void await(String what, Callable<Boolean> condition, Supplier<String> details) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        Exception last = null;
        while (System.nanoTime() - end < 0) {
            try {
                if (condition.call()) {
                    return;
                }
            } catch (Exception notYet) {
                last = notYet;
            }
            LockSupport.parkNanos(5_000_000);
        }
        throw new IllegalStateException("gave up waiting for " + what + "; " + details.get(), last);
    }

    static Set<Long> rows(PostgresNode node) throws SQLException {
        Set<Long> rows = new HashSet<>();
        try (Connection connection = node.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT id FROM t")) {
            while (found.next()) {
                rows.add(found.getLong(1));
            }
        }
        return rows;
    }

    /** What is not the same on all nodes once nobody writes and all have replayed the primary's log; empty is good. */
    Set<Long> differences() throws SQLException {
        PostgresNode primary = primary();
        String end = primary.execute("SELECT pg_current_wal_lsn()");
        Set<Long> expected = rows(primary);
        Set<Long> different = new TreeSet<>();
        for (PostgresNode node : cluster.nodes()) {
            if (node != primary) {
                await(
                        node.id() + " replays " + end,
                        () -> Objects.equals("t", node.execute("SELECT pg_last_wal_replay_lsn() >= '" + end + "'")));
                Set<Long> there = rows(node);
                expected.stream().filter(id -> !there.contains(id)).forEach(different::add);
                there.stream().filter(id -> !expected.contains(id)).forEach(different::add);
            }
        }
        return different;
    }

    @Override
    public void close() {
        set.close();
        pools.forEach(HikariDataSource::close);
        cluster.close();
        toClients.values().forEach(TcpRelay::close);
        toNodes.values().forEach(TcpRelay::close);
    }
}
