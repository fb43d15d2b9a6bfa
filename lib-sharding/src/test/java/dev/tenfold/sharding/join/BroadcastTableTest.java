package dev.tenfold.sharding.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.join.BroadcastReport.State;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.TimeSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BroadcastTableTest {

    private static final String CURRENCY =
            "CREATE TABLE currency (code text PRIMARY KEY, rate double precision NOT NULL,"
                    + " twice double precision GENERATED ALWAYS AS (rate * 2) STORED, note json, tags text[],"
                    + " seen timestamptz NOT NULL DEFAULT now(), raw bytea)";

    private final DataSource control = TestDatabase.fresh();
    private final Map<String, DataSource> shards = new LinkedHashMap<>();
    private final BroadcastTable currencies =
            BroadcastTable.of("currency", control, () -> shards, Observer.none(), TimeSource.system());

    @BeforeEach
    void createTables() throws SQLException {
        shards.put("s1", TestDatabase.fresh());
        shards.put("s2", TestDatabase.fresh());
        execute(control, CURRENCY);
        for (DataSource shard : shards.values()) {
            execute(shard, CURRENCY);
        }
        execute(
                shards.get("s1"),
                "CREATE TABLE price (id integer PRIMARY KEY, currency text NOT NULL REFERENCES currency)");
        currencies.install();
    }

    @Test
    void bringsEveryWriteToEveryShardAndRepairsWhatMissedOne() throws SQLException {
        BroadcastReport written = currencies.write(
                connection -> run(
                        connection,
                        "INSERT INTO currency (code, rate, note, tags, raw) VALUES ('EUR', 1, '{\"a\": [1, \"\\\\\"]}',"
                                + " ARRAY['x,y', NULL], '\\x00ff'), ('USD', 0.1, NULL, NULL, NULL), ('XXX', 0, NULL, NULL, NULL)"));
        assertThat(written.version()).isOne();
        assertThat(written.isWhole()).isTrue();
        assertThat(rows(shards.get("s1"))).isEqualTo(rows(control)).hasSize(3);
        execute(shards.get("s1"), "INSERT INTO price VALUES (1, 'EUR')");
        String untouched = ctid(shards.get("s1"), "EUR");

        DataSource lost = shards.put("s2", broken());
        BroadcastReport missed = currencies.write(connection -> run(
                connection,
                "DELETE FROM currency WHERE code = 'XXX'",
                "UPDATE currency SET rate = 2 WHERE code = 'USD'"));
        assertThat(missed.isWhole()).isFalse();
        assertThat(missed.missed()).containsExactly("s2");
        assertThat(missed.copies().get("s2").state()).isEqualTo(State.FAILED);
        assertThat(missed.toString()).contains("s2=FAILED at version 0 (java.sql.SQLException: down)");
        assertThat(rows(shards.get("s1"))).isEqualTo(rows(control)).hasSize(2);
        assertThat(ctid(shards.get("s1"), "EUR"))
                .as("a row that stays, to which others refer")
                .isEqualTo(untouched);

        shards.put("s2", lost);
        assertThat(currencies.verify().copies().get("s2").state()).isEqualTo(State.BEHIND);
        assertThat(currencies.repair().isWhole()).isTrue();
        assertThat(rows(lost)).isEqualTo(rows(control));
    }

    @Test
    void findsWhatOthersDidToACopyAndFillsNewShards() throws SQLException {
        currencies.write(connection -> run(connection, "INSERT INTO currency (code, rate) VALUES ('EUR', 1)"));
        execute(shards.get("s2"), "UPDATE currency SET rate = 7");
        assertThat(currencies.verify().copies().get("s2").state()).isEqualTo(State.ALTERED);
        shards.put("s3", TestDatabase.fresh());
        execute(shards.get("s3"), CURRENCY, "SET TimeZone = 'Asia/Tokyo'");
        assertThat(currencies.verify().missed()).containsExactly("s2", "s3");
        assertThat(currencies.repair().isWhole()).isTrue();
        assertThat(rows(shards.get("s2"))).isEqualTo(rows(control)).isEqualTo(rows(shards.get("s3")));
        // The original may be on a shard.
        shards.put("s4", control);
        BroadcastReport all = currencies.write(connection -> run(connection, "DELETE FROM currency"));
        assertThat(all.isWhole()).isTrue();
        assertThat(rows(shards.get("s3"))).isEmpty();
        Sharder<Long, DataSource> sharder = Sharder.<Long, DataSource>consistent()
                .shard("s1", shards.get("s1"))
                .shard("s2", shards.get("s2"))
                .build();
        BroadcastTable routed = BroadcastTable.of("currency", control, sharder::targets);
        assertThat(routed.verify().copies().keySet()).containsExactly("s1", "s2");
        assertThat(routed.verify().isWhole()).isTrue();
    }

    @Test
    void aFailedWriteChangesNothingAndAForeignKeyKeepsItsRow() throws SQLException {
        currencies.write(connection -> run(connection, "INSERT INTO currency (code, rate) VALUES ('EUR', 1)"));
        assertThatThrownBy(() -> currencies.write(connection ->
                        run(connection, "DELETE FROM currency", "INSERT INTO currency (code) VALUES ('no rate')")))
                .isInstanceOf(CallFailedException.class)
                .hasMessageContaining("writing the original of broadcast table currency");
        assertThat(rows(control)).hasSize(1);
        assertThat(currencies.verify().version()).isOne();
        execute(shards.get("s1"), "INSERT INTO price VALUES (1, 'EUR')");
        BroadcastReport report = currencies.write(connection -> run(connection, "DELETE FROM currency"));
        assertThat(report.missed()).containsExactly("s1");
        assertThat(report.copies().get("s1").failure()).contains("price");
        assertThat(rows(shards.get("s2"))).isEmpty();
        assertThatThrownBy(() -> BroadcastTable.of("a; b", control, () -> shards))
                .isInstanceOf(InvalidConfigurationException.class);
    }

    /** Writers race: whatever order their copies arrive in, the last version ends up everywhere. */
    @Test
    void writersThatRaceLeaveOneResult() throws Exception {
        currencies.write(connection -> run(connection, "INSERT INTO currency (code, rate) VALUES ('EUR', 0)"));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (int writer = 0; writer < 4; writer++) {
                writers.add(threads.submit(() -> {
                    for (int i = 0; i < 5; i++) {
                        BroadcastReport report =
                                currencies.write(connection -> run(connection, "UPDATE currency SET rate = rate + 1"));
                        assertThat(report.isWhole()).as("%s", report).isTrue();
                    }
                    return null;
                }));
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
        } finally {
            threads.shutdownNow();
        }
        BroadcastReport report = currencies.verify();
        assertThat(report.version()).isEqualTo(21);
        assertThat(report.isWhole()).isTrue();
        assertThat(rows(shards.get("s2")).get(0)).contains("EUR,20,40");
    }

    private static DataSource broken() {
        return (DataSource) java.lang.reflect.Proxy.newProxyInstance(
                BroadcastTableTest.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, values) -> {
                    throw new SQLException("down");
                });
    }

    private static void execute(DataSource database, String... statements) throws SQLException {
        try (Connection connection = database.getConnection()) {
            run(connection, statements);
        }
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static List<String> rows(DataSource database) throws SQLException {
        return query(database, "SELECT t::text FROM currency t ORDER BY code");
    }

    private static String ctid(DataSource database, String code) throws SQLException {
        return query(database, "SELECT ctid::text FROM currency WHERE code = '" + code + "'")
                .get(0);
    }

    private static List<String> query(DataSource database, String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                rows.add(row.getString(1));
            }
        }
        return rows;
    }
}
