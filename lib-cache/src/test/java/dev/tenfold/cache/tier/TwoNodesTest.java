package dev.tenfold.cache.tier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.Codec;
import dev.tenfold.cache.Cache;
import dev.tenfold.cache.InvalidationBus;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.testing.Await;
import dev.tenfold.testing.TcpRelay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two nodes on one Redis: one changes values, both read them, while their connections are cut, held back and restored. Every
 * change is written down with the moment its invalidation had returned; every read is then compared with what it had to know
 * by the bound that {@link RedisTier} states. A change whose invalidation the changing node could not pass on binds nobody
 * until a later one could. {@code -Dtenfold.tier.operations=N} for more than the short form's 200,000.
 */
@Timeout(300)
final class TwoNodesTest {

    private static final int KEYS = 50;
    private static final int OPERATIONS = Integer.getInteger("tenfold.tier.operations", 200_000);
    /** The most operations from one fault to the next, and while one lasts. */
    private static final int PAUSE = 10_000;

    private static final Duration TIMEOUT = Duration.ofMillis(500);
    private static final Duration HEARTBEAT = Duration.ofMillis(100);
    private static final Duration DISCONNECTED = Duration.ofMillis(200);

    /** The heartbeat, the timeout, and what a copy lives while nothing is heard; and a machine that is busy with other things. */
    private static final long BOUND =
            HEARTBEAT.plus(TIMEOUT).plus(DISCONNECTED).plusMillis(1_000).toNanos();

    private final AtomicLong[] truth = new AtomicLong[KEYS];
    /** By key, the changes that were passed on, as pairs of value and moment. */
    private final AtomicReferenceArray<long[]> known = new AtomicReferenceArray<>(KEYS);

    private final ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();
    private final AtomicLong operations = new AtomicLong();
    /** Reads that had to know some change. */
    private final AtomicLong judged = new AtomicLong();

    private final AtomicLong changes = new AtomicLong();
    private final AtomicLong faults = new AtomicLong();

    private record Node(RedisTier<Integer, Long> tier, Cache<Integer, Long> cache) {}

    TwoNodesTest() {
        for (int key = 0; key < KEYS; key++) {
            truth[key] = new AtomicLong();
            known.set(key, new long[0]);
        }
    }

    private Node node(TcpRelay way, boolean heard) {
        RedisTier<Integer, Long> tier = RedisTier.<Integer, Long>builder(
                        "two",
                        Codec.of(key -> TierKeys.bytes(key.toString()), bytes -> Integer.valueOf(new String(bytes))),
                        Codec.of(value -> TierKeys.bytes(value.toString()), bytes -> Long.valueOf(new String(bytes))))
                .timeout(TIMEOUT)
                .heartbeat(HEARTBEAT)
                .reconnect(Backoff.exponential(Duration.ofMillis(10), Duration.ofMillis(100)))
                .observer(Observer.none())
                .connect("redis://127.0.0.1:" + way.port());
        Cache<Integer, Long> cache = Cache.<Integer, Long>builder("two")
                .remote(tier)
                .bus(heard ? tier.bus() : InvalidationBus.inProcess())
                .remoteTimeout(Duration.ofSeconds(1))
                .disconnectedTtl(DISCONNECTED)
                .observer(Observer.none())
                .build(key -> truth[key].get());
        return new Node(tier, cache);
    }

    @Test
    void noReadIsOlderThanTheBound() throws Exception {
        run(true);
        assertThat(violations).isEmpty();
        assertThat(changes.get()).isGreaterThan(100);
    }

    /** Else the test would prove nothing. */
    @Test
    void readsAreOlderWhereNobodyHears() throws Exception {
        run(false);
        assertThat(violations).isNotEmpty();
    }

