package dev.tenfold.sharding.reshard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.SharderBuilder;
import dev.tenfold.sharding.jdbc.JdbcShardStore;
import dev.tenfold.sharding.jdbc.ShardGuard;
import dev.tenfold.sharding.jdbc.ShardedTable;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.StartedScheduler;
import dev.tenfold.time.TimeSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** Some PostgreSQL databases, a map that says which key lives where, and a ledger of what was acknowledged. */
final class Cluster implements AutoCloseable {

    static final List<ShardedTable> TABLES =
            List.of(ShardedTable.of("account", "id"), ShardedTable.of("entry", "account"));

    /** Databases are dear: one per name for all tests, emptied before each. */
    private static final Map<String, DataSource> CREATED = new ConcurrentHashMap<>();

    final StartedScheduler scheduler = dev.tenfold.time.Scheduler.start("test-timer");
    final VersionedRegister<ShardMap> register = Registers.inMemory("shards");
    final Map<String, DataSource> databases = new ConcurrentHashMap<>();
    final Map<Long, AtomicInteger> acknowledged = new ConcurrentHashMap<>();
    final Sharder<Long, DataSource> shards;

    Cluster(int slots, String... names) {
        SharderBuilder<Long, DataSource> builder = Sharder.<Long, DataSource>consistent()
                .slots(slots)
                .targets(this::database)
                .register(register)
                .observer(Observer.none())
                .time(TimeSource.system(), scheduler)
                .writeBudget(Duration.ofSeconds(20));
        for (String name : names) {
            builder.shard(name, database(name));
        }
        shards = builder.open();
        resharder(step -> {}).install();
    }

    DataSource database(String shard) {
        return databases.computeIfAbsent(shard, name -> {
            DataSource database = CREATED.computeIfAbsent(name, n -> new ReusedConnections(TestDatabase.fresh()));
            try (Connection connection = database.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("DROP TABLE IF EXISTS entry, account, tenfold_slot_v1, tenfold_move");
                statement.execute("CREATE TABLE account (id bigint PRIMARY KEY, total integer NOT NULL,"
                        + " twice integer GENERATED ALWAYS AS (total * 2) STORED,"
                        + " seen timestamptz NOT NULL DEFAULT now(), tags text[], note jsonb)");
                statement.execute("CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY,"
                        + " account bigint NOT NULL REFERENCES account, n integer NOT NULL,"
                        + " PRIMARY KEY (account, n))");
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
            return database;
        });
    }

    Resharder resharder(Consumer<String> step) {
        return builder().beforeStep(step).build();
    }

    ResharderBuilder builder() {
        return Resharder.over(register)
                .stores(name -> JdbcShardStore.postgres(name, database(name), KeyHash.xxh3(), TABLES))
                .observer(Observer.none())
                .batch(4)
                .maxFence(Duration.ofSeconds(20))
                .time(TimeSource.system(), scheduler);
    }

    /** Adds one to an account and notes it, in one guarded transaction. */
    void increment(long key) throws SQLException {
        shards.write(key, (database, route) -> {
            try (Connection connection = database.getConnection()) {
                connection.setAutoCommit(false);
                ShardGuard.check(connection, route);
                increment(connection, key);
                connection.commit();
            }
            return null;
        });
        acknowledge(key);
    }

    void acknowledge(long key) {
        acknowledged.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
    }

    static void increment(Connection connection, long key) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO account (id, total, tags, note) VALUES (" + key
                    + ", 1, ARRAY['a,b', 'c\"d', NULL], '{\"k\": [1, \"\\\\\"]}')"
                    + " ON CONFLICT (id) DO UPDATE SET total = account.total + 1, seen = now()");
            statement.execute("INSERT INTO entry (account, n) SELECT id, total FROM account WHERE id = " + key);
        }
    }

    /** Every acknowledged increment is there once, on the one shard that the map names, and nothing is left elsewhere. */
    void verify() throws SQLException {
        ShardMap map = register.read().orElseThrow().value();
        Map<Long, String> homes = new TreeMap<>();
        for (Map.Entry<String, DataSource> database : databases.entrySet()) {
            try (Connection connection = database.getValue().getConnection();
                    Statement statement = connection.createStatement()) {
                try (ResultSet row = statement.executeQuery(
                        "SELECT a.id, total, twice, tags::text, note::text, (SELECT count(*) FROM entry e WHERE e.account = a.id)"
                                + " FROM account a")) {
                    while (row.next()) {
                        long key = row.getLong(1);
                        assertThat(homes.put(key, database.getKey()))
                                .as("other home of key %d", key)
                                .isNull();
                        assertThat(row.getInt(2))
                                .as("total of key %d", key)
                                .isEqualTo(acknowledged.get(key).get());
                        assertThat(row.getInt(3)).isEqualTo(2 * row.getInt(2));
                        assertThat(row.getString(4)).isEqualTo("{\"a,b\",\"c\\\"d\",NULL}");
                        assertThat(row.getString(5)).isEqualTo("{\"k\": [1, \"\\\\\"]}");
                        assertThat(row.getInt(6)).as("entries of key %d", key).isEqualTo(row.getInt(2));
                    }
                }
                try (ResultSet row = statement.executeQuery("SELECT slot, state FROM tenfold_slot_v1")) {
                    while (row.next()) {
                        boolean owned = map.owner(row.getInt(1)).equals(database.getKey());
                        assertThat(row.getString(2))
                                .as("slot %d on %s", row.getInt(1), database.getKey())
                                .isEqualTo(owned ? "OWNER" : "CLOSED");
                    }
                }
            }
        }
        assertThat(homes.keySet()).containsExactlyInAnyOrderElementsOf(acknowledged.keySet());
        homes.forEach((key, home) -> assertThat(home)
                .as("home of key %d", key)
                .isEqualTo(map.owner(map.slotOf(KeyHash.xxh3().hash(key.longValue())))));
    }

    @Override
    public void close() {
        shards.close();
        register.close();
        scheduler.close();
    }
}
