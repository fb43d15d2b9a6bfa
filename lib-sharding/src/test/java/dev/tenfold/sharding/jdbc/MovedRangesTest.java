package dev.tenfold.sharding.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.KeyOrder;
import dev.tenfold.sharding.Ranges;
import dev.tenfold.sharding.ShardChange;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.SharderBuilder;
import dev.tenfold.sharding.Slotting;
import dev.tenfold.sharding.reshard.ReshardJournal;
import dev.tenfold.sharding.reshard.Resharder;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Slots that are divided, moved and merged again between real databases, under writers, through pools that reuse their
 * connections. The audit goes by the bounds as they are written here.
 */
@Timeout(120)
final class MovedRangesTest {

    private static final int WRITES = 100;

    private interface Step {
        void change(Consumer<Consumer<ShardChange<Long>>> reshard) throws Exception;
    }

    @Test
    void splitsMovesAndMergesRanges() throws Exception {
        SharderBuilder<Long, DataSource> builder =
                Sharder.ranged(Ranges.of(KeyOrder.INTEGER).below(100L, "s1").from(100L, "s2"));
        ShardMap map = run(
                builder,
                Slotting.ranges(KeyOrder.INTEGER),
                reshard -> {
                    reshard.accept(change -> change.splitRange(50L, "s3"));
                    reshard.accept(change -> change.moveRange(WriteLoad.FICKLE, null, "s1"));
                    reshard.accept(change -> change.mergeRanges(100L));
                },
                key -> key < 50 ? "s1" : key < WriteLoad.FICKLE ? "s3" : "s1");
        assertThat(map.slotsOf("s2")).isEmpty();
        assertThat(map.slotsOf("s3")).hasSize(1);
    }

    @Test
    void takesAKeyOutOfTheDirectoryAgain() throws Exception {
        SharderBuilder<Long, DataSource> builder =
                Sharder.<Long, DataSource>consistent().slots(4);

        ShardMap map = run(
                builder,
                Slotting.hashed(KeyForm.whole(), KeyHash.xxh3()),
                reshard -> {
                    reshard.accept(change -> {
                        change.isolate(7L, "s3");
                        change.isolate(8L, "s3");
                    });
                    reshard.accept(change -> change.release(7L));
                },
                key -> key == 8 ? "s3" : "");
        assertThat(map.divisions()).hasSize(1);
    }

    /** Carries out a step under load; what is on no shard by {@code homes} is where the map says. */
    private static ShardMap run(
            SharderBuilder<Long, DataSource> builder, Slotting<Long> slotting, Step step, LongFunction<String> homes)
            throws Exception {
        Map<String, HikariDataSource> pools = new LinkedHashMap<>();
        try (StartedScheduler scheduler = Scheduler.start("test-timer")) {
            for (String shard : List.of("s1", "s2", "s3")) {
                pools.put(shard, pool(TestDatabase.fresh()));
                ShardDatabases.execute(pools.get(shard), WriteLoad.TABLES);
            }
            VersionedRegister<ShardMap> register = Registers.inMemory("map");
            VersionedRegister<ReshardJournal> journal = Registers.inMemory("journal");
            try (Sharder<Long, DataSource> shards = builder.shard("s1", pools.get("s1"))
                    .shard("s2", pools.get("s2"))
                    .targets(pools::get)
                    .register(register)
                    .observer(Observer.none())
                    .time(TimeSource.system(), scheduler)
                    .writeBudget(Duration.ofSeconds(30))
                    .open()) {
                Map<String, PostgresShardStore> stores = new LinkedHashMap<>();
                pools.forEach((name, pool) ->
                        stores.put(name, PostgresShardStore.of(name, pool, slotting, WriteLoad.SHARDED)));
                stores.values().forEach(store -> store.install(shards.map()));
                Resharder resharder = Resharder.over(register)
                        .journal(journal)
                        .stores(stores::get)
                        .chunks(50, Duration.ofMillis(50))
                        .observer(Observer.none())
                        .time(TimeSource.system(), scheduler)
                        .build();
                try (WriteLoad load = new WriteLoad(shards, ShardGuard::check, 3, 2)) {
                    load.await(WRITES);
                    step.change(change -> {
                        resharder.run(shards.plan(change::accept));
                        shards.refresh();
                        await(load);
                    });
                    load.stop();
                    ShardMap map = shards.refresh();
                    RowAudit audit = RowAudit.of(load, Map.copyOf(pools), map, key -> {
                        String home = homes.apply(key);
                        return home.isEmpty() ? map.owner(slotting.slotOf(map, key)) : home;
                    });
                    assertThat(audit).matches(RowAudit::isClean);
                    return map;
                }
            }
        } finally {
            pools.values().forEach(HikariDataSource::close);
        }
    }

    private static void await(WriteLoad load) {
        try {
            load.await(WRITES);
        } catch (InterruptedException stop) {
            throw new IllegalStateException(stop);
        }
    }

    private static HikariDataSource pool(DataSource database) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database);
        config.setMaximumPoolSize(8);
        return new HikariDataSource(config);
    }
}
