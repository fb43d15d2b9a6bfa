package dev.tenfold.sharding.scatter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.ShardPlan;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three databases of one real server. */
@Timeout(60)
class ScatterPostgresTest {

    private record Item(long id, long price) {}

    private static final Map<String, DataSource> DATABASES = new HashMap<>();
    private final ExecutorService pool = Executors.newFixedThreadPool(4);
    private Sharder<Long, DataSource> shards;
    private Scatter<Long, DataSource> scatter;

    @BeforeAll
    static void createDatabases() {
        List.of("one", "two", "three").forEach(name -> DATABASES.put(name, TestDatabase.fresh()));
    }

    @BeforeEach
    void createShards() throws SQLException {
        var builder = Sharder.<Long, DataSource>consistent().slots(64).observer(Observer.none());
        for (String name : List.of("one", "two", "three")) {
            DataSource database = DATABASES.get(name);
            builder.shard(name, database);
            execute(database, "DROP TABLE IF EXISTS item");
            execute(database, "CREATE TABLE item (id bigint PRIMARY KEY, price bigint NOT NULL)");
        }
        shards = builder.build();
        scatter = Scatter.over(shards).executor(pool).build();
        for (String name : DATABASES.keySet()) {
            insert(
                    name,
                    LongStream.range(0, 300)
                            .filter(id -> shards.route(id).shard().equals(name))
                            .boxed()
                            .toList());
        }
    }

    @AfterEach
    void endThreads() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    private static void execute(DataSource database, String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void insert(String shard, List<Long> ids) throws SQLException {
        String rows =
                ids.stream().map(id -> "(" + id + ", " + id * 7919 % 1000 + ")").collect(Collectors.joining(", "));
        execute(DATABASES.get(shard), "INSERT INTO item VALUES " + rows + " ON CONFLICT DO NOTHING");
    }

    private void delete(String shard, List<Long> ids) throws SQLException {
        String list = ids.stream().map(String::valueOf).collect(Collectors.joining(", "));
        execute(DATABASES.get(shard), "DELETE FROM item WHERE id IN (" + list + ")");
    }

    private static List<Item> select(DataSource database, ShardPart<Long> part, String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            if (part.limit().isPresent()) {
                statement.setLong(1, part.limit().getAsLong());
            } else if (!part.keys().isEmpty()) {
                statement.setArray(
                        1, connection.createArrayOf("bigint", part.keys().toArray()));
            }
            List<Item> items = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    items.add(new Item(row.getLong(1), row.getLong(2)));
                }
            }
            return items;
        }
    }

    @Test
    void sortsLimitsAggregatesAndLooksUp() throws SQLException {
        // Left over from a move; the dearest of all, so that it would come first.
        DataSource elsewhere = shards.locate(1L) == DATABASES.get("one") ? DATABASES.get("two") : DATABASES.get("one");
        execute(elsewhere, "INSERT INTO item VALUES (1, 5000)");
        Comparator<Item> order =
                Comparator.comparingLong(Item::price).reversed().thenComparingLong(Item::id);
        Gathered<List<Item>> dearest = scatter.query(
                        (db, part) -> select(db, part, "SELECT id, price FROM item ORDER BY price DESC, id LIMIT ?"))
                .exactlyOnce(Item::id)
                .sortedBy(order)
                .offset(5)
                .limit(10)
                .run();
        assertThat(dearest.result())
                .isEqualTo(LongStream.range(0, 300)
                        .mapToObj(id -> new Item(id, id * 7919 % 1000))
                        .sorted(order)
                        .skip(5)
                        .limit(10)
                        .toList());
        execute(elsewhere, "DELETE FROM item WHERE id = 1");
        OptionalDouble average = scatter.query(
                        (db, part) -> select(db, part, "SELECT sum(price)::bigint, count(*) FROM item"))
                .collect(Aggregates.average(Item::id, Item::price))
                .result();
        assertThat(average.orElseThrow())
                .isEqualTo(LongStream.range(0, 300)
                        .map(id -> id * 7919 % 1000)
                        .average()
                        .orElseThrow());
        Map<Long, Item> found = scatter.multiGet(
                        List.of(299L, 5L, 1_000L, 77L),
                        (db, part) -> select(db, part, "SELECT id, price FROM item WHERE id = ANY(?)").stream()
                                .map(item -> Map.entry(item.id(), item))
                                .toList())
                .result();
        assertThat(found.keySet()).containsExactly(299L, 5L, 77L);
    }

    /** Slots go back and forth, rows copied before and deleted after, while scatters run: each finds each item once. */
    @Test
    void findsEachItemOnceWhileSlotsMove() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        CountDownLatch moved = new CountDownLatch(4);
        Future<?> mover = pool.submit(() -> {
            List<String> names = List.of("one", "two", "three");
            for (int round = 0; !done.get(); round++) {
                String from = names.get(round % 3);
                String onto = names.get((round + 1) % 3);
                int[] owned = shards.map().slotsOf(from);
                ShardPlan plan = shards.plan(
                        change -> change.give(java.util.Arrays.copyOf(owned, Math.min(owned.length, 12)), from, onto));
                List<Long> keys = new ArrayList<>();
                for (long id = 0; id < 300; id++) {
                    int slot = shards.route(id).slot();
                    if (plan.moves().stream().anyMatch(move -> move.slot() == slot)) {
                        keys.add(id);
                    }
                }
                // In two steps each, so that a scatter may find a half.
                int half = keys.size() / 2;
                insert(onto, keys.subList(0, half));
                insert(onto, keys.subList(half, keys.size()));
                shards.apply(plan);
                delete(from, keys.subList(0, half));
                delete(from, keys.subList(half, keys.size()));
                moved.countDown();
            }
            return null;
        });
        int scatters = 0;
        while (moved.getCount() > 0 || scatters < 8) {
            List<Item> items = scatter.query((db, part) -> select(db, part, "SELECT id, price FROM item"))
                    .exactlyOnce(Item::id)
                    .within(Duration.ofSeconds(30))
                    .run()
                    .result();
            assertThat(items.stream().map(Item::id).sorted())
                    .isEqualTo(LongStream.range(0, 300).boxed().toList());
            scatters++;
            if (mover.isDone()) {
                mover.get();
            }
        }
        done.set(true);
        mover.get();
    }

    /** An interrupt does not end a statement; what the query registered does, and the server is free as well. */
    @Test
    void stopsStatementsAtTheDeadline() throws Exception {
        Gathered<Long> gathered = scatter.query((db, part) -> {
                    try (Connection connection = db.getConnection();
                            Statement statement = connection.createStatement()) {
                        part.onCancel(() -> {
                            try {
                                statement.cancel();
                            } catch (SQLException failure) {
                                throw new IllegalStateException(failure);
                            }
                        });
                        if (part.shard().equals("two")) {
                            statement.execute("SELECT pg_sleep(60)");
                        }
                        return List.of(1L);
                    }
                })
                .within(Duration.ofSeconds(1))
                .partial(0.3)
                .collect(Aggregates.sum(row -> row));
        assertThat(gathered.result()).isEqualTo(2);
        assertThat(gathered.missing()).singleElement().satisfies(missing -> {
            assertThat(missing.shard()).isEqualTo("two");
            assertThat(missing.reason()).isInstanceOf(DeadlineExceededException.class);
        });
        pool.shutdown();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
}
