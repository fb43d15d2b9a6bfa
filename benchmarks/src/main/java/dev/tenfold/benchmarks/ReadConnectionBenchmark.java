package dev.tenfold.benchmarks;

import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.Role;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.postgres.Postgres;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/**
 * <b>What does routing add to a pooled read from a real replica?</b> An operation borrows a connection, marks it read-only,
 * reads one row by its key and gives everything back. All have the same HikariCP pools to PostgreSQL below them.
 *
 * <ul>
 *   <li>{@code hikari}: the replica's pool itself.
 *   <li>{@code tenfold}: {@link RoutingDataSource} by {@code setReadOnly(true)}; {@code tenfoldByStatement} by the statement.
 *   <li>{@code springRouting}: {@link AbstractRoutingDataSource} with a fixed key, the least it can cost.
 *   <li>{@code springLazyProxy}: {@link LazyConnectionDataSourceProxy} with a read-only data source.
 * </ul>
 *
 * <p>The time of an operation is the server's; compare the client's CPU and allocation ({@code --client}). Those of other
 * vendors are in {@code ReadConnectionPeersBenchmark}, of the profile {@code peers}.
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name read-connection --include .*ReadConnection.* --client"</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadConnectionBenchmark {

    private ReadCluster cluster;
    private @Nullable ReplicaSet<DataSource> set;
    private DataSource source;

    /** Prepares the contender that is measured, and no other. */
    @Setup
    public void prepare(BenchmarkParams run) throws Exception {
        cluster = new ReadCluster();
        String method = run.getBenchmark().substring(run.getBenchmark().lastIndexOf('.') + 1);
        source = switch (method) {
            case "hikari" -> cluster.pool("b");
            case "tenfold" -> routing();
            case "tenfoldByStatement" -> routing().routingByStatement();
            case "springRouting" -> fixedKey();
            case "springLazyProxy" -> lazyProxy();
            default -> throw new IllegalArgumentException("benchmark: " + method + " (expected: one of this class)");
        };
    }

    private RoutingDataSource routing() throws InterruptedException {
        ReplicaSet<DataSource> started = ReplicaSet.<DataSource>builder("users")
                .primary("a", cluster.pool("a"))
                .replica("b", cluster.pool("b"))
                .engine(Postgres.streaming())
                .start();
        set = started;
        CountDownLatch known = new CountDownLatch(1);
        try (Watch watch = started.watch(topology -> {
            if (topology.primary().isPresent() && topology.members().get(1).role() == Role.REPLICA) {
                known.countDown();
            }
        })) {
            if (!known.await(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException(started + " (expected: a primary and a replica), " + watch);
            }
        }
        return RoutingDataSource.over(started);
    }

    private DataSource fixedKey() {
        AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
                return "replica";
            }
        };
        routing.setTargetDataSources(Map.of("primary", cluster.pool("a"), "replica", cluster.pool("b")));
        routing.afterPropertiesSet();
        return routing;
    }

    private DataSource lazyProxy() {
        LazyConnectionDataSourceProxy lazy = new LazyConnectionDataSourceProxy(cluster.pool("a"));
        lazy.setReadOnlyDataSource(cluster.pool("b"));
        return lazy;
    }

    /** Ends the servers. */
    @TearDown
    public void close() {
        if (set != null) {
            set.close();
        }
        cluster.close();
    }

    /** The pool alone. */
    @Benchmark
    public String hikari() throws SQLException {
        return ReadCluster.read(source, true);
    }

    /** Routed by the flag. */
    @Benchmark
    public String tenfold() throws SQLException {
        return ReadCluster.read(source, true);
    }

    /** Routed by the statement. */
    @Benchmark
    public String tenfoldByStatement() throws SQLException {
        return ReadCluster.read(source, false);
    }

    /** Spring's routing. */
    @Benchmark
    public String springRouting() throws SQLException {
        return ReadCluster.read(source, true);
    }

    /** Spring's lazy proxy. */
    @Benchmark
    public String springLazyProxy() throws SQLException {
        return ReadCluster.read(source, true);
    }
}
