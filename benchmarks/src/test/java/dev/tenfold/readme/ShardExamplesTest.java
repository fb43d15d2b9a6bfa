package dev.tenfold.readme;

import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static java.util.Comparator.comparing;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.hash.BoundedLoad;
import dev.tenfold.hash.BucketHash;
import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.HashRing;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.hash.Node;
import dev.tenfold.sharding.KeyOrder;
import dev.tenfold.sharding.Ranges;
import dev.tenfold.sharding.ShardPlan;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.hot.HotSpotAdvisor;
import dev.tenfold.sharding.hot.HotSpotPolicy;
import dev.tenfold.sharding.hot.HotSpotProposal;
import dev.tenfold.sharding.hot.HotSpots;
import dev.tenfold.sharding.id.IdGenerator;
import dev.tenfold.sharding.id.IdLayout;
import dev.tenfold.sharding.id.NodeClaims;
import dev.tenfold.sharding.scatter.Gathered;
import dev.tenfold.sharding.scatter.MissingShard;
import dev.tenfold.sharding.scatter.Scatter;
import dev.tenfold.sharding.vertical.VerticalSharder;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The examples of the README about shards, run. {@link ReadmeTest} checks that the page shows these very lines. */
class ShardExamplesTest {

    private record User(long id, String name) {}

    private static DataSource db1;
    private static DataSource db2;
    private static DataSource db3;

    @BeforeAll
    static void startThree() {
        db1 = TestDatabase.fresh();
        db2 = TestDatabase.fresh();
        db3 = TestDatabase.fresh();
    }

    @Test
    void ranges() {
        // example: ranges
        Sharder<String, DataSource> people = Sharder.<String, DataSource>ranged(
                        Ranges.of(KeyOrder.TEXT).below("Q", "a-p").from("Q", "q-z"))
                .shard("a-p", db1)
                .shard("q-z", db2)
                .build();
        DataSource home = people.locate("Lovelace");
        ShardPlan plan = people.plan(change -> change.splitRange("H", "h-p")); // H to P onto a shard of its own
        // end
        assertThat(home).isSameAs(db1);
        assertThat(people.locate("Turing")).isSameAs(db2);
        assertThat(plan.moves()).hasSize(1).allMatch(move -> move.to().equals("h-p"));
    }

    @Test
    void directory() {
        // example: directory
        Sharder<String, DataSource> tenants = Sharder.<String, DataSource>consistent()
                .shard("s1", db1)
                .shard("s2", db2)
                .shard("large", db3)
                .build();
        tenants.apply(tenants.plan(change -> change.assign("acme", "large"))); // before acme has rows
        DataSource home = tenants.locate("acme"); // all others go on by hash
        // end
        assertThat(home).isSameAs(db3);
        assertThat(tenants.map().divisions()).hasSize(1);
    }

    @Test
    void vertical() {
        Sharder<Long, DataSource> ledgers = Sharder.<Long, DataSource>consistent()
                .shard("s2", db2)
                .shard("s3", db3)
                .build();
        // example: vertical
        VerticalSharder<DataSource> homes = VerticalSharder.<DataSource>builder()
                .database("people", db1)
                .sharded("ledger", ledgers) // a Sharder<Long, DataSource>
                .table("profile", "people")
                .table("transactions", "ledger")
                .build();
        DataSource profiles = homes.locate("profile");
        DataSource account = homes.locate("transactions", 42L); // first by table, then by key
        // end
        assertThat(profiles).isSameAs(db1);
        assertThat(account).isSameAs(ledgers.locate(42L));
    }

