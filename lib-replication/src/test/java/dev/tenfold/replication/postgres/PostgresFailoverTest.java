package dev.tenfold.replication.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.observe.Event;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.Role;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import dev.tenfold.session.Session;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Four writers in sessions, a primary that is taken from them, and a checker that counts what they were promised. */
@Timeout(90)
class PostgresFailoverTest {

    private static final int WRITERS = 4;

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<HikariDataSource> pools = new ArrayList<>();
    private PostgresCluster cluster;
    private ReplicaSet<DataSource> set;
    private RoutingDataSource routing;

    @BeforeEach
    void start() throws SQLException {
        cluster = PostgresCluster.builder().replicas(2).synchronous().start();
        cluster.node("a").execute("CREATE TABLE t (id bigint PRIMARY KEY)");
        PostgresStreaming engine = Postgres.streaming().synchronousReplicas(1);
        for (PostgresNode node : cluster.nodes()) {
            engine = engine.connectionInfo(node.id(), node.connectionInfo());
        }
        set = ReplicaSet.<DataSource>builder("users")
                .primary("a", pool("a"))
                .replica("b", pool("b"))
                .replica("c", pool("c"))
                .engine(engine)
                .failover(Failover.automatic())
                .probeEvery(Duration.ofMillis(50))
                .probeTimeout(Duration.ofMillis(500))
                .observer(events::add)
                .start();
        routing = RoutingDataSource.over(set).waitingAtMost(Duration.ofSeconds(30));
    }

