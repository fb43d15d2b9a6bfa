package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.observe.Event;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Two nodes over one store, with a bus or a remote tier between them, or both. */
class CacheNodesTest {

    private final SimulatedTime time = new SimulatedTime();
    private final Map<String, String> database = new HashMap<>(Map.of("a", "a1", "b", "b1", "c", "c1"));
    private final AtomicInteger loads = new AtomicInteger();
    private final List<Event> events = new ArrayList<>();
    private final InvalidationBus<String> bus = InvalidationBus.inProcess();
    private final MemoryTier<String, String> tier = new MemoryTier<>();

    @Test
    void whatOneNodeInvalidatesTheOtherDrops() {
        Cache<String, String> one = node().bus(bus).build(this::load);
        Cache<String, String> two = node().bus(bus).build(this::load);
        warm(two);
        database.replaceAll((key, value) -> key + "2");
        one.invalidate("a");
        assertThat(two.asMap()).containsOnlyKeys("b", "c");
        one.invalidateTag("tag:b1");
        assertThat(two.asMap()).containsOnlyKeys("c");
        one.invalidatePrefix("c");
        assertThat(two.asMap()).isEmpty();
        warm(two);
        one.invalidateAll(List.of("a", "b"));
        assertThat(two.asMap()).containsOnlyKeys("c");
        one.put("c", "c3");
        assertThat(two.getIfPresent("c")).isNull();
        assertThat(one.getIfPresent("c"))
                .as("its own message does not concern it")
                .isEqualTo("c3");
        warm(two);
        one.invalidateAll();
        assertThat(two.asMap()).isEmpty();
    }

    @Test
    void hearsOnlyWhatConcernsItAndNothingAfterItIsClosed() {
        Cache<String, String> one =
                Cache.<String, String>builder("other").bus(bus).build();
        Cache<String, String> two = node().bus(bus).build(this::load);
        Cache<String, String> three = node().bus(bus).build(this::load);
        warm(two);
        warm(three);
        one.invalidateAll();
        assertThat(two.asMap()).hasSize(3);
        three.close();
        two.invalidate("a");
        assertThat(three.getIfPresent("a")).isEqualTo("a1");
    }

