package dev.tenfold.cache.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.Codec;
import dev.tenfold.cache.InvalidationBus;
import dev.tenfold.cache.InvalidationBus.Message;
import dev.tenfold.cache.RemoteTier;
import dev.tenfold.cache.RemoteTier.Entry;
import dev.tenfold.cache.RemoteTier.Reading;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.session.Position;
import dev.tenfold.testing.Await;
import dev.tenfold.testing.TcpRelay;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What another node hears, and what becomes of it as the server or the way there fails. */
@Timeout(60)
final class RedisTierFaultTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration HEARTBEAT = Duration.ofMillis(100);

    private final List<RedisTier<String, String>> opened = new ArrayList<>();
    private RedisProcess server;
    private TcpRelay relay;

    /** Writes down what it is told. */
    private static final class Log implements InvalidationBus.Subscriber<String> {
        final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

        @Override
        public void received(Message<String> message) {
            lines.add(message.all() ? "all" : "" + message.keys() + message.tags() + message.prefixes());
        }

        @Override
        public void interrupted() {
            lines.add("interrupted");
        }

        @Override
        public void resumed() {
            lines.add("resumed");
        }

        String next() throws InterruptedException {
            return String.valueOf(lines.poll(20, TimeUnit.SECONDS));
        }

        void awaitLine(String line) throws InterruptedException {
            for (String next = next(); !next.equals(line); next = next()) {
                assertThat(next).isNotEqualTo("null");
            }
        }
    }

    @BeforeEach
    void start() throws Exception {
        server = new RedisProcess();
        relay = TcpRelay.to(server.port());
    }

    @AfterEach
    void stop() throws Exception {
        opened.forEach(RedisTier::close);
        relay.close();
        server.close();
    }

    private RedisTierBuilder<String, String> node() {
        return RedisTier.builder("faults", Codec.utf8(), Codec.utf8())
                .timeout(TIMEOUT)
                .heartbeat(HEARTBEAT)
                .reconnect(Backoff.exponential(Duration.ofMillis(20), Duration.ofMillis(100)))
                .observer(Observer.none());
    }

    private String relayed() {
        return "redis://127.0.0.1:" + relay.port();
    }

    private RedisTier<String, String> opened(RedisTier<String, String> tier) {
        opened.add(tier);
        Await.until("connected", tier::isConnected);
        return tier;
    }

    private static Entry<String> entry(String value) {
        return new Entry<>(value, Position.none(), Position.none(), Duration.ZERO, null, List.of());
    }

    private static Message<String> message(List<String> keys, List<String> tags, boolean all) {
        return new Message<>("faults", "someone", keys, tags, List.of(), all);
    }

    private static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static String value(RedisTier<String, String> tier, String key) throws Exception {
        Reading<String> reading = done(tier.get(key));
        return reading.entry() == null ? "none" : String.valueOf(reading.entry().value());
    }

    @Test
    void tellsOtherNodesWhateverTheyHold() throws Exception {
        RedisTier<String, String> a = opened(node().connect(server.uri()));
        RedisTier<String, String> b = opened(node().connect(server.uri()));
        Log own = new Log();
        Log log = new Log();
        a.bus().subscribe(own);
        InvalidationBus.Subscription heard = b.bus().subscribe(log);

        // Whoever fills an entry changes nothing.
        done(a.fill("l", done(a.get("l")).lease(), entry("w")));
        done(a.invalidate(message(List.of("absent"), List.of(), false)));
        assertThat(log.next()).isEqualTo("[absent][][]");
        done(a.put("k", entry("v")));
        log.awaitLine("[k][][]");
        done(a.bus().publish(message(List.of("x"), List.of("t"), false)));
        log.awaitLine("[x][t][]");
        // Of what the server itself tells, nothing of one's own; the cache knows its messages by their origin.
        assertThat(own.next()).isEqualTo("[x][t][]");
        assertThat(own.lines).isEmpty();
        assertThat(log.lines).isEmpty();

        try (RedisClientOf foreign = new RedisClientOf(server.uri())) {
            foreign.connection.sync().flushall();
            assertThat(log.next()).isEqualTo("all");
        }
        heard.close();
        done(a.put("k", entry("v")));
        assertThat(log.lines).isEmpty();
    }

    private static final class RedisClientOf implements AutoCloseable {
        final RedisClient client;
        final StatefulRedisConnection<String, String> connection;

        RedisClientOf(String uri) {
            client = RedisClient.create(uri);
            connection = client.connect();
        }

        @Override
        public void close() {
            client.shutdown();
        }
    }

    @Test
    void failsAtOnceWithoutTheServerAndPaysWhatItOwesOnceItIsBack() throws Exception {
        RedisTier<String, String> a = opened(node().connect(relayed()));
        RedisTier<String, String> b = opened(node().connect(server.uri()));
        Log log = new Log();
        b.bus().subscribe(log);
        done(b.put("k", entry("old")));
        done(b.put("l", entry("other")));
        assertThat(value(a, "k")).isEqualTo("old");

        relay.refuse(true);
        Await.until("the cut is noticed", () -> !a.isConnected());
        assertThatThrownBy(() -> done(a.get("l"))).hasMessageContaining("not connected");
        assertThatThrownBy(() -> done(a.invalidate(message(List.of("k"), List.of(), false))))
                .hasMessageContaining("not connected");
        Reading<String> reading = done(a.get("k"));
        assertThat(reading.entry()).isNull();
        assertThat(reading.lease()).isEqualTo(RemoteTier.NO_LEASE);
        assertThatThrownBy(() -> done(a.bus().publish(message(List.of(), List.of("red"), false))));
        assertThat(done(a.get("l")).lease()).isEqualTo(RemoteTier.NO_LEASE);

        relay.refuse(false);
        Await.until("connected again", a::isConnected);
        assertThat(value(b, "k")).isEqualTo("none");
        assertThat(value(a, "l")).isEqualTo("other");
        log.awaitLine("[k][red][]");
    }

    @Test
    void noticesAConnectionThatFellSilent() throws Exception {
        RedisTier<String, String> a = opened(node().connect(relayed()));
        Log log = new Log();
        a.bus().subscribe(log);
        long began = System.nanoTime();
        relay.swallow(true);
        assertThat(log.next()).isEqualTo("interrupted");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
        assertThat(a.isConnected()).isFalse();
        relay.swallow(false);
        log.awaitLine("resumed");
        done(a.put("k", entry("v")));
        assertThat(value(a, "k")).isEqualTo("v");
    }

    @Test
    void refusesAPutThatComesAfterItsConnectionWasGivenUp() throws Exception {
        RedisTier<String, String> a = opened(node().connect(server.uri()));
        done(a.put("k", entry("old")));
        try (RedisClientOf later = new RedisClientOf(server.uri())) {
            for (String fence : later.connection.sync().keys("tenfold:1:{faults}:f:*")) {
                later.connection.sync().set(fence, "1000");
            }
        }
        assertThatThrownBy(() -> done(a.put("k", entry("late")))).hasMessageContaining("given up");
        Await.until(
                "nothing is owed",
                () -> a.measurements().stream()
                        .filter(each -> each.name().endsWith("owed"))
                        .allMatch(each -> each.value().getAsDouble() == 0));
        assertThat(value(a, "k")).isEqualTo("none");
    }

    @Test
    void goesOnWithAnEmptyServer() throws Exception {
        RedisTier<String, String> a = opened(node().connect(server.uri()));
        Log log = new Log();
        a.bus().subscribe(log);
        done(a.put("k", entry("v")));
        long lease = done(a.get("other")).lease();
        server.restart();
        log.awaitLine("resumed");
        assertThat(value(a, "k")).isEqualTo("none");
        assertThat(done(a.fill("other", lease, entry("old")))).isFalse();
        done(a.put("k", entry("w")));
        assertThat(value(a, "k")).isEqualTo("w");
    }

    @Test
    void connectsAnewWhereTheScriptsAreForgotten() throws Exception {
        RedisTier<String, String> a = opened(node().connect(server.uri()));
        done(a.put("k", entry("old")));
        try (RedisClientOf foreign = new RedisClientOf(server.uri())) {
            foreign.connection.sync().scriptFlush();
        }
        assertThatThrownBy(() -> done(a.invalidate(message(List.of("k"), List.of(), false))));
        Await.until("connected again", a::isConnected);
        assertThat(value(a, "k")).isEqualTo("none");
    }

    @Test
    void countsEverythingAsDroppedWhereTheRecordOfWhatWasDroppedIsGone() throws Exception {
        RedisTier<String, String> a = opened(node().connect(server.uri()));
        done(a.put("k", entry("v")));
        long lease = done(a.get("l")).lease();
        try (RedisClientOf foreign = new RedisClientOf(server.uri())) {
            foreign.connection.sync().del("tenfold:1:{faults}:b");
        }
        assertThat(value(a, "k")).isEqualTo("none");
        assertThat(done(a.fill("l", lease, entry("old")))).isFalse();
    }

    @Test
    void waitsForTheNodeThatLoadsAlready() throws Exception {
        RedisTier<String, String> a = opened(node().connect(server.uri()));
        RedisTier<String, String> b =
                opened(node().waitForOthers(Duration.ofSeconds(10)).connect(server.uri()));
        long lease = done(a.get("k")).lease();
        CompletionStage<Reading<String>> waiting = b.get("k");
        assertThat(waiting.toCompletableFuture()).isNotDone();
        done(a.fill("k", lease, entry("v")));
        Entry<String> found = done(waiting).entry();
        assertThat(found).isNotNull();
        assertThat(found.value()).isEqualTo("v");

        Reading<String> first = done(a.get("m"));
        RedisTier<String, String> c =
                opened(node().waitForOthers(Duration.ofMillis(20)).connect(server.uri()));
        assertThat(done(c.get("m")).lease()).isEqualTo(first.lease());
    }

    @Test
    void replacesWhatItCannotRead() throws Exception {
        RedisTier<String, String> a = opened(node().connect(server.uri()));
        RedisTier<String, String> newer = opened(RedisTier.<String, String>builder(
                        "faults", Codec.utf8(), Codec.of(value -> new byte[] {(byte) 0xff}, bytes -> "read"))
                .observer(Observer.none())
                .connect(server.uri()));
        done(newer.put("k", entry("v")));
        Reading<String> reading = done(a.get("k"));
        assertThat(reading.entry()).isNull();
        assertThat(done(a.fill("k", reading.lease(), entry("w")))).isTrue();
        assertThat(value(a, "k")).isEqualTo("w");
    }

    @Test
    void beginsWithoutTheServerAndConnectsOnceItIsThere() throws Exception {
        relay.refuse(true);
        RedisTier<String, String> a = node().connect(relayed());
        opened.add(a);
        assertThat(a.isConnected()).isFalse();
        Log log = new Log();
        a.bus().subscribe(log);
        assertThat(log.next()).isEqualTo("interrupted");
        relay.refuse(false);
        log.awaitLine("resumed");
        done(a.put("k", entry("v")));
        assertThat(value(a, "k")).isEqualTo("v");
    }

    @Test
    void refusesMoreCommandsThanItMayHaveUnderWay() throws Exception {
        RedisTier<String, String> a = opened(node().maximumInFlight(1).connect(relayed()));
        relay.swallow(true);
        CompletionStage<Reading<String>> first = a.get("k");
        assertThatThrownBy(() -> done(a.get("l"))).hasMessageContaining("more than 1 commands");
        relay.swallow(false);
        assertThat(first.toCompletableFuture()).isNotNull();
    }

    @Test
    void reportsEveryProblemAtOnce() {
        assertThatThrownBy(() -> RedisTier.builder("a}", Codec.utf8(), Codec.utf8())
                        .timeout(Duration.ZERO)
                        .maximumOwed(0)
                        .connect("http://localhost"))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("a}")
                .hasMessageContaining("timeout")
                .hasMessageContaining("maximumOwed")
                .hasMessageContaining("http://localhost");
    }
}
