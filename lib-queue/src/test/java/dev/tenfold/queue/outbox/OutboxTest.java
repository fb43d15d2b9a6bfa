package dev.tenfold.queue.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.Codec;
import dev.tenfold.coordination.LeaseState;
import dev.tenfold.coordination.Leases;
import dev.tenfold.coordination.Registers;
import dev.tenfold.observe.Event;
import dev.tenfold.queue.Broker;
import dev.tenfold.queue.Delivery;
import dev.tenfold.queue.Exchange;
import dev.tenfold.queue.Queue;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.TimeSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The outbox on a real PostgreSQL. */
class OutboxTest {

    private final DataSource database = TestDatabase.fresh();
    private final Outbox<String> outbox = Outbox.of("outbox", Codec.utf8());
    private final Broker broker = Broker.builder().observer(event -> {}).inMemory();
    private final Exchange<String> exchange = broker.fanoutExchange("orders", String.class);
    private final Queue<String> queue = broker.queue(
            "orders", String.class, q -> q.deduplicate(Duration.ofMinutes(1)).maxLength(100_000));
    private final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @BeforeEach
    void create() {
        outbox.createTable(database);
        outbox.createTable(database);
        exchange.bind(queue);
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
        broker.close(Duration.ZERO);
    }

    private OutboxRelay.Builder<String> relay(DataSource source) {
        return OutboxRelay.of(outbox, source, exchange)
                .poll(Duration.ofMillis(20))
                .executor(threads)
                .observer(events::add);
    }