    @Test
    void hotspots() {
        long[] requests =
                LongStream.range(0, 20_000).map(i -> i % 4 == 0 ? 42 : i).toArray();
        HotSpotPolicy<Long> policy =
                HotSpotPolicy.<Long>standard().spareShards("s3").patience(ofSeconds(0), ofMinutes(10));
        // example: hotspots
        HotSpots<Long> hot = HotSpots.<Long>builder().halfLife(ofSeconds(30)).build();
        Sharder<Long, DataSource> shards = Sharder.<Long, DataSource>consistent()
                .shard("s1", db1)
                .shard("s2", db2)
                .hotSpots(hot) // counts every key that is located
                .build();
        Arrays.stream(requests).forEach(shards::locate);
        HotSpotAdvisor<Long> advisor = hot.advisor(policy); // HotSpotPolicy.<Long>standard().spareShards("s3")
        for (HotSpotProposal<Long> proposal : advisor.propose(shards.map())) {
            System.out.println(shards.plan(proposal.accept())); // a person or a policy decides
        }
        // end
        assertThat(hot.advisor(policy).propose(shards.map())).first().satisfies(proposal -> {
            ShardPlan plan = shards.plan(proposal.accept());
            assertThat(plan.after().owner(plan.after().slotOf(KeyHash.xxh3().hash(42L))))
                    .isEqualTo("s3");
        });
    }

    @Test
    void scatter() throws SQLException {
        DataSource one = users(1, 3, 5);
        DataSource two = users(2, 4);
        // The third has no such table, and so fails.
        Sharder<Long, DataSource> shards = Sharder.<Long, DataSource>consistent()
                .shard("s1", one)
                .shard("s2", two)
                .shard("s3", db3)
                .build();
        List<String> reported = new ArrayList<>();
        ExecutorService pool = Executors.newFixedThreadPool(3);
        try {
            // example: scatter
            Scatter<Long, DataSource> scatter =
                    Scatter.over(shards).executor(pool).build();
            Gathered<List<User>> found = scatter.query((db, part) -> select(db, 20))
                    .sortedBy(comparing(User::name))
                    .limit(20)
                    .within(ofSeconds(2))
                    .partial(0.5) // of the slots at least; without it the scatter fails as soon as one shard does
                    .run();
            for (MissingShard missing : found.missing()) {
                reported.add(missing.shard() + ": " + missing.reason());
            }
            // end
            assertThat(found.result()).extracting(User::id).containsExactly(1L, 2L, 3L, 4L, 5L);
            assertThat(found.coverage()).isBetween(0.6, 0.75);
            assertThat(reported).singleElement().asString().startsWith("s3: ").contains("users");
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void ids() {
        VersionedRegister<NodeClaims> claims = Registers.inMemory("ids");
        try (StartedScheduler timer = Scheduler.start("ids")) {
            // example: ids
            IdGenerator ids = IdGenerator.of(IdLayout.since(Instant.parse("2026-01-01T00:00:00Z")))
                    .nodesFrom(claims) // a register that all processes share: each has a node of its own
                    .scheduler(timer) // keeps the claim
                    .open();
            long id = ids.next(); // 41 bits of milliseconds, 10 of node, 12 of sequence: sorted by time
            // end
            assertThat(ids.next()).isGreaterThan(id).isPositive();
            assertThat(ids.layout().node(id)).isEqualTo(ids.node());
            ids.close();
        }
    }

    @Test
    void buckets() {
        long[] load = new long[3];
        // example: buckets
        long hash = KeyHash.xxh3().hash("user:42");
        int bucket = BucketHash.jumpBack(10).bucket(hash); // of ten; an eleventh takes a part of each, and no more
        ConsistentHash caches = HashRing.of(List.of(Node.of("c1"), Node.of("c2"), new Node("c3", 2)));
        int[] owners = caches.owners(hash, 2); // the owner, and who is next if it is down
        BoundedLoad bounded = BoundedLoad.of(caches, 0.25);
        int node = bounded.owner(hash, at -> load[at], Arrays.stream(load).sum()); // nobody above 1.25 times its share
        load[node]++;
        // end
        assertThat(bucket).isBetween(0, 9);
        assertThat(owners).hasSize(2).doesNotHaveDuplicates();
        assertThat(node).isEqualTo(owners[0]);
    }

    private static DataSource users(long... ids) throws SQLException {
        DataSource database = TestDatabase.fresh();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table users (id bigint primary key, name text not null)");
            for (long id : ids) {
                statement.execute("insert into users values (" + id + ", 'user " + id + "')");
            }
        }
        return database;
    }

    private static List<User> select(DataSource database, int most) throws SQLException {
        List<User> users = new ArrayList<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select * from users order by name limit " + most)) {
            while (rows.next()) {
                users.add(new User(rows.getLong(1), rows.getString(2)));
            }
        }
        return users;
    }
}