    private void run(boolean heard) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (RedisProcess server = new RedisProcess();
                TcpRelay first = TcpRelay.to(server.port());
                TcpRelay second = TcpRelay.to(server.port())) {
            Node a = node(first, true);
            Node b = node(second, heard);
            List<Future<?>> running = new ArrayList<>();
            running.add(threads.submit(() -> change(a, new Random(1))));
            running.add(threads.submit(() -> read(a, new Random(2))));
            running.add(threads.submit(() -> read(b, new Random(3))));
            running.add(threads.submit(() -> disturb(List.of(a, b), List.of(first, second), new Random(4))));
            for (Future<?> each : running) {
                each.get(240, TimeUnit.SECONDS);
            }
            if (heard) {
                settled(a, b);
            }
            a.cache().close();
            b.cache().close();
            a.tier().close();
            b.tier().close();
        } finally {
            threads.shutdownNow();
        }
        System.out.println(operations + " operations, " + judged + " reads judged, " + changes + " changes passed on, "
                + faults + " faults");
    }

    /** Once all are connected again and nobody changes anything, every node knows the last value. */
    private void settled(Node a, Node b) {
        Await.until(
                "both are connected", () -> a.tier().isConnected() && b.tier().isConnected());
        a.cache().invalidateAll();
        long began = System.nanoTime();
        Await.until(
                "both nodes know the last values",
                () -> IntStream.range(0, KEYS)
                        .allMatch(key -> Objects.equals(a.cache().get(key), truth[key].get())
                                && Objects.equals(b.cache().get(key), truth[key].get())));
        assertThat(System.nanoTime() - began).isLessThan(BOUND);
    }

    private boolean isOver() {
        return !violations.isEmpty()
                || (operations.get() >= OPERATIONS
                        && faults.get() >= Math.max(8, OPERATIONS / 25_000)
                        && judged.get() >= OPERATIONS / 4);
    }

    private void change(Node node, Random random) {
        while (!isOver()) {
            int key = random.nextInt(KEYS);
            long value = truth[key].incrementAndGet();
            node.cache().invalidate(key);
            operations.incrementAndGet();
            if (node.tier().isConnected() && owed(node) == 0) {
                long[] before = known.get(key);
                long[] after = Arrays.copyOf(before, before.length + 2);
                after[before.length] = value;
                after[before.length + 1] = System.nanoTime();
                known.set(key, after);
                changes.incrementAndGet();
            }
        }
    }

    private static double owed(Node node) {
        return node.tier().measurements().stream()
                .filter(each -> each.name().endsWith(".owed"))
                .mapToDouble(each -> each.value().getAsDouble())
                .sum();
    }

    private void read(Node node, Random random) {
        while (!isOver()) {
            int key = random.nextInt(KEYS);
            long[] log = known.get(key);
            long began = System.nanoTime();
            Long value = node.cache().get(key);
            operations.incrementAndGet();
            for (int i = log.length - 2; i >= 0; i -= 2) {
                if (began - log[i + 1] > BOUND) {
                    judged.incrementAndGet();
                    if (value == null || value < log[i]) {
                        violations.add("key " + key + ": " + value + ", but " + log[i] + " was known "
                                + Duration.ofNanos(began - log[i + 1]) + " before");
                    }
                    break;
                }
            }
        }
    }

    /** Faults go by what the nodes have done and noticed, so that a machine that is busy tests the same. */
    private void disturb(List<Node> nodes, List<TcpRelay> relays, Random random) {
        try {
            while (!isOver()) {
                int hit = random.nextInt(nodes.size());
                RedisTier<Integer, Long> tier = nodes.get(hit).tier();
                TcpRelay relay = relays.get(hit);
                awaitOperations(random.nextInt(PAUSE));
                if (random.nextBoolean()) {
                    relay.swallow(true);
                } else {
                    relay.refuse(true);
                }
                if (random.nextInt(4) > 0) {
                    await("node " + hit + " notices", () -> !tier.isConnected());
                }
                awaitOperations(random.nextInt(PAUSE));
                relay.swallow(false);
                relay.refuse(false);
                faults.incrementAndGet();
                if (random.nextBoolean()) {
                    await("node " + hit + " is back", tier::isConnected);
                }
            }
        } catch (AssertionError failure) {
            violations.add(failure.toString());
        }
    }

    private void awaitOperations(int more) {
        long then = operations.get() + more;
        await(more + " operations", () -> operations.get() >= then);
    }

    private void await(String what, BooleanSupplier condition) {
        Await.until(what, () -> condition.getAsBoolean() || isOver());
    }
}
