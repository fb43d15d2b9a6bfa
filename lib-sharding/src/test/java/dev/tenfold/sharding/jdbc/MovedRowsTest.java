package dev.tenfold.sharding.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.Slotting;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.reshard.Changes;
import dev.tenfold.sharding.reshard.Cursor;
import dev.tenfold.sharding.reshard.RowChunk;
import dev.tenfold.sharding.reshard.RowDigests;
import dev.tenfold.sharding.reshard.ShardStore;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows of many kinds, and changes that arrive in an awkward order. */
@Timeout(60)
final class MovedRowsTest {

    private static final ShardDatabases DATABASES = new ShardDatabases();
    private static final int[] SLOT = {0};
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int ALL = 100_000;

    private final ShardMap map = ShardMap.first(
                    List.of(new Shard("a", 1), new Shard("b", 1)), 1, KeyHash.xxh3(), Placement.ring())
            .withOwner(SLOT, "a");
    private DataSource a;
    private DataSource b;
    private PostgresShardStore from;
    private PostgresShardStore to;

    private void shards(String tables, ShardedTable... sharded) throws SQLException {
        a = DATABASES.empty("a");
        b = DATABASES.empty("b");
        ShardDatabases.execute(a, tables);
        ShardDatabases.execute(b, tables);
        from = store("a", a, sharded);
        to = store("b", b, sharded);
    }

    private PostgresShardStore store(String shard, DataSource database, ShardedTable... tables) {
        PostgresShardStore store = PostgresShardStore.of(
                shard, database, Slotting.hashed(KeyForm.whole(), KeyHash.xxh3()), List.of(tables));
        store.install(map);
        store.claim(SLOT, 1);
        return store;
    }

    private void begin() {
        to.expect(SLOT, 1, "a");
        assertThat(from.capture(SLOT, 1, "b", LONG)).isTrue();
    }

    private void copy(int chunk) {
        for (Cursor at = Cursor.START; !at.equals(Cursor.END); ) {
            RowChunk rows = from.read(map, SLOT, at, chunk);
            to.copy(SLOT, 1, rows);
            at = rows.next();
        }
    }

    private void drain(int atMost) {
        for (Changes some = from.changes(SLOT, atMost); !some.isEmpty(); some = from.changes(SLOT, atMost)) {
            to.apply(SLOT, 1, some);
            from.forget(SLOT, 1, some);
        }
    }

    private void assertEqual() {
        RowDigests here = from.digests(map, SLOT, Cursor.START, ALL);
        assertThat(to.digests(map, SLOT, Cursor.START, Cursor.END).digests())
                .isEqualTo(from.digests(map, SLOT, Cursor.START, Cursor.END).digests());
        assertThat(here.digests().values()).allMatch(digest -> digest.length() == 32);
    }

    private void write(String... statements) throws SQLException {
        try (Connection connection = a.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            ShardGuard.check(connection, new ShardRoute("a", 0, map.epoch()));
            // A writer's own settings must not change what a key looks like.
            statement.execute("SET LOCAL timezone = 'Asia/Tokyo'; SET LOCAL bytea_output = 'escape'");
            for (String sql : statements) {
                statement.execute(sql);
            }
            connection.commit();
        }
    }

