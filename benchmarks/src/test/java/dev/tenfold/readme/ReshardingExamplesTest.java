package dev.tenfold.readme;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.jdbc.PostgresShardStore;
import dev.tenfold.sharding.jdbc.ShardGuard;
import dev.tenfold.sharding.jdbc.ShardedTable;
import dev.tenfold.sharding.reshard.Reshard;
import dev.tenfold.sharding.reshard.ReshardJournal;
import dev.tenfold.sharding.reshard.Resharder;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import dev.tenfold.time.TimeSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** One database becomes four while it is written to, as the README shows it. */
class ReshardingExamplesTest {

    private static final int ACCOUNTS = 2_000;

    private final DataSource db1 = accounts(TestDatabase.fresh());
    private final DataSource db2 = accounts(TestDatabase.fresh());
    private final DataSource db3 = accounts(TestDatabase.fresh());
    private final DataSource db4 = accounts(TestDatabase.fresh());
    private final Map<String, DataSource> databases = Map.of("s1", db1, "s2", db2, "s3", db3, "s4", db4);

    @Test
    void oneDatabaseBecomesFour() throws Exception {
        execute(db1, "insert into account select id, 0 from generate_series(1, " + ACCOUNTS + ") id");
        Registers.createTable(db1, "tenfold_register");
        ExecutorService executor = Executors.newFixedThreadPool(2);
        try (StartedScheduler scheduler = Scheduler.start("example")) {
            // example: onedatabase
            VersionedRegister<ShardMap> maps = Registers.jdbc(db1, "tenfold_register", "map", ShardMap.codec())
                    .scheduler(scheduler)
                    .build();
            VersionedRegister<ReshardJournal> journal = Registers.jdbc(
                            db1, "tenfold_register", "moves", ReshardJournal.codec())
                    .scheduler(scheduler)
                    .build();
            Sharder<Long, DataSource> shards = Sharder.<Long, DataSource>consistent()
                    .shard("s1", db1) // all there is today
                    .targets(databases::get) // "s2" and so on, once the map names them
                    .register(maps) // shared by all processes
                    .open();
            List<ShardedTable> tables = List.of(ShardedTable.of("account", "id"));
            Resharder resharder = Resharder.over(maps)
                    .journal(journal) // any process can go on where another was killed
                    .stores(name -> PostgresShardStore.of(name, databases.get(name), shards.slotting(), tables))
                    .soak(ofHours(1)) // how long it can be rolled back
                    .time(TimeSource.system(), scheduler)
                    .build();
            resharder.install(); // from now on unguarded writes are refused
            // end
            long before = sum();
            Future<Integer> writes = executor.submit(() -> deposit(shards, 300));
            // example: fourdatabases
            ShardPlan plan = shards.plan(change -> change.add("s2").add("s3").add("s4"));
            System.out.println(resharder.measure(plan)); // slots, rows, bytes, balance after; moves nothing
            Reshard move = resharder.begin(plan).start(executor); // writers go on
            System.out.println(move.progress()); // phase, rows, rate, remaining time
            move.settle(); // or pause(), abort(), rollback(), or wait for the soaking to end
            move.await(Deadline.after(ofSeconds(60), TimeSource.system()));
            // end
            int written = writes.get();
            assertThat(sum()).isEqualTo(before + written);
            int rows = 0;
            for (DataSource database : databases.values()) {
                int here = (int) number(database, "select count(*) from account");
                assertThat(here).isBetween(ACCOUNTS / 8, ACCOUNTS / 2);
                rows += here;
            }
            assertThat(rows).isEqualTo(ACCOUNTS);
            shards.close();
            journal.close();
            maps.close();
        } finally {
            executor.shutdownNow();
        }
    }

    private static int deposit(Sharder<Long, DataSource> shards, int times) throws SQLException {
        for (int i = 0; i < times; i++) {
            long id = 1 + i % ACCOUNTS;
            // example: guardedwrite
            shards.write(id, (database, route) -> {
                try (Connection connection = database.getConnection()) {
                    connection.setAutoCommit(false);
                    ShardGuard.check(connection, route); // first: refused where the account has moved away
                    PreparedStatement update =
                            connection.prepareStatement("update account set balance = balance + 1 where id = ?");
                    update.setLong(1, id);
                    update.executeUpdate();
                    connection.commit();
                    return update; // a refused call is repeated on the new home
                }
            });
            // end
        }
        return times;
    }

    private long sum() throws SQLException {
        long sum = 0;
        for (DataSource database : databases.values()) {
            sum += number(database, "select coalesce(sum(balance), 0) from account");
        }
        return sum;
    }

    private static long number(DataSource database, String query) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            assertThat(row.next()).isTrue();
            return row.getLong(1);
        }
    }

    private static DataSource accounts(DataSource database) {
        try {
            execute(database, "create table account (id bigint primary key, balance bigint not null)");
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
        return database;
    }

    private static void execute(DataSource database, String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
