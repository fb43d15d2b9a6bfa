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
import dev.tenfold.queue.Message;
import dev.tenfold.queue.Queue;
import dev.tenfold.retry.Backoff;
import dev.tenfold.testing.Await;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.testing.TestDatabase;
import dev.tenfold.time.TimeSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
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
import java.util.UUID;
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

    private final DataSource database = fresh();
    private final Outbox<String> outbox = Outbox.of("outbox", Codec.utf8());
    private final Broker broker = Broker.builder().observer(event -> {}).inMemory();
    private final Exchange<String> exchange = broker.fanoutExchange("orders", String.class);
    private final Queue<String> queue = broker.queue(
            "orders", String.class, q -> q.deduplicate(Duration.ofMinutes(1)).maxLength(100_000));
    private final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    private final ExecutorService threads = Executors.newCachedThreadPool();

    /** Creates an empty database. */
    DataSource fresh() {
        return TestDatabase.fresh();
    }

    /** Ends a connection in the middle of its transaction, as the end of its process would. */
    void kill(Connection victim) throws SQLException {
        try (Connection killer = database.getConnection();
                Statement kill = killer.createStatement()) {
            int pid = victim.unwrap(org.postgresql.PGConnection.class).getBackendPID();
            kill.execute("SELECT pg_terminate_backend(" + pid + ")");
        }
    }

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
        try (Connection victim = database.getConnection()) {
            victim.setAutoCommit(false);
            outbox.record(victim, "b", "order.created", "killed");
            kill(victim);
            assertThatThrownBy(victim::commit).isInstanceOf(SQLException.class);
        }
        commit("b", "3");
        try (OutboxRelay relay = relay(database).start()) {
            assertThat(take(3)).containsExactlyInAnyOrder("1", "2", "3").containsSubsequence("1", "2");
            awaitEmptyTable();
            // It counts once it has committed the deletion.
            Await.until(
                    "three counted", () -> relay.measurements().get(0).value().getAsDouble() == 3);
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
        assertThat(delivery.message().id()).hasValueSatisfying(UUID::fromString);
    }

    /** Two shards have outboxes of one name, whose rows have the same numbers, and one queue. */
    @Test
    void aQueueThatTakesAMessageOnceTakesThoseOfAnotherDatabaseToo() throws Exception {
        DataSource other = fresh();
        outbox.createTable(other);
        commit("a", "here");
        try (Connection connection = other.getConnection()) {
            connection.setAutoCommit(false);
            outbox.record(connection, "a", "order.created", "there");
            connection.commit();
        }
        try (OutboxRelay here = relay(database).start();
                OutboxRelay there = relay(other).start()) {
            assertThat(take(2)).containsExactlyInAnyOrder("here", "there");
        }
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

    /** A relay whose rounds run as time passes, on this thread. */
    private OutboxRelay.Builder<String> stepped(Exchange<String> to, SimulatedTime time) {
        return OutboxRelay.of(outbox, database, to)
                .poll(Duration.ofMillis(500))
                .time(time)
                .scheduler(time)
                .executor(Runnable::run)
                .observer(events::add);
    }

    private void record(String key, String routingKey, String body) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            outbox.record(connection, key, routingKey, body);
            connection.commit();
        }
    }

    private List<String> waiting() {
        return queue.browse(100).stream().map(Message::body).toList();
    }

    /** Even where a round holds one message only, it is never the one that waits. */
    @Test
    void aMessageThatIsRefusedForGoodIsParkedAndHoldsUpNothingButItsKeyUntilThen() throws Exception {
        SimulatedTime time = new SimulatedTime();
        Exchange<String> direct = broker.directExchange("direct", String.class);
        direct.bind(queue, "known");
        record("a", "unknown", "a1");
        record("a", "known", "a2");
        record("b", "known", "b1");
        OutboxRelay.Builder<String> builder = stepped(direct, time)
                .batch(1)
                .mandatory()
                .retry(Backoff.fixed(Duration.ofSeconds(10)).attempts(3));
        try (OutboxRelay relay = builder.start()) {
            time.advance(Duration.ofSeconds(1));
            assertThat(waiting()).containsExactly("b1");
            record("c", "known", "c1");
            time.advance(Duration.ofSeconds(10));
            assertThat(waiting()).containsExactly("b1", "c1");
            assertThat(outbox.parked(database, 10)).isEmpty();
        }
        // What was tried so far is in the table, for whoever relays next.
        try (OutboxRelay next = builder.start()) {
            time.advance(Duration.ofSeconds(10));
            assertThat(waiting()).containsExactly("b1", "c1", "a2");
            List<Outbox.Parked> parked = outbox.parked(database, 10);
            assertThat(parked).hasSize(1);
            assertThat(parked.get(0).key()).isEqualTo("a");
            assertThat(parked.get(0).routingKey()).isEqualTo("unknown");
            assertThat(parked.get(0).attempts()).isEqualTo(3);
            assertThat(parked.get(0).reason()).contains("'unknown'", "to no queue");
            assertThat(parked.get(0).since()).isBefore(time.now());
            assertThat(events).anyMatch(event -> event.kind().equals("outbox.parked"));

            direct.bind(queue, "unknown");
            time.advance(Duration.ofMinutes(1));
            assertThat(rows()).isEqualTo(1);
            assertThat(outbox.release(database, parked.get(0).id())).isTrue();
            assertThat(outbox.release(database, parked.get(0).id())).isFalse();
            time.advance(Duration.ofSeconds(1));
            assertThat(waiting()).containsExactly("b1", "c1", "a2", "a1");
            assertThat(rows()).isZero();
        }
    }

    @Test
    void aRowThatCannotBeReadIsParkedLikeOneThatIsTooLarge() throws Exception {
        SimulatedTime time = new SimulatedTime();
        Outbox<String> careless = Outbox.of("outbox", Codec.of(text -> text.getBytes(StandardCharsets.UTF_8), bytes -> {
            throw new IllegalArgumentException("not a text");
        }));
        record("a", "k", "unreadable");
        try (OutboxRelay relay = OutboxRelay.of(careless, database, exchange)
                .time(time)
                .scheduler(time)
                .executor(Runnable::run)
                .observer(events::add)
                .retry(Backoff.none().attempts(1))
                .start()) {
            assertThat(outbox.parked(database, 10)).hasSize(1);
        }
        Queue<String> tiny = broker.queue("tiny", String.class, q -> q.maxBytes(10));
        Exchange<String> toTiny = broker.fanoutExchange("to-tiny", String.class);
        toTiny.bind(tiny);
        record("a", "k", "much longer than ten bytes");
        record("a", "k", "short");
        try (OutboxRelay relay =
                stepped(toTiny, time).retry(Backoff.none().attempts(1)).start()) {
            time.advance(Duration.ofSeconds(1));
            assertThat(tiny.poll().orElseThrow().body()).isEqualTo("short");
        }
        assertThat(outbox.parked(database, 10))
                .extracting(Outbox.Parked::reason)
                .anyMatch(reason -> reason.contains("not a text"))
                .anyMatch(reason -> reason.contains("maxBytes"));
        assertThat(outbox.parked(database, 1)).hasSize(1);
    }

    /** However long it is closed, it has refused nothing. */
    @Test
    void aBrokerThatIsClosedParksNothing() throws Exception {
        SimulatedTime time = new SimulatedTime();
        record("a", "k", "1");
        broker.close(Duration.ZERO);
        try (OutboxRelay relay = stepped(exchange, time)
                .retry(Backoff.fixed(Duration.ofMillis(1)).attempts(2))
                .start()) {
            time.advance(Duration.ofSeconds(10));
            assertThat(outbox.parked(database, 10)).isEmpty();
            assertThat(events).anyMatch(event -> event.kind().equals("outbox.failed"));
        }
        Broker other = Broker.builder().observer(event -> {}).inMemory();
        Exchange<String> open = other.fanoutExchange("orders", String.class);
        Queue<String> target = other.queue("orders", String.class);
        open.bind(target);
        try (OutboxRelay relay = stepped(open, time).start()) {
            time.advance(Duration.ofSeconds(1));
            assertThat(target.poll().orElseThrow().body()).isEqualTo("1");
        }
        other.close(Duration.ZERO);
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
