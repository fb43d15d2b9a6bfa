package dev.tenfold.benchmarks;

import dev.tenfold.replication.ReadPreference;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.ReplicaSetBuilder;
import dev.tenfold.replication.Role;
import dev.tenfold.replication.Route;
import dev.tenfold.session.Position;
import dev.tenfold.time.Deadline;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * <b>What does it cost to select a replica?</b> By role, health, tags, staleness, position, latency window and calls in flight;
 * nothing is called.
 *
 * <ul>
 *   <li>{@code select}: {@link ReplicaSet#peekRead}, of any position. The selection alone.
 *   <li>{@code selectAfterAWrite}: the same for a read that must see a write.
 *   <li>{@code route}: {@link ReplicaSet#routeRead}, which counts the read in flight, and its report.
 *   <li>{@code routeByTags}: the same with a preference of its own that has tags and a maximum staleness.
 * </ul>
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name replica-selection --include .*ReplicaSelectionBenchmark.* --threads 1,2"</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReplicaSelectionBenchmark {

    private static final ReadPreference TAGGED = ReadPreference.nearest()
            .withTags(Map.of("zone", "a"))
            .withTags(Map.of())
            .withMaxStaleness(Duration.ofHours(1))
            .withMaxStaleness(1 << 20);

    private final Deadline deadline = Deadline.none();

    @Param({"2", "8"})
    private int replicas;

    private ReplicaSet<DataSource> set;
    private Position written;

    /** Starts a set whose nodes are all alive and up to date. */
    @Setup
    public void prepare() throws InterruptedException {
        ReplicaSetBuilder<DataSource> builder = ReplicaSet.<DataSource>builder("users")
                .primary("primary", new StubNode("primary", true))
                .engine(new StubReplication())
                // A virtual machine's pauses are no part of the question.
                .reads(ReadPreference.replicaPreferred().withLatencyWindow(Duration.ofHours(1)))
                .probeEvery(Duration.ofMinutes(10));
        for (int i = 0; i < replicas; i++) {
            StubNode node = new StubNode("replica-" + i, false);
            builder.node(Endpoint.<DataSource>of("replica-" + i, node).withTags(Map.of("zone", i == 0 ? "b" : "a")));
        }
        set = builder.start();
        CountDownLatch known = new CountDownLatch(1);
        Watch watch = set.watch(topology -> {
            if (topology.primary().isPresent()
                    && topology.members().stream()
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
        written = new Position("users", 1, 999_999);
    }

    /** Ends the probes. */
    @TearDown
    public void close() {
        set.close();
    }

    /** Any replica. */
    @Benchmark
    public @Nullable Endpoint<DataSource> select() {
        return set.peekRead(Position.none());
    }

    /** A replica that has seen a write. */
    @Benchmark
    public @Nullable Endpoint<DataSource> selectAfterAWrite() {
        return set.peekRead(written);
    }

    /** Any replica, counted. */
    @Benchmark
    public Endpoint<DataSource> route() {
        try (Route<DataSource> route = set.routeRead(Position.none(), deadline)) {
            return route.endpoint();
        }
    }

    /** A near and fresh one, counted. */
    @Benchmark
    public Endpoint<DataSource> routeByTags() {
        try (Route<DataSource> route = set.routeRead(Position.none(), deadline, TAGGED)) {
            return route.endpoint();
        }
    }
}