    private void commit(String key, String... bodies) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            for (String body : bodies) {
                outbox.record(connection, key, "order.created", body, Map.of("trace", "t-" + body));
            }
            connection.commit();
        }
    }

    private int rows() throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement count = connection.prepareStatement("SELECT count(*) FROM outbox");
                ResultSet result = count.executeQuery()) {
            result.next();
            return result.getInt(1);
        }
    }

    private List<String> take(int count) throws InterruptedException {
        List<String> bodies = new ArrayList<>();
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (bodies.size() < count && System.nanoTime() < end) {
            Optional<Delivery<String>> next = queue.poll();
            if (next.isPresent()) {
                bodies.add(next.get().body());
                next.get().ack();
            } else {
                Thread.onSpinWait();
            }
        }
        return bodies;
    }

    private void awaitEmptyTable() throws SQLException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (rows() > 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(rows()).isZero();
    }

    @Test
    void publishesWhatWasCommittedAndNothingElse() throws Exception {
        commit("a", "1", "2");
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            outbox.record(connection, "a", "order.created", "rolled back");
            connection.rollback();
        }
        try (Connection victim = database.getConnection();
                Connection killer = database.getConnection();
                Statement kill = killer.createStatement()) {
            victim.setAutoCommit(false);
            outbox.record(victim, "b", "order.created", "killed");
            int pid = victim.unwrap(org.postgresql.PGConnection.class).getBackendPID();
            kill.execute("SELECT pg_terminate_backend(" + pid + ")");
            assertThatThrownBy(victim::commit).isInstanceOf(SQLException.class);
        }
        commit("b", "3");
        try (OutboxRelay relay = relay(database).start()) {
            assertThat(take(3)).containsExactlyInAnyOrder("1", "2", "3").containsSubsequence("1", "2");
            awaitEmptyTable();
            assertThat(relay.measurements().get(0).value().getAsDouble()).isEqualTo(3);
        }
        assertThat(queue.inspect().messages()).isZero();
    }

    @Test
    void keyAndHeadersReachTheConsumer() throws Exception {
        commit("a", "1");
        try (OutboxRelay relay = relay(database).start()) {
            awaitEmptyTable();
        }
        Delivery<String> delivery = queue.poll().orElseThrow();
        assertThat(delivery.routingKey()).isEqualTo("order.created");
        assertThat(delivery.headers()).containsEntry("trace", "t-1");
        assertThat(delivery.message().id()).contains("outbox-1");
    }

    @Test
    void recordingOutsideATransactionIsRefused() throws Exception {
        try (Connection connection = database.getConnection()) {
            assertThatThrownBy(() -> outbox.record(connection, "a", "k", "m"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("setAutoCommit(false)");
        }
        assertThatThrownBy(() -> Outbox.of("out;box", Codec.utf8())).hasMessageContaining("table: out;box");
    }

    /** Each thread takes the next number of a key and records it in one transaction, which it holds for a while. */
    @Test
    void eachKeyKeepsTheOrderOfItsCommits() throws Exception {
        Map<String, AtomicInteger> numbers = new HashMap<>();
        for (String key : List.of("a", "b", "c")) {
            numbers.put(key, new AtomicInteger());
        }
        List<Future<?>> writers = new ArrayList<>();
        try (OutboxRelay relay = relay(database).batch(7).start()) {
            for (int thread = 0; thread < 4; thread++) {
                int start = thread;
                writers.add(threads.submit(() -> {
                    for (int i = 0; i < 30; i++) {
                        String key = List.of("a", "b", "c").get((start + i) % 3);
                        try (Connection connection = database.getConnection()) {
                            connection.setAutoCommit(false);
                            // The lock of the key is held from here to the commit, so the number is in its order.
                            outbox.record(connection, key, "k", key + ":first");
                            String body = key + ":" + numbers.get(key).incrementAndGet();
                            outbox.record(connection, key, "k", body);
                            connection.commit();
                        }
                    }
                    return null;
                }));
            }
            List<String> seen = take(240);
            for (Future<?> writer : writers) {
                writer.get(30, TimeUnit.SECONDS);
            }
            assertThat(seen).hasSize(240);
            for (String key : numbers.keySet()) {
                List<String> numbered = seen.stream()
                        .filter(body -> body.startsWith(key + ":") && !body.endsWith("first"))
                        .toList();
                List<String> expected = new ArrayList<>();
                for (int i = 1; i <= numbers.get(key).get(); i++) {
                    expected.add(key + ":" + i);
                }
                assertThat(numbered).isEqualTo(expected);
            }
        }
    }

    @Test
    void aRelayThatDiesBetweenPublishingAndDeletingRepeatsItselfAndTheQueueNotices() throws Exception {
        commit("a", "1", "2", "3");
        AtomicBoolean dead = new AtomicBoolean();
        DataSource dies = (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("getConnection")
                            && queue.inspect().ready() == 3) {
                        dead.set(true);
                        throw new SQLException("the process died here");
                    }
                    try {
                        return method.invoke(database, arguments);
                    } catch (InvocationTargetException failure) {
                        throw failure.getCause();
                    }
                });
        OutboxRelay first = relay(dies).start();
        while (!dead.get()) {
            Thread.onSpinWait();
        }
        first.close();
        assertThat(rows()).isEqualTo(3);
        assertThat(events).anyMatch(event -> event.kind().equals("outbox.failed"));
        try (OutboxRelay second = relay(database).start()) {
            awaitEmptyTable();
        }
        assertThat(take(3)).containsExactly("1", "2", "3");
        assertThat(queue.inspect().messages()).isZero();
    }

    @Test
    void aRefusedMessageHoldsUpItsKeyAndNoOther() throws Exception {
        Queue<String> small = broker.queue("small", String.class, q -> q.maxLength(1));
        Exchange<String> direct = broker.directExchange("direct", String.class);
        direct.bind(small, "small");
        direct.bind(queue, "big");
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            outbox.record(connection, "a", "small", "a1");
            outbox.record(connection, "a", "small", "a2");
            outbox.record(connection, "a", "big", "a3");
            outbox.record(connection, "b", "big", "b1");
            connection.commit();
        }
        try (OutboxRelay relay = OutboxRelay.of(outbox, database, direct)
                .poll(Duration.ofMillis(20))
                .executor(threads)
                .observer(events::add)
                .start()) {
            assertThat(take(1)).containsExactly("b1");
            assertThat(queue.inspect().messages()).isZero();
            small.poll().orElseThrow().ack();
            assertThat(take(1)).containsExactly("a3");
            assertThat(small.poll().orElseThrow().body()).isEqualTo("a2");
            awaitEmptyTable();
        }
    }

    @Test
    void oneOfSeveralProcessesRelaysAndAnotherTakesOver() throws Exception {
        var register = Registers.<LeaseState>inMemory("relay");
        var lease = Leases.over(register, TimeSource.system());
        OutboxRelay first =
                relay(database).lease(lease, "one", Duration.ofSeconds(30)).start();
        commit("a", "1");
        awaitEmptyTable();
        CountDownLatch rounds = new CountDownLatch(3);
        OutboxRelay second = relay(database)
                .lease(lease, "two", Duration.ofSeconds(30))
                .executor(task -> threads.execute(() -> {
                    task.run();
                    rounds.countDown();
                }))
                .start();
        assertThat(rounds.await(20, TimeUnit.SECONDS)).isTrue();
        commit("a", "2");
        awaitEmptyTable();
        assertThat(second.measurements().get(0).value().getAsDouble()).isZero();
        first.close();
        commit("a", "3");
        awaitEmptyTable();
        second.close();
        assertThat(second.measurements().get(0).value().getAsDouble()).isEqualTo(1);
        assertThat(take(3)).containsExactly("1", "2", "3");
    }
}
