package dev.tenfold.facade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.DataPath;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.queue.outbox.OutboxRelay;
import dev.tenfold.testing.TestDatabase;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Announcements stored with the write, on a real PostgreSQL, by processes that die between the commit and the relay. */
@Timeout(120)
class OutboxKillTest {

    private final DataSource database = TestDatabase.fresh();
    private final Broker broker = Broker.builder().observer(event -> {}).inMemory();
    private final Exchange<String> exchange = broker.fanoutExchange("accounts", String.class);
    private final Queue<String> queue = broker.queue("accounts", String.class, q -> q.maxLength(1_000_000));
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @BeforeEach
    void create() throws SQLException {
        AccountPath.createTables(database);
        exchange.bind(queue);
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
        broker.close(Duration.ZERO);
    }

    @Test
    void everyAcknowledgedWriteOfAKilledProcessIsAnnouncedInOrderAndNothingElse() throws Exception {
        List<String> acknowledged = writeUntilKilled(400);
        assertThat(queue.poll()).as("nobody has relayed yet").isEmpty();
        Map<Long, Long> balances = settledBalances();

        List<String> announced;
        try (OutboxRelay relay = OutboxRelay.of(AccountPath.OUTBOX, database, exchange)
                .poll(Duration.ofMillis(20))
                .executor(threads)
                .start()) {
            announced = takeUntilTheTableIsEmpty();
            assertThat(relay.measurements()).isNotEmpty();
        }

        assertThat(announced).containsAll(acknowledged);
        Map<Long, Long> last = new HashMap<>();
        for (String each : announced) {
            long account = Long.parseLong(each.substring(0, each.indexOf('=')));
            long balance = Long.parseLong(each.substring(each.indexOf('=') + 1));
            assertThat(balance)
                    .as("in order of account %s", account)
                    .isGreaterThanOrEqualTo(last.getOrDefault(account, 0L));
            last.put(account, balance);
        }
        assertThat(last).as("what was announced last is what is there").isEqualTo(balances);
        // Those killed between commit and answer are announced too: at most one for each thread, and the line that was
        // cut.
        assertThat(announced.stream().distinct().count() - acknowledged.size()).isBetween(0L, 5L);
    }

    @Test
    void aWriteIsAnnouncedRightAfterItsCommit() throws Exception {
        try (OutboxRelay relay = OutboxRelay.of(AccountPath.OUTBOX, database, exchange)
                .poll(Duration.ofHours(1))
                .executor(threads)
                .start()) {
            DataPath<Long, Long> accounts = AccountPath.over(database, relay::wake);
            accounts.put(7L, 70L);
            assertThat(takeUntilTheTableIsEmpty()).containsExactly("7=70");
        }
    }

    private List<String> writeUntilKilled(int enough) throws Exception {
        String url;
        try (Connection connection = database.getConnection()) {
            url = connection.getMetaData().getURL();
        }
        Process writer = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        AccountWriter.class.getName(),
                        url)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> acknowledged = new ArrayList<>();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
            String line = lines.readLine();
            while (line != null) {
                acknowledged.add(line);
                if (acknowledged.size() == enough) {
                    // The process itself would close its output, and what it said last with it.
                    assertThat(writer.toHandle().destroyForcibly()).isTrue();
                }
                line = lines.readLine();
            }
        } finally {
            writer.destroyForcibly();
        }
        assertThat(writer.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(enough);
        // The last line may have been cut.
        return acknowledged.subList(0, Math.max(enough, acknowledged.size() - 1));
    }

    /** Reads the balances once no transaction of the dead process is under way any more. */
    private Map<Long, Long> settledBalances() throws SQLException {
        while (count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND pid <> pg_backend_pid() AND backend_type = 'client backend'")
                > 0) {
            Thread.onSpinWait();
        }
        Map<Long, Long> balances = new HashMap<>();
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement("SELECT id, balance FROM account");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                balances.put(rows.getLong(1), rows.getLong(2));
            }
        }
        return balances;
    }

    private List<String> takeUntilTheTableIsEmpty() throws SQLException {
        List<String> taken = new ArrayList<>();
        while (count("SELECT count(*) FROM outbox") > 0) {
            takeAll(taken);
        }
        takeAll(taken);
        return taken;
    }

    private void takeAll(List<String> taken) {
        for (Optional<Delivery<String>> next = queue.poll(); next.isPresent(); next = queue.poll()) {
            taken.add(next.get().body());
            next.get().ack();
        }
    }

    private int count(String query) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(query);
                ResultSet row = select.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }
}
