package dev.tenfold.replication.consumers;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tenfold.observe.Event;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.postgres.Postgres;
import dev.tenfold.replication.postgres.PostgresStreaming;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.replication.testing.PostgresNode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * HikariCP, Spring, Hibernate, jOOQ, MyBatis and Flyway at work on one cluster, whose primary is then killed. Each must go
 * on by itself; what it is told meanwhile is that nothing happened, or that the outcome is unknown, and it is true.
 */
@Timeout(90)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ConsumersTest {

    private static final List<Event> EVENTS = new CopyOnWriteArrayList<>();
    private static final List<HikariDataSource> POOLS = new ArrayList<>();
    private static final List<Application> APPLICATIONS = new ArrayList<>();

    @TempDir
    private static Path migrations;

    private static PostgresCluster cluster;
    private static ReplicaSet<DataSource> set;
    private static RoutingDataSource routing;
    private static Spring spring;

    @BeforeAll
    static void start() throws Exception {
        cluster = PostgresCluster.builder().replicas(2).synchronous().start();
        PostgresStreaming engine = Postgres.streaming().synchronousReplicas(1);
        for (PostgresNode node : cluster.nodes()) {
            engine = engine.connectionInfo(node.id(), node.connectionInfo());
        }
        set = ReplicaSet.<DataSource>builder("entries")
                .primary("a", pool("a"))
                .replica("b", pool("b"))
                .replica("c", pool("c"))
                .engine(engine)
                .failover(Failover.automatic())
                .probeEvery(Duration.ofMillis(100))
                .probeTimeout(Duration.ofMillis(500))
                .observer(EVENTS::add)
                .start();
        routing = RoutingDataSource.over(set).waitingAtMost(Duration.ofSeconds(30));
        APPLICATIONS.add(new Migrations(routing, migrations));
        spring = new Spring(routing);
        APPLICATIONS.add(spring);
        APPLICATIONS.add(new PlainJdbc(routing));
        APPLICATIONS.add(new Hibernate(routing));
        APPLICATIONS.add(new Jooq(routing));
        APPLICATIONS.add(new MyBatis(routing));
    }

    /** As the documentation of the routing data source advises. */
    private static DataSource pool(String id) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(cluster.node(id).dataSource());
        config.setMaximumPoolSize(16);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(500);
        config.setValidationTimeout(250);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        POOLS.add(pool);
        return pool;
    }

    @AfterAll
    static void stop() throws Exception {
        for (Application application : APPLICATIONS) {
            application.close();
        }
        if (set != null) {
            set.close();
        }
        POOLS.forEach(HikariDataSource::close);
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    @Order(1)
    void aReadOnlyTransactionReadsFromAReplicaAndItsInnerOnesKeepTheirMeaning() throws Exception {
        Spring.Entries entries = spring.entries();
        assertThat(entries.find(1)).isIn("b", "c");
        assertThat(entries.note(-1)).isEqualTo("a");

        List<String> around = entries.findAndNote(-2);
        assertThat(around.get(0)).as("read-only, suspended").isIn("b", "c").isEqualTo(around.get(2));
        assertThat(around.get(1)).as("requires new").isEqualTo("a");

        assertThat(entries.insertAndFind(-3))
                .as("read-only within a writing transaction, a savepoint, and what is visible")
                .containsExactly("a", "a", "1");
    }

    @Test
    @Order(2)
    void everyoneReadsWhereItMayRead() throws Exception {
        for (Application application : APPLICATIONS) {
            String name = application.name();
            application.write(-10 - APPLICATIONS.indexOf(application));
            for (int i = 0; i < 3; i++) {
                assertThat(application.read(i))
                        .as(name)
                        .isIn(name.equals("Flyway") ? List.of("primary") : List.of("b", "c"));
            }
        }
    }

    @Test
    @Order(3)
    void everyoneGoesOnWhenThePrimaryIsKilled() throws Exception {
        CountDownLatch stop = new CountDownLatch(1);
        List<Worker> workers = new ArrayList<>();
        for (Application application : APPLICATIONS) {
            Worker worker = new Worker(application, 1_000_000L * (1 + APPLICATIONS.indexOf(application)), stop);
            workers.add(worker);
            worker.start();
        }
        try {
            for (Worker worker : workers) {
                worker.awaitRounds(rounds(worker.application()));
            }
            cluster.node("a").kill9();
            awaitPrimaryOtherThan("a");
            for (Worker worker : workers) {
                worker.awaitRounds(worker.rounds() + rounds(worker.application()));
            }
        } finally {
            stop.countDown();
            for (Worker worker : workers) {
                worker.join(30_000);
            }
        }
        String primary = set.topology().primary().orElseThrow().id();
        String replica = primary.equals("b") ? "c" : "b";
        for (Worker worker : workers) {
            worker.verify(rows(primary), primary, replica);
        }
    }

    @Test
    @Order(4)
    void nobodyKeepsANodesConnection() throws Exception {
        for (Application application : APPLICATIONS) {
            application.close();
        }
        for (HikariDataSource pool : POOLS) {
            assertThat(pool.getHikariPoolMXBean().getActiveConnections())
                    .as("%s: the engine's own", pool.getPoolName())
                    .isLessThanOrEqualTo(1);
        }
    }

    /** Of writing and reading, before the primary is killed and after; a migration takes a second or more. */
    private static int rounds(Application application) {
        return application instanceof Migrations ? 1 : 4;
    }

    private static void awaitPrimaryOtherThan(String id) throws InterruptedException {
        CountDownLatch changed = new CountDownLatch(1);
        try (var watch = set.watch(topology -> topology.primary()
                .filter(primary -> !primary.id().equals(id))
                .ifPresent(primary -> changed.countDown()))) {
            assertThat(changed.await(30, TimeUnit.SECONDS))
                    .as("another primary; %s", EVENTS)
                    .isTrue();
        }
    }

    private static Set<Long> rows(String id) throws SQLException {
        Set<Long> rows = new HashSet<>();
        try (Connection connection = cluster.node(id).dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT id FROM entry")) {
            while (found.next()) {
                rows.add(found.getLong(1));
            }
        }
        return rows;
    }
}