    @Test
    void carriesRowsOfManyTypesAndKeysOfManyColumns() throws Exception {
        shards(
                "CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TYPE point2 AS (x int, y text);"
                        + " CREATE TABLE thing (tenant uuid NOT NULL, at timestamptz, code char(3), price numeric(12, 2),"
                        + " \"Odd name\" text, f float8, d date, i interval, j jsonb, tags text[], raw bytea, m mood, p point2,"
                        + " id bigint GENERATED ALWAYS AS IDENTITY, twice numeric GENERATED ALWAYS AS (price * 2) STORED,"
                        + " PRIMARY KEY (at, code, tenant))",
                ShardedTable.of("thing", "tenant"));
        String tenant = "'8f14e45f-ceea-467f-a8a3-3c6f1c0e4f5b'";
        String columns =
                "INSERT INTO thing (tenant, at, code, price, \"Odd name\", f, d, i, j, tags, raw, m, p) VALUES ("
                        + tenant + ", ";
        write(
                columns
                        + "'2020-02-03 04:05:06.123456+00', 'a', 1.10, E'x\\'\"\\\\,(){}\\n', 0.1, '0044-03-15 BC', '1 mon -2 days',"
                        + " '{\"k\": [1, \"\\\\\"]}', ARRAY['a,b', 'c\"d', NULL], '\\x00ff', 'sad', ROW(1, 'a \"b\"'))",
                columns + "'2020-03-02 04:05:06+00', 'b\"', NULL, '', 'NaN', NULL, NULL, NULL, '{}', '', 'glad', NULL)",
                columns
                        + "'-infinity', '{,', 0, NULL, '-Infinity', 'infinity', '1 day', 'null', NULL, NULL, NULL, NULL)");
        begin();
        copy(2);
        assertEqual();
        write(
                "UPDATE thing SET price = 7, f = 1e-300 WHERE code = 'a'",
                "UPDATE thing SET code = 'c' WHERE code = 'b\"'",
                "DELETE FROM thing WHERE at = '-infinity'");
        assertThat(from.changes(SLOT, ALL).keys()).hasSize(4);
        drain(1);
        assertEqual();
        assertThat(read(b, "SELECT count(*)::text || sum(twice)::text FROM thing"))
                .isEqualTo("214.00");
        // A row that takes the key of another has an identity of its own.
        write(
                "DELETE FROM thing WHERE code = 'a'",
                columns + "'2020-02-03 04:05:06.123456+00', 'a', 3, '', 1, NULL, NULL,"
                        + " NULL, NULL, NULL, NULL, NULL)");
        drain(ALL);
        assertEqual();
    }

    @Test
    void writesParentsThatComeAfterTheirChildrenAndDeletesThemFirst() throws Exception {
        shards(
                "CREATE TABLE team (tenant bigint NOT NULL, id int PRIMARY KEY, boss int REFERENCES team);"
                        + " CREATE TABLE member (tenant bigint NOT NULL, id int PRIMARY KEY,"
                        + " team int NOT NULL REFERENCES team ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)",
                ShardedTable.of("team", "tenant"),
                ShardedTable.of("member", "tenant"));
        write(
                "INSERT INTO team VALUES (1, 1, NULL), (1, 2, 1), (1, 3, NULL)",
                "INSERT INTO member VALUES (1, 1, 1), (1, 2, 2), (1, 3, 3), (1, 4, 3)");
        begin();
        RowChunk teams = from.read(map, SLOT, Cursor.START, 10);
        // After the parents were read: a child of a new one, which is read before the new one is sent.
        write("INSERT INTO team VALUES (1, 9, 2)", "INSERT INTO member VALUES (1, 9, 9)");
        to.copy(SLOT, 1, teams);
        to.copy(SLOT, 1, from.read(map, SLOT, teams.next(), 10));
        assertThat(read(b, "SELECT count(*)::text FROM member")).isEqualTo("4");
        // A row sent for an early mark refers to one that comes later, and its old parent goes last.
        write("UPDATE member SET id = id WHERE id = 3");
        write("UPDATE team SET boss = NULL WHERE id = 3");
        write("INSERT INTO team VALUES (1, 20, NULL), (1, 10, 20)", "UPDATE member SET team = 10 WHERE team = 3");
        write("DELETE FROM team WHERE id = 3");
        drain(1);
        assertEqual();
        assertThat(read(b, "SELECT count(*)::text FROM tenfold_late_v1")).isEqualTo("0");
        write("DELETE FROM team WHERE id = 9", "DELETE FROM team WHERE id IN (1, 2)");
        drain(2);
        assertEqual();
        // The same in random order.
        Random random = new Random(6);
        for (int round = 0; round < 40; round++) {
            int team = 100 + random.nextInt(8);
            int boss = 100 + random.nextInt(8);
            write(
                    "INSERT INTO team VALUES (1, " + team + ", NULL) ON CONFLICT DO NOTHING",
                    "INSERT INTO team VALUES (1, " + boss + ", NULL) ON CONFLICT DO NOTHING",
                    "UPDATE team SET boss = " + boss + " WHERE id = " + team,
                    "INSERT INTO member VALUES (1, " + random.nextInt(20) + ", " + team
                            + ") ON CONFLICT (id) DO UPDATE SET team = excluded.team");
            if (random.nextInt(3) == 0) {
                write("UPDATE team SET boss = NULL WHERE boss = " + boss, "DELETE FROM team WHERE id = " + boss);
            }
            if (random.nextInt(4) == 0) {
                Changes some = from.changes(SLOT, 1 + random.nextInt(3));
                to.apply(SLOT, 1, some);
                from.forget(SLOT, 1, some);
            }
        }
        drain(3);
        assertEqual();
        assertThat(from.fence(SLOT, 1, "b", LONG)).isTrue();
        to.open(SLOT, 1, map.epoch() + 1, Optional.empty());
        int calls = 1;
        for (; !from.clear(map, SLOT, 1, 4); calls++) {
            assertThat(calls).as("calls of clear").isLessThan(200);
        }
        assertThat(read(a, "SELECT count(*)::text FROM team")).isEqualTo("0");
    }