    @Test
    void aLoadUnderWayOnTheOtherNodeLeavesNothing() {
        List<Cache<String, String>> nodes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            nodes.add(node().bus(bus).build(key -> {
                String read = load(key);
                onAnotherThread(() -> nodes.get(0).invalidate(key));
                return read;
            }));
        }
        assertThat(nodes.get(1).get("a")).isEqualTo("a1");
        assertThat(nodes.get(1).getIfPresent("a")).isNull();
    }

    @Test
    void trustsNoCopyForLongWhileTheBusIsCut() {
        List<InvalidationBus.Subscriber<String>> subscribers = new ArrayList<>();
        Cache<String, String> cache = node().bus(
                        InvalidationBus.over(message -> CompletableFuture.completedStage(message), subscriber -> {
                            subscribers.add(subscriber);
                            return () -> subscribers.remove(subscriber);
                        }))
                .disconnectedTtl(Duration.ofSeconds(2))
                .observer(events::add)
                .build(this::load);
        warm(cache);
        subscribers.get(0).interrupted();
        assertThat(cache.asMap()).isEmpty();
        warm(cache);
        database.put("a", "a2");
        time.advance(Duration.ofSeconds(2).minusNanos(1));
        assertThat(cache.get("a")).isEqualTo("a1");
        time.advance(Duration.ofNanos(1));
        assertThat(cache.get("a")).isEqualTo("a2");
        subscribers.get(0).resumed();
        assertThat(cache.asMap()).isEmpty();
        warm(cache);
        time.advance(Duration.ofDays(1));
        assertThat(cache.asMap()).hasSize(3);
        assertThat(events).extracting(Event::kind).containsExactly("bus.interrupted", "bus.resumed");
        cache.close();
        assertThat(subscribers).isEmpty();
    }

    @Test
    void oneNodeLoadsForBoth() {
        Cache<String, String> one = node().remote(tier).build(this::load);
        Cache<String, String> two = node().remote(tier).build(this::load);
        assertThat(one.get("a")).isEqualTo("a1");
        assertThat(two.get("a")).isEqualTo("a1");
        assertThat(loads).hasValue(1);
        assertThat(two.stats().remoteHits()).isEqualTo(1);
        assertThat(two.getAll(List.of("a", "b"))).containsExactly(Map.entry("a", "a1"), Map.entry("b", "b1"));
        assertThat(one.getAsync("b").toCompletableFuture()).isCompletedWithValue("b1");
        assertThat(loads).hasValue(2);
        database.put("a", "a2");
        two.invalidate("a");
        two.get("a");
        assertThat(tier.held("a")).isEqualTo("a2");
        two.put("b", "b2");
        assertThat(tier.held("b")).isEqualTo("b2");
        two.invalidateTag("tag:b2");
        assertThat(tier.held("b")).isNull();
        assertThat(two.asMap()).containsOnlyKeys("a");
    }

    @Test
    void tiersDoNotAddUpLifetimes() {
        Cache<String, String> one =
                node().remote(aging()).expireAfterWrite(Duration.ofSeconds(10)).build(this::load);
        Cache<String, String> two =
                node().remote(aging()).expireAfterWrite(Duration.ofSeconds(10)).build(this::load);
        one.get("a");
        time.advance(Duration.ofSeconds(7));
        assertThat(two.lookup("a").age()).isEqualTo(Duration.ofSeconds(7));
        time.advance(Duration.ofSeconds(3));
        assertThat(two.getIfPresent("a")).isNull();
        database.put("a", "a2");
        assertThat(two.get("a")).isEqualTo("a2");
    }

    @Test
    void aSlowFillNeverOverwritesTheRemoteTier() {
        Cache<String, String> one = node().remote(tier).build(this::load);
        Cache<String, String> two = node().remote(tier).bus(bus).build(this::load);
        tier.onTheWay = () -> {
            tier.onTheWay = () -> {};
            database.put("a", "a2");
            two.invalidate("a");
            two.get("a");
        };
        assertThat(one.get("a")).isEqualTo("a1");
        assertThat(tier.fillsRefused).isEqualTo(1);
        assertThat(tier.held("a")).isEqualTo("a2");
    }

    /** A local load reads the remote tier between the two drops of an invalidation. */
    @Test
    void aMissDuringAnInvalidationLeavesNothingOld() {
        List<Cache<String, String>> self = new ArrayList<>();
        RemoteTier<String, String> slow = new ForwardingTier<>(tier) {
            @Override
            public java.util.concurrent.CompletionStage<?> invalidate(InvalidationBus.Message<String> what) {
                assertThat(self.get(0).get("a")).as("still held there").isEqualTo("a1");
                return super.invalidate(what);
            }
        };
        self.add(node().remote(slow).build(this::load));
        self.get(0).get("a");
        database.put("a", "a2");
        self.get(0).invalidate("a");
        assertThat(self.get(0).get("a")).isEqualTo("a2");
        assertThat(tier.held("a")).isEqualTo("a2");
    }

    @Test
    void carriesOnWithoutTheRemoteTierAndSaysSoOnce() {
        Cache<String, String> cache = node().remote(tier).observer(events::add).build(this::load);
        tier.down = true;
        assertThat(cache.get("a")).isEqualTo("a1");
        cache.put("b", "b2");
        cache.invalidate("c");
        assertThat(cache.getIfPresent("b")).isEqualTo("b2");
        tier.down = false;
        assertThat(cache.get("c")).isEqualTo("c1");
        assertThat(cache.stats().remoteFailures()).isEqualTo(3);
        assertThat(events).extracting(Event::kind).containsExactly("remote.failed", "remote.restored");
    }

    @Test
    void usesTheRemoteTierOnlyIfItHasSeenEnough() {
        Cache<String, String> one = node().remote(tier).build();
        Cache<String, String> two = node().remote(tier).build();
        one.get("a", Position.none(), key -> new Positioned<>("old", at(5), at(7), 77));
        Positioned<String> found = two.get("a", at(5), key -> new Positioned<>("unused", at(9)));
        assertThat(found).isEqualTo(new Positioned<>("old", at(5), at(7), 77));
        assertThat(two.get("a", at(6), key -> new Positioned<>("new", at(9))).value())
                .isEqualTo("new");
        assertThat(tier.held("a")).isEqualTo("new");
    }

    private static Position at(long offset) {
        return new Position("s", 0, offset);
    }

    /** The memory tier does not age what it holds; here each node reads it with the age it has by now. */
    private RemoteTier<String, String> aging() {
        long filledAt = time.nanoTime();
        return new ForwardingTier<>(tier) {
            @Override
            public java.util.concurrent.CompletionStage<Reading<String>> get(String key) {
                return super.get(key).thenApply(reading -> {
                    Entry<String> entry = reading.entry();
                    return entry == null
                            ? reading
                            : new Reading<>(
                                    new Entry<>(
                                            entry.value(),
                                            entry.position(),
                                            entry.seen(),
                                            Duration.ofNanos(time.nanoTime() - filledAt),
                                            entry.lifetime(),
                                            entry.tags()),
                                    reading.lease());
                });
            }
        };
    }

    private void warm(Cache<String, String> cache) {
        List.of("a", "b", "c").forEach(cache::get);
    }

    private String load(String key) {
        loads.incrementAndGet();
        return database.get(key);
    }

    private static void onAnotherThread(Runnable task) {
        CompletableFuture.runAsync(task, work -> new Thread(work).start())
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    private CacheBuilder<String, String> node() {
        return Cache.<String, String>builder("nodes")
                .time(time)
                .tags(value -> List.of("tag:" + value))
                .observer(event -> {})
                .executor(Runnable::run);
    }
}
