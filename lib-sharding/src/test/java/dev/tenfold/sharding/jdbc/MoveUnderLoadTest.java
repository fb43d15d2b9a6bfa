package dev.tenfold.sharding.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.coordination.VersionedRegister.Versioned;
import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.Slotting;
import dev.tenfold.sharding.reshard.Changes;
import dev.tenfold.sharding.reshard.Cursor;
import dev.tenfold.sharding.reshard.RowChunk;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.StartedScheduler;
import dev.tenfold.time.TimeSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The store alone, driven straight through one move and back, under writers at three isolation levels; and the same with
 * guards that lack something, in which the audit must find what was lost: else it would prove nothing.
 */
@Timeout(120)
final class MoveUnderLoadTest {

    /** Without its foreign key, which would refuse to open a slot with an entry and without the account. */
    private static final String UNCHECKED = WriteLoad.TABLES.replace(" REFERENCES account", "");

    private static final Duration WAIT = Duration.ofSeconds(5);

    private final VersionedRegister<ShardMap> register = Registers.inMemory("map");
    private long token;

    @Test
    void losesNothing() throws Exception {
        assertThat(audit(ShardGuard::check, WriteLoad.TABLES, 2)).matches(RowAudit::isClean);
    }

    @Test
    void losesWritesThatAreNotRecorded() throws Exception {
        RowAudit audit = audit(
                (connection, route) -> {
                    ShardGuard.check(connection, route);
                    set(connection, Integer.toString(route.slot()));
                },
                UNCHECKED,
                1);
        assertThat(audit.lost()).isNotEmpty();
    }

    @Test
    void losesWritesThatPassNoGuard() throws Exception {
        RowAudit audit = audit((connection, route) -> set(connection, "mover"), UNCHECKED, 1);
        assertThat(audit.lost()).isNotEmpty();
    }

    private static void set(Connection connection, String slot) throws SQLException {
        try (PreparedStatement set = connection.prepareStatement("SELECT set_config('tenfold.slot', ?, true)")) {
            set.setString(1, slot);
            set.execute();
        }
    }

    private RowAudit audit(WriteLoad.Guarding guarding, String tables, int moves) throws Exception {
        Map<String, DataSource> databases = new LinkedHashMap<>();
        for (String shard : new String[] {"s1", "s2"}) {
            DataSource database = ShardDatabases.pooled(TestDatabase.fresh());
            ShardDatabases.execute(database, tables);
            databases.put(shard, database);
        }
        try (StartedScheduler scheduler = Scheduler.start("test-timer");
                Sharder<Long, DataSource> shards = Sharder.<Long, DataSource>consistent()
                        .slots(16)
                        .shard("s1", databases.get("s1"))
                        .shard("s2", databases.get("s2"))
                        .register(register)
                        .observer(Observer.none())
                        .time(TimeSource.system(), scheduler)
                        .writeBudget(Duration.ofSeconds(30))
                        .open()) {
            databases.forEach((name, database) -> store(name, database).install(shards.map()));
            try (WriteLoad load = new WriteLoad(shards, guarding, 4, 2)) {
                for (int i = 0; i < moves; i++) {
                    load.await(150);
                    String from = i % 2 == 0 ? "s1" : "s2";
                    String to = i % 2 == 0 ? "s2" : "s1";
                    move(store(from, databases.get(from)), store(to, databases.get(to)));
                }
                load.stop();
                return RowAudit.of(load, databases, shards.refresh());
            }
        }
    }

    private static PostgresShardStore store(String shard, DataSource database) {
        return PostgresShardStore.of(
                shard, database, Slotting.hashed(KeyForm.whole(), KeyHash.xxh3()), WriteLoad.SHARDED);
    }

    /** No throttle, no comparison, no crash: what is left is the store. */
    private void move(PostgresShardStore from, PostgresShardStore to) {
        Versioned<ShardMap> map = register.read().orElseThrow();
        int[] slots = map.value().slotsOf(from.shard());
        token++;
        from.claim(slots, token);
        to.claim(slots, token);
        to.expect(slots, token, from.shard());
        assertThat(from.capture(slots, token, to.shard(), WAIT)).isTrue();
        for (Cursor at = Cursor.START; !at.equals(Cursor.END); ) {
            RowChunk chunk = from.read(map.value(), slots, at, 50);
            to.copy(slots, token, chunk);
            at = chunk.next();
        }
        for (int round = 0; round < 5; round++) {
            drain(from, to, slots, 20);
        }
        assertThat(from.fence(slots, token, to.shard(), WAIT)).isTrue();
        while (from.backlog(slots) > 0) {
            drain(from, to, slots, 100);
        }
        ShardMap moved = map.value().withOwner(slots, to.shard());
        assertThat(register.compareAndSet(map.version(), moved)).isPresent();
        to.open(slots, token, moved.epoch(), Optional.empty());
        boolean cleared;
        do {
            cleared = from.clear(moved, slots, token, 100);
        } while (!cleared);
    }

    private void drain(PostgresShardStore from, PostgresShardStore to, int[] slots, int atMost) {
        Changes changes = from.changes(slots, atMost);
        if (!changes.isEmpty()) {
            to.apply(slots, token, changes);
            from.forget(slots, token, changes);
        }
    }
}
