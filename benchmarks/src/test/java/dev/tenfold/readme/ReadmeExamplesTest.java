package dev.tenfold.readme;

import static dev.tenfold.sharding.Weight.weight;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tenfold.DataPath;
import dev.tenfold.Replicas;
import dev.tenfold.RequestPath;
import dev.tenfold.Tenfold;
import dev.tenfold.balance.KeyedPolicies;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Member;
import dev.tenfold.balance.Policies;
import dev.tenfold.cache.Cache;
import dev.tenfold.coordination.Lease;
import dev.tenfold.coordination.LeaseState;
import dev.tenfold.coordination.Leases;
import dev.tenfold.coordination.Registers;
import dev.tenfold.discovery.Discoveries;
import dev.tenfold.health.HealthChecks;
import dev.tenfold.locality.DataCentres;
import dev.tenfold.observe.Observer;
import dev.tenfold.observe.micrometer.MicrometerObserver;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Exchange;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.postgres.Postgres;
import dev.tenfold.replication.testing.PostgresCluster;
import dev.tenfold.retry.RetryBudget;
import dev.tenfold.session.Session;
import dev.tenfold.sharding.ShardPlan;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Coordinates;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the README, run. {@link ReadmeTest} checks that the page shows these very lines. */
class ReadmeExamplesTest {

    private record User(long id, String name) {}

    private record UserChanged(long id) {}

    private final Map<Long, User> repository = new ConcurrentHashMap<>(Map.of(42L, new User(42, "Ada")));

    @Test
    void facade() throws SQLException {
        DataSource db1 = usersTable(TestDatabase.fresh());
        DataSource db2 = usersTable(TestDatabase.fresh());
        User user = new User(42, "Grace");
        // example: facade
        Sharder<Long, Replicas<DataSource>> shards = Sharder.<Long, Replicas<DataSource>>consistent()
                .shard("s1", Replicas.single("s1", db1)) // or a ReplicaSet, see below
                .shard("s2", Replicas.single("s2", db2))
                .build();
        Cache<Long, User> cache = Cache.<Long, User>builder("users")
                .maximumSize(100_000)
                .expireAfterWrite(ofMinutes(10))
                .build();
        Broker broker = Broker.inMemory();
        Exchange<UserChanged> events = broker.topicExchange("events", UserChanged.class);

        DataPath<Long, User> users = Tenfold.<Long, User>dataPath("users")
                .shardedBy(shards) // each stage is optional
                .reading((db, id) -> UserSql.find(db, id))
                .writing((db, id, value) -> UserSql.upsert(db, id, value))
                .cachedIn(cache)
                .announcedTo(events, "user.changed", change -> new UserChanged(change.key()))
                .build();

        users.put(42L, user); // shard's primary, then invalidation, then announcement
        users.get(42L); // sees that write, even through a lagging replica and a cache
        // end
        assertThat(users.get(42L)).isEqualTo(user);
        assertThat(UserSql.find(shards.route(42L).shard().equals("s1") ? db1 : db2, 42L))
                .isEqualTo(user);
        broker.close();
    }

    @Test
    void balancer() throws IOException {
        try (Server one = new Server(200, "one");
                Server two = new Server(200, "two");
                Server three = new Server(200, "three")) {
            URI a = one.uri();
            URI b = two.uri();
            URI c = three.uri();
            // example: balancer
            LoadBalancer<URI> apps = LoadBalancer.<URI>builder("apps")
                    .endpoints(a, b, c)
                    .policy(Policies.leastLoaded()) // two random choices, the less loaded one
                    .build();
            String answer = apps.idempotent().call(uri -> get(uri.resolve("/users/42")));
            System.out.println(apps.describe()); // state, weight, load and latency of each, and why it is out
            // end
            two.close();
            for (int i = 0; i < 30; i++) {
                String still = apps.idempotent().call(uri -> get(uri.resolve("/users/42")));
                assertThat(still).isIn("one", "three");
            }
            assertThat(answer).isIn("one", "two", "three");
        }
    }

