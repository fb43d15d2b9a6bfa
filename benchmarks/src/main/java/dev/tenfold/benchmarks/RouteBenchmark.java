package dev.tenfold.benchmarks;

import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.ReplicaSetBuilder;
import dev.tenfold.replication.Role;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.session.Position;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * <b>What does splitting reads from writes add to a database read?</b> An operation takes a connection for reading, makes
 * one statement on it and gives it back. The databases are stubs that cost nothing, so what is left is the routing.
 *
 * <ul>
 *   <li>{@code tenfoldDataSource}: {@link RoutingDataSource}, {@code setReadOnly(true)}, without a session.
 *   <li>{@code tenfoldReplicaSet}: {@link ReplicaSet#read}, which hands the call a node.
 *   <li>{@code springLazyProxy}: Spring 6.2.12, {@link LazyConnectionDataSourceProxy} with a read-only data source, {@code
 *       setReadOnly(true)}; the read-only one chooses a replica at random.
 *   <li>{@code springRouting}: Spring 6.2.12, {@link AbstractRoutingDataSource} as it is usually written: whether the
 *       current transaction is read-only decides, and chance chooses the replica.
 *   <li>{@code bareStub}: a replica chosen at random by hand, from an array; the least that reading from replicas takes.
 * </ul>
 *
 * <p>Not like for like: Tenfold takes the least loaded of the replicas that are alive and fresh enough, counts what is in
 * flight, sets a deadline, and remembers the connection, to abort it when another primary is promoted. Spring does none
 * of this. Both data sources that take {@code setReadOnly} are lazy: they choose at the first statement.
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name route --include .*RouteBenchmark.* --threads 1,2"</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RouteBenchmark {

    private static final String SQL = "select name from users where id = ?";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Param({"2", "8"})
    private int replicas;

    private DataSource[] nodes;
    private ReplicaSet<DataSource> set;
    private DataSource tenfold;
    private DataSource lazyProxy;
    private DataSource routing;

    /** A read-only transaction, as Spring's transaction managers announce it to a thread. */
    @State(Scope.Thread)
    public static class ReadOnlyTransaction {

        /** Begins it; before each iteration, since another thread may run that. */
        @Setup(Level.Iteration)
        public void begin() {
            TransactionSynchronizationManager.setCurrentTransactionReadOnly(true);
        }

        /** Ends it. */
        @TearDown(Level.Iteration)
        public void end() {
            TransactionSynchronizationManager.setCurrentTransactionReadOnly(false);
        }
    }

    /** Routes by the current transaction: 0 is the primary, 1 and above are the replicas. */
    private static final class ByTransaction extends AbstractRoutingDataSource {

        private final Integer[] keys;

        ByTransaction(DataSource[] replicas, DataSource primary) {
            keys = new Integer[replicas.length + 1];
            Map<Object, Object> targets = new HashMap<>();
            for (int i = 0; i < keys.length; i++) {
                keys[i] = i;
                targets.put(keys[i], i == 0 ? primary : replicas[i - 1]);
            }
            setTargetDataSources(targets);
            afterPropertiesSet();
        }

        @Override
        protected Object determineCurrentLookupKey() {
            return TransactionSynchronizationManager.isCurrentTransactionReadOnly()
                    ? keys[1 + ThreadLocalRandom.current().nextInt(keys.length - 1)]
                    : keys[0];
        }
    }

    /** Chooses a replica. */
    private static final class AtRandom extends AbstractRoutingDataSource {

        private final DataSource[] replicas;

        AtRandom(DataSource[] replicas) {
            this.replicas = replicas;
        }

        @Override
        protected DataSource determineTargetDataSource() {
            return replicas[ThreadLocalRandom.current().nextInt(replicas.length)];
        }

        @Override
        protected Object determineCurrentLookupKey() {
            throw new UnsupportedOperationException("it chooses without a key");
        }
    }

    /** Prepares the same nodes for everyone. */
    @Setup
    public void prepare() throws InterruptedException {
        StubNode primary = new StubNode("primary", true);
        nodes = new DataSource[replicas];
        ReplicaSetBuilder<DataSource> builder = ReplicaSet.<DataSource>builder("users")
                .primary("primary", primary)
                .engine(new StubReplication())
                .probeEvery(Duration.ofMinutes(10));
        for (int i = 0; i < replicas; i++) {
            nodes[i] = new StubNode("replica-" + i, false);
            builder.replica("replica-" + i, nodes[i]);
        }
        set = builder.start();
        tenfold = RoutingDataSource.over(set);
        LazyConnectionDataSourceProxy lazy = new LazyConnectionDataSourceProxy(primary);
        lazy.setReadOnlyDataSource(new AtRandom(nodes));
        lazyProxy = lazy;
        routing = new ByTransaction(nodes, primary);
        awaitEveryNode();
    }

    private void awaitEveryNode() throws InterruptedException {
        CountDownLatch known = new CountDownLatch(1);
        Watch watch = set.watch(topology -> {
            if (topology.members().stream()
                            .filter(m -> m.role() == Role.REPLICA)
                            .count()
                    == replicas) {
                known.countDown();
            }
        });
        try {
            if (!known.await(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException(set + " (expected: " + replicas + " replicas)");
            }
        } finally {
            watch.close();
        }
    }

    /** Ends the probes. */
    @TearDown
    public void close() {
        set.close();
    }

    /** Tenfold behind JDBC. */
    @Benchmark
    public PreparedStatement tenfoldDataSource() throws SQLException {
        return readOnly(tenfold);
    }

    /** Tenfold's own interface. */
    @Benchmark
    public PreparedStatement tenfoldReplicaSet() throws SQLException {
        return set.<PreparedStatement, SQLException>read(
                        Position.none(), Deadline.after(PATIENCE, TimeSource.system()), RouteBenchmark::statement)
                .value();
    }

    /** Spring's lazy proxy. */
    @Benchmark
    public PreparedStatement springLazyProxy() throws SQLException {
        return readOnly(lazyProxy);
    }

    /** Spring's routing by transaction. */
    @Benchmark
    public PreparedStatement springRouting(ReadOnlyTransaction transaction) throws SQLException {
        return statement(routing);
    }

    /** A replica by hand. */
    @Benchmark
    public PreparedStatement bareStub() throws SQLException {
        return statement(nodes[ThreadLocalRandom.current().nextInt(nodes.length)]);
    }

    private static PreparedStatement readOnly(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setReadOnly(true);
            return connection.prepareStatement(SQL);
        }
    }

    private static PreparedStatement statement(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection()) {
            return connection.prepareStatement(SQL);
        }
    }
}
