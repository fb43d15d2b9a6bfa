package dev.tenfold.sharding.jdbc;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.Slotting;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.sql.DataSource;

/**
 * Prints what the guard costs: the median time of a transaction that updates one row, and of one that inserts 1,000 rows, and
 * the write-ahead log of each, without guard, with it, and while writes are recorded; all in one run, in turns. For
 * comparison it records by statement triggers with transition tables, too.
 *
 * <pre>{@code
 * mvn -q -Pchaos -pl lib-sharding -am process-test-classes -Dchaos.main=dev.tenfold.sharding.jdbc.GuardCost -Dchaos.args=2000
 * }</pre>
 */
final class GuardCost {

    private static final int[] SLOT = {0};
    private static final int BULK = 1_000;

    private GuardCost() {}

    /** A database in one of the states. */
    private record Subject(Connection connection, boolean guarded) {

        private static final ShardRoute ROUTE = new ShardRoute("a", 0, 1);

        long nanos(String sql, int n) throws SQLException {
            long began = System.nanoTime();
            if (guarded) {
                ShardGuard.check(connection, ROUTE);
            }
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setInt(1, n);
                statement.executeUpdate();
            }
            connection.commit();
            return System.nanoTime() - began;
        }

        long log() throws SQLException {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT pg_current_wal_insert_lsn() - '0/0'")) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /** Argument: how many transactions of each kind (1,000). */
    public static void main(String[] arguments) throws SQLException {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000;
        Map<String, Subject> subjects = new LinkedHashMap<>();
        subjects.put("no guard", subject("plain"));
        subjects.put("guard", subject("guard"));
        subjects.put("guard, recorded", subject("recorded"));
        subjects.put("guard, recorded by statement triggers", subject("statement"));
        print(subjects, "one row updated", "UPDATE item SET n = n + 1 WHERE id = ?", rounds);
        print(
                subjects,
                BULK + " rows inserted",
                "INSERT INTO item SELECT " + BULK + " * CAST(? AS integer) + i, 0, 'x' FROM generate_series(1, " + BULK
                        + ") i",
                Math.max(10, rounds / 20));
        System.exit(0);
    }

    private static void print(Map<String, Subject> subjects, String what, String sql, int rounds) throws SQLException {
        List<String> names = List.copyOf(subjects.keySet());
        long[][] nanos = new long[names.size()][rounds];
        long[] log = new long[names.size()];
        for (int warming = 0; warming < 2; warming++) {
            Arrays.fill(log, 0);
            for (int round = 0; round < rounds; round++) {
                for (int i = 0; i < names.size(); i++) {
                    Subject subject = subjects.get(names.get(i));
                    long before = subject.log();
                    nanos[i][round] = subject.nanos(sql, 1 + (warming * rounds + round));
                    log[i] += subject.log() - before;
                }
            }
        }
        System.out.printf(Locale.ROOT, "%n%-40s %12s %12s%n", what, "median, us", "log, bytes");
        for (int i = 0; i < names.size(); i++) {
            Arrays.sort(nanos[i]);
            System.out.printf(
                    Locale.ROOT, "%-40s %12.1f %12d%n", names.get(i), nanos[i][rounds / 2] / 1e3, log[i] / rounds);
        }
    }

    private static Subject subject(String kind) throws SQLException {
        DataSource database = TestDatabase.fresh();
        ShardDatabases.execute(
                database,
                "CREATE TABLE item (id bigint PRIMARY KEY, n integer, text text)",
                "INSERT INTO item SELECT i, 0, 'x' FROM generate_series(1, 500) i");
        if (!kind.equals("plain")) {
            ShardMap map = ShardMap.first(List.of(new Shard("a", 1)), 1, KeyHash.xxh3(), Placement.ring());
            PostgresShardStore store = PostgresShardStore.of(
                    "a",
                    database,
                    Slotting.hashed(KeyForm.whole(), KeyHash.xxh3()),
                    List.of(ShardedTable.of("item", "id")));
            store.install(map);
            store.claim(SLOT, 1);
            if (!kind.equals("guard") && !store.capture(SLOT, 1, "b", Duration.ofSeconds(5))) {
                throw new IllegalStateException("not captured");
            }
        }
        if (kind.equals("statement")) {
            List<String> statements = new ArrayList<>(List.of(
                    "DROP TRIGGER tenfold_mark_v1 ON item",
                    "CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO tenfold_mark_v1"
                            + " (slots, table_name, key, shard_key) SELECT ARRAY[0], 'item', ARRAY[id::text], id::text FROM now_;"
                            + " RETURN NULL; END $$"));
            for (String event : List.of("INSERT", "UPDATE")) {
                statements.add("CREATE TRIGGER mark_" + event + " AFTER " + event
                        + " ON item REFERENCING NEW TABLE AS now_ FOR EACH STATEMENT EXECUTE FUNCTION mark()");
            }
            ShardDatabases.execute(database, statements.toArray(String[]::new));
        }
        Connection connection = database.getConnection();
        connection.setAutoCommit(false);
        return new Subject(connection, !kind.equals("plain"));
    }
}
