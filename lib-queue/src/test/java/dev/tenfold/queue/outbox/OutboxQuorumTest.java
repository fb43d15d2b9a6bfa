package dev.tenfold.queue.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.Codec;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.testing.Await;
import dev.tenfold.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** An outbox on a primary whose commits wait for replicas, none of which is there. */
class OutboxQuorumTest {

    private final DataSource database = TestDatabase.fresh();
    private final Outbox<String> outbox = Outbox.of("outbox", Codec.utf8());

    @Test
    void publishesOnlyWhatTheReplicasHave() throws Exception {
        outbox.createTable(database);
        // The server for tests does not wait for its own disk.
        execute(
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$");
        ExecutorService threads = Executors.newCachedThreadPool();
        Broker broker = Broker.builder().observer(event -> {}).inMemory();
        Exchange<String> exchange = broker.fanoutExchange("orders", String.class);
        Queue<String> queue = broker.queue("orders", String.class, q -> q.deduplicate(Duration.ofMinutes(1)));
        exchange.bind(queue);
        replicas("nobody");
        try {
            // Its commit waits, which shows that the server knows of the replicas that it is to wait for.
            Future<?> waiting = threads.submit(() -> {
                commit("on", "waits");
                return null;
            });
            Await.until("a commit waits for replicas", () -> waitingForReplicas() == 1);
            commit("local", "visible, as after a crash"); // though no replica has it
            try (OutboxRelay relay = OutboxRelay.of(outbox, database, exchange)
                    .poll(Duration.ofMillis(20))
                    .executor(threads)
                    .observer(event -> {})
                    .start()) {
                Await.until("the relay waits, too", () -> waitingForReplicas() == 2);
                assertThat(queue.poll()).isEmpty();

                replicas("");
                waiting.get(30, TimeUnit.SECONDS);
                Await.until("both are published", () -> queue.inspect().messages() == 2);
                assertThat(queue.poll().map(Delivery::body)).hasValue("visible, as after a crash");
                assertThat(relay.measurements()).isNotEmpty();
            }
        } finally {
            replicas("");
            threads.shutdownNow();
            broker.close(Duration.ZERO);
        }
    }

    private void commit(String durability, String body) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement settings = connection.createStatement()) {
            connection.setAutoCommit(false);
            settings.execute("SET LOCAL synchronous_commit = " + durability);
            outbox.record(connection, body, "order.created", body);
            connection.commit();
        }
    }

    private void replicas(String names) throws SQLException {
        execute("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
        execute("SELECT pg_reload_conf()");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private int waitingForReplicas() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet count =
                        statement.executeQuery("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")) {
            count.next();
            return count.getInt(1);
        }
    }
}