    @Test
    void letsRowsExchangeUniqueValues() throws Exception {
        shards(
                "CREATE TABLE seat (tenant bigint NOT NULL, id int PRIMARY KEY, place text UNIQUE)",
                ShardedTable.of("seat", "tenant"));
        write("INSERT INTO seat VALUES (1, 1, 'window'), (1, 2, 'aisle'), (1, 3, 'middle')");
        begin();
        RowChunk some = from.read(map, SLOT, Cursor.START, 1);
        to.copy(SLOT, 1, some);
        // Row 1 gives its place to row 2, which is copied before that of row 1 is changed there.
        write(
                "UPDATE seat SET place = NULL WHERE id = 1",
                "UPDATE seat SET place = 'window' WHERE id = 2",
                "UPDATE seat SET place = 'aisle' WHERE id = 1");
        to.copy(SLOT, 1, from.read(map, SLOT, some.next(), 10));
        drain(1);
        assertEqual();
        write(
                "UPDATE seat SET place = NULL WHERE id = 3",
                "UPDATE seat SET place = 'middle' WHERE id = 2",
                "UPDATE seat SET place = 'window' WHERE id = 3");
        drain(1);
        assertEqual();
    }

    @Test
    void saysWhatStandsInTheWay() throws Exception {
        PostgresShardStore before = PostgresShardStore.of(
                "a",
                DATABASES.empty("a"),
                Slotting.hashed(KeyForm.whole(), KeyHash.xxh3()),
                List.of(ShardedTable.of("good", "k")));
        assertThat(before.token(SLOT)).as("before it is installed").isZero();
        assertThat(before.state(0)).isEmpty();
        assertThat(before.unsettled()).isEmpty();
        shards("CREATE TABLE good (k bigint PRIMARY KEY)", ShardedTable.of("good", "k"));
        assertThat(from.preflight())
                .isEqualTo(new ShardStore.Preflight(List.of(), "good(k bigint not null; primary key k; by k)"));
        ShardDatabases.execute(
                a,
                "CREATE TABLE bare (k bigint)",
                "CREATE TABLE child (k bigint NOT NULL, id int PRIMARY KEY DEFERRABLE, good bigint REFERENCES good)",
                "CREATE TABLE other (id int PRIMARY KEY, good bigint REFERENCES good)",
                "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                "CREATE TRIGGER touched BEFORE UPDATE ON good FOR EACH ROW EXECUTE FUNCTION touch()",
                "CREATE TRIGGER knowing BEFORE UPDATE ON good FOR EACH ROW"
                        + " WHEN (current_setting('tenfold.slot', true) IS DISTINCT FROM 'mover') EXECUTE FUNCTION touch()",
                "ALTER TABLE good DISABLE TRIGGER tenfold_mark_v1");
        PostgresShardStore odd = PostgresShardStore.of(
                "a",
                a,
                Slotting.hashed(KeyForm.whole(), KeyHash.xxh3()),
                List.of(
                        ShardedTable.of("bare", "k"),
                        ShardedTable.of("child", "k"),
                        ShardedTable.of("good", "k"),
                        ShardedTable.of("missing", "k")));
        List<String> problems = new ArrayList<>(odd.preflight().problems());
        for (String expected : List.of(
                "table bare has no primary key",
                "table bare: k may be null",
                "constraint child_pkey is deferrable",
                "table child comes before good",
                "trigger touched would run again",
                "table other refers to table good",
                "good: trigger tenfold_mark_v1 is disabled",
                "table missing is missing")) {
            assertThat(problems).as(expected).anyMatch(problem -> problem.contains(expected));
            problems.removeIf(problem -> problem.contains(expected));
        }
        assertThat(problems).isEmpty();
    }

    private static String read(DataSource database, String query) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }
}