    @Test
    void startedBalancer(@TempDir Path folder) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        Registry registry = new Registry();
        String userId = "42";
        try (Server one = new Server(200, "one");
                Server two = new Server(200, "two")) {
            registry.nodes = List.of(Endpoint.of(one.uri()), Endpoint.of(two.uri()));
            String answer;
            // example: started
            LoadBalancer<URI> apps = LoadBalancer.<URI>builder("apps")
                    .discover(Discoveries.polling(registry::nodes, ofSeconds(5))) // or Dns.srv(...), a file, your own
                    .healthCheck(HealthChecks.http("/health"), ofSeconds(2))
                    .policy(KeyedPolicies.ring()) // the same server for the same key, none too busy
                    .retryBudget(RetryBudget.of(0.1, 10)) // one retry for ten successes, and ten in reserve
                    .hedgeExecutor(threads)
                    .start();
            // end
            try (apps) {
                awaitEndpoints(apps, 2);
                // example: calling
                answer = apps.idempotent() // may be repeated, on another server
                        .forKey(userId)
                        .within(ofMillis(2_000)) // all attempts together
                        .hedged() // a second server is asked after the 95th percentile
                        .call((uri, deadline) -> get(uri.resolve("/users/42"), deadline.remaining()));
                // end
                assertThat(answer).isIn("one", "two");
                for (int i = 0; i < 10; i++) {
                    String again = apps.idempotent()
                            .forKey(userId)
                            .within(ofSeconds(10))
                            .call(uri -> get(uri.resolve("/users/42")));
                    assertThat(again).as("the same key").isEqualTo(answer);
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void picking() throws IOException {
        try (Server one = new Server(200, "one")) {
            LoadBalancer<URI> apps =
                    LoadBalancer.<URI>builder("apps").endpoints(one.uri()).build();
            // example: picking
            Member<URI> server = apps.pick(); // allocates nothing; reported exactly once
            long start = System.nanoTime();
            Outcome outcome = Outcome.CANCELLED;
            try {
                get(server.target());
                outcome = Outcome.SUCCESS;
            } catch (IOException failure) {
                outcome = Outcome.FAILED;
            } finally {
                server.report(outcome, start, System.nanoTime());
            }
            // end
            assertThat(outcome).isEqualTo(Outcome.SUCCESS);
            assertThat(server.inFlight()).isZero();
            assertThat(server.latency()).isPositive();
        }
    }

    private static void awaitEndpoints(LoadBalancer<?> balancer, int size) {
        long end = System.nanoTime() + ofSeconds(20).toNanos();
        // The share of those that take calls: 0 until somebody may be picked.
        while ((balancer.topology().endpoints().size() < size || balancer.healthyShare() == 0)
                && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(balancer.topology().endpoints()).hasSize(size);
    }

    /** Knows who is there. */
    private static final class Registry {
        private volatile List<Endpoint<URI>> nodes = List.of();

        List<Endpoint<URI>> nodes() {
            return nodes;
        }
    }

    @Test
    void dataCentres() throws IOException {
        try (Server frankfurt = new Server(200, "from Frankfurt");
                Server virginia = new Server(200, "from Virginia")) {
            LoadBalancer<URI> eu =
                    LoadBalancer.<URI>builder("eu").endpoints(frankfurt.uri()).build();
            LoadBalancer<URI> us =
                    LoadBalancer.<URI>builder("us").endpoints(virginia.uri()).build();
            // example: datacentres
            DataCentres<URI> world = DataCentres.<URI>builder()
                    .region("eu", Coordinates.of(50.1, 8.7), eu) // a LoadBalancer each
                    .region("us", Coordinates.of(39.0, -77.5), us)
                    .gradualReturn(ofSeconds(30)) // a region that was down gets its clients back over half a minute
                    .build();
            RequestPath<String, String> site = Tenfold.<String, String>requestPath("site")
                    .toDataCentres(world) // the nearest that is healthy
                    .calling((server, path) -> get(server.resolve(path)))
                    .retrying(2, path -> true)
                    .build();
            String page = site.handle(Coordinates.of(48.9, 2.4), "/"); // a client in Paris
            // end
            assertThat(page).isEqualTo("from Frankfurt");
            world.drain("eu");
            assertThat(site.handle(Coordinates.of(48.9, 2.4), "/")).isEqualTo("from Virginia");
            world.resume("eu");
            // example: steering
            world.split(Map.of("eu", 90.0, "us", 10.0)); // whatever the distance; unsplit() ends it
            world.drain("eu"); // before maintenance: its clients go to the next nearest
            world.resume("eu"); // they come back gradually
            world.switchTo("us"); // disaster: everybody, now, whatever health says
            world.switchBack();
            world.unsplit();
            System.out.println(world.describe()); // state, capacity and reason of each region
            // end
            assertThat(world.capacity("us")).isEqualTo(1);
            assertThat(world.capacity("eu")).as("it comes back").isLessThan(1);
        }
    }

    @Test
    void replicas() throws SQLException {
        try (PostgresCluster cluster =
                PostgresCluster.builder().replicas(2).synchronous().start()) {
            DataSource dsA = cluster.node("a").dataSource();
            DataSource dsB = cluster.node("b").dataSource();
            DataSource dsC = cluster.node("c").dataSource();
            String infoA = cluster.node("a").connectionInfo();
            String infoB = cluster.node("b").connectionInfo();
            String infoC = cluster.node("c").connectionInfo();
            usersTable(dsA);
            User user = new User(42, "Grace");
            // example: replicas
            ReplicaSet<DataSource> db = ReplicaSet.<DataSource>builder("users")
                    .primary("a", dsA)
                    .replica("b", dsB)
                    .replica("c", dsC)
                    .engine(Postgres.streaming()
                            .synchronousReplicas(1) // synchronous_standby_names = 'ANY 1 (*)'
                            .connectionInfo("a", infoA) // "host=... port=... user=..."
                            .connectionInfo("b", infoB)
                            .connectionInfo("c", infoC))
                    .failover(Failover.automatic()) // freeze, compare, promote, re-point
                    .start();
            Session session = new Session(); // or SessionToken.decode(cookie)
            DataSource ds = RoutingDataSource.over(db).withSession(session);
            UserSql.upsert(ds, 42L, user); // the primary
            try (Connection connection = ds.getConnection()) {
                connection.setReadOnly(true); // a replica that has seen the session's writes
                UserSql.find(connection, 42L);
            }
            // end
            try (Connection connection = ds.getConnection()) {
                connection.setReadOnly(true);
                assertThat(UserSql.find(connection, 42L)).isEqualTo(user);
                try (Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery("select pg_is_in_recovery()")) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getBoolean(1)).as("answered by a replica").isTrue();
                }
            } finally {
                db.close();
            }
        }
    }

    @Test
    void shards() {
        DataSource db1 = TestDatabase.fresh();
        DataSource db2 = TestDatabase.fresh();
        DataSource db3 = TestDatabase.fresh();
        // example: shards
        Sharder<Long, DataSource> shards = Sharder.<Long, DataSource>consistent()
                .shard("s1", db1)
                .shard("s2", db2)
                .shard("s3", db3, weight(2))
                .build();
        DataSource home = shards.locate(42L);
        ShardPlan plan = shards.plan(change -> change.add("s4")); // moves nothing yet
        System.out.println(plan); // which slots go where, and the balance after
        // end
        assertThat(home).isIn(db1, db2, db3);
        assertThat(plan.moves()).isNotEmpty().allMatch(move -> move.to().equals("s4"));
    }

    @Test
    void coordination(@TempDir Path folder) {
        Path file = folder.resolve("leader");
        // example: coordination
        Lease leader = Leases.over(Registers.file(file, LeaseState.codec()).build(), TimeSource.system());
        Optional<Lease.Grant> grant = leader.tryAcquire("app-1", ofSeconds(10));
        grant.ifPresent(lead -> System.out.println("leading with fencing token " + lead.token()));
        // end
        assertThat(grant).isPresent();
        assertThat(leader.tryAcquire("app-2", ofSeconds(10))).isEmpty();
    }

    @Test
    void observer() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        // example: observer
        MicrometerObserver meters = new MicrometerObserver(registry);
        Cache<Long, User> cache = Cache.<Long, User>builder("users")
                .observer(Observer.all(Observer.slf4j(), Observer.flightRecorder(), meters))
                .build(id -> repository.get(id));
        meters.publish(cache); // hits, misses, loads, evictions, size...
        // end
        cache.get(42L);
        assertThat(registry.get("cache.gets")
                        .tag("result", "miss")
                        .functionCounter()
                        .count())
                .isEqualTo(1);
    }

    private static String get(URI uri) throws IOException {
        return get(uri, ofSeconds(20));
    }

    private static String get(URI uri, Duration timeout) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setReadTimeout((int) Math.max(1, timeout.toMillis()));
        try (InputStream body = connection.getInputStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static DataSource usersTable(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table users (id bigint primary key, name text not null)");
        }
        return database;
    }

    private static final class UserSql {

        static @Nullable User find(DataSource database, long id) throws SQLException {
            try (Connection connection = database.getConnection()) {
                return find(connection, id);
            }
        }

        static @Nullable User find(Connection connection, long id) throws SQLException {
            try (PreparedStatement select = connection.prepareStatement("select name from users where id = ?")) {
                select.setLong(1, id);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next() ? new User(id, rows.getString(1)) : null;
                }
            }
        }

        static void upsert(DataSource database, long id, User user) throws SQLException {
            try (Connection connection = database.getConnection();
                    PreparedStatement insert = connection.prepareStatement("insert into users values (?, ?)"
                            + " on conflict (id) do update set name = excluded.name")) {
                insert.setLong(1, id);
                insert.setString(2, user.name());
                insert.executeUpdate();
            }
        }
    }

    /** An HTTP server that always says the same. */
    private static final class Server implements AutoCloseable {
        private final HttpServer server;

        Server(int status, String text) throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                byte[] body = text.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
        }

        URI uri() {
            return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