    private DataSource pool(String id) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(cluster.node(id).dataSource());
        config.setMaximumPoolSize(8);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(1000);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        return pool;
    }

    @AfterEach
    void stop() {
        if (set != null) {
            set.close();
        }
        pools.forEach(HikariDataSource::close);
        if (cluster != null) {
            cluster.close();
        }
    }

    /** What the writers were told. */
    private static final class Ledger {
        final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
        final Set<Long> unknown = ConcurrentHashMap.newKeySet();
        final Set<Long> refused = ConcurrentHashMap.newKeySet();
        final AtomicInteger ownWritesMissed = new AtomicInteger();
        final List<Throwable> surprises = new CopyOnWriteArrayList<>();
        final AtomicLong lastAcknowledged = new AtomicLong();
        final AtomicLong longestGapNanos = new AtomicLong();
    }

    /** Writes, and reads each write back in its session, until it is told to stop. */
    private void writeAndRead(int writer, Ledger ledger, AtomicInteger progress, CountDownLatch stop) {
        Session session = new Session();
        DataSource mine = routing.withSession(session);
        for (long n = 0; stop.getCount() > 0; n++) {
            long id = writer * 1_000_000L + n;
            try {
                insert(mine, id);
                ledger.acknowledged.add(id);
                long now = System.nanoTime();
                long before = ledger.lastAcknowledged.getAndSet(now);
                if (before != 0) {
                    ledger.longestGapNanos.accumulateAndGet(now - before, Math::max);
                }
                progress.incrementAndGet();
            } catch (SQLException failure) {
                if (failure.getCause() instanceof OutcomeUnknownException) {
                    ledger.unknown.add(id);
                } else {
                    ledger.refused.add(id);
                }
                continue;
            }
            try {
                if (!isThere(mine, id)) {
                    ledger.ownWritesMissed.incrementAndGet();
                }
            } catch (SQLException aNodeWentAway) {
                progress.incrementAndGet();
            } catch (RuntimeException surprise) {
                ledger.surprises.add(surprise);
            }
        }
    }

    private static void insert(DataSource source, long id) throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement statement = connection.prepareStatement("INSERT INTO t VALUES (?)")) {
                statement.setLong(1, id);
                statement.executeUpdate();
            }
            connection.commit();
        }
    }

    private static boolean isThere(DataSource source, long id) throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setReadOnly(true);
            try (PreparedStatement statement = connection.prepareStatement("SELECT 1 FROM t WHERE id = ?")) {
                statement.setLong(1, id);
                try (ResultSet rows = statement.executeQuery()) {
                    return rows.next();
                }
            }
        }
    }

    private static Set<Long> rows(PostgresNode node) throws SQLException {
        Set<Long> rows = new HashSet<>();
        try (Connection connection = node.dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement("SELECT id FROM t");
                ResultSet found = statement.executeQuery()) {
            while (found.next()) {
                rows.add(found.getLong(1));
            }
        }
        return rows;
    }

    private Ledger disturb(Consumer<PostgresNode> disturbance) throws Exception {
        Ledger ledger = new Ledger();
        AtomicInteger progress = new AtomicInteger();
        CountDownLatch stop = new CountDownLatch(1);
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            int writer = i;
            Thread thread = new Thread(() -> writeAndRead(writer, ledger, progress, stop), "writer-" + i);
            thread.start();
            writers.add(thread);
        }
        try {
            awaitProgress(progress, 100);
            disturbance.accept(cluster.node("a"));
            awaitPrimaryOtherThan("a");
            awaitProgress(progress, progress.get() + 100);
        } finally {
            stop.countDown();
            for (Thread writer : writers) {
                writer.join(30_000);
            }
        }
        return ledger;
    }

    private void awaitPrimaryOtherThan(String id) throws InterruptedException {
        CountDownLatch changed = new CountDownLatch(1);
        try (var watch = set.watch(topology -> topology.primary()
                .filter(primary -> !primary.id().equals(id))
                .ifPresent(primary -> changed.countDown()))) {
            assertThat(changed.await(30, TimeUnit.SECONDS))
                    .as("another primary; %s", events)
                    .isTrue();
        }
    }

    private void awaitProgress(AtomicInteger progress, int goal) throws InterruptedException {
        CountDownLatch reached = new CountDownLatch(1);
        Thread watcher = new Thread(() -> {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
            while (progress.get() < goal && System.nanoTime() - end < 0) {
                java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
            }
            reached.countDown();
        });
        watcher.start();
        reached.await();
        assertThat(progress.get()).as("writes and reads go on; %s", events).isGreaterThanOrEqualTo(goal);
    }

    private void assertNothingWasLost(Ledger ledger) throws SQLException {
        PostgresNode primary =
                cluster.node(set.topology().primary().orElseThrow().id());
        Set<Long> present = rows(primary);
        Set<Long> lost = new HashSet<>(ledger.acknowledged);
        lost.removeAll(present);
        Set<Long> ghosts = new HashSet<>(ledger.refused);
        ghosts.retainAll(present);
        assertThat(ledger.acknowledged).hasSizeGreaterThan(100);
        assertThat(lost).as("acknowledged writes lost").isEmpty();
        assertThat(ghosts).as("writes that were refused and happened").isEmpty();
        assertThat(ledger.ownWritesMissed)
                .as("own writes a session did not read")
                .hasValue(0);
        assertThat(ledger.surprises).isEmpty();
        // Nobody was told less than the truth: what is there was acknowledged or is known to be unknown.
        present.removeAll(ledger.acknowledged);
        present.removeAll(ledger.unknown);
        assertThat(present).as("writes nobody was told of").isEmpty();
    }

    @Test
    void aKilledPrimaryIsReplacedAndNoAcknowledgedWriteIsLost() throws Exception {
        Ledger ledger = disturb(PostgresNode::kill9);
        assertNothingWasLost(ledger);
        assertThat(set.topology().epoch()).isEqualTo(2);

        // It comes back as what it was, and gets nothing.
        cluster.node("a").start();
        CountDownLatch found = new CountDownLatch(1);
        try (var watch = set.watch(topology -> {
            if (topology.members().get(0).role() == Role.ZOMBIE) {
                found.countDown();
            }
        })) {
            assertThat(found.await(10, TimeUnit.SECONDS)).isTrue();
        }
        insert(routing, -1);
        assertThat(rows(cluster.node("a"))).doesNotContain(-1L);
    }

    @Test
    void aHungPrimaryIsReplacedAndItsConnectionsAreAborted() throws Exception {
        Ledger ledger = disturb(PostgresNode::suspend);
        assertNothingWasLost(ledger);
        assertThat(TimeUnit.NANOSECONDS.toSeconds(ledger.longestGapNanos.get()))
                .as("seconds without an acknowledged write; the sockets give up after 10")
                .isLessThan(9);
    }
}
