package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CachePositionTest {

    private final ExecutorService pool = Executors.newCachedThreadPool();
    private final Cache<String, String> cache =
            Cache.<String, String>builder("positions").build();
    private final AtomicInteger loads = new AtomicInteger();

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void usesACopyOnlyIfItHasSeenEnough() {
        Positioned<String> first = cache.get("k", Position.none(), loading("v5", at(5)));

        assertThat(cache.get("k", at(5), loading("unused", at(9)))).isSameAs(first);
        assertThat(cache.get("k", at(6), loading("v7", at(7)))).isEqualTo(new Positioned<>("v7", at(7)));
        assertThat(cache.getIfPresent("k")).isEqualTo("v7");
        assertThat(loads).hasValue(2);
    }

    @Test
    void treatsACopyOfAnotherShardOrTimelineAsAMiss() {
        cache.get("k", Position.none(), loading("v5", at(5)));

        Position other = new Position("other", 0, 1);
        assertThat(cache.get("k", other, loading("moved", other)).value()).isEqualTo("moved");
        Position promoted = new Position("other", 1, 1);
        assertThat(cache.get("k", promoted, loading("promoted", promoted)).value())
                .isEqualTo("promoted");
        assertThat(cache.getIfPresent("k")).isEqualTo("promoted");
    }

    @Test
    void neverServesACopyToWhomOnlyThePrimaryCanAnswer() {
        cache.get("k", Position.none(), loading("v5", at(5)));

        assertThat(cache.get("k", Position.primaryOnly("s"), loading("v6", at(6)))
                        .value())
                .isEqualTo("v6");
        assertThat(cache.get("k", Position.primaryOnly("s"), loading("v6", at(6)))
                        .value())
                .isEqualTo("v6");
        assertThat(loads).hasValue(3);
    }

    @Test
    void neverReplacesALaterPositionByASlowFill() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<Positioned<String>> slow =
                pool.submit(() -> cache.get("k", Position.none(), blocked("old", at(5), reading, go)));
        reading.await();
        assertThat(cache.get("k", Position.primaryOnly("s"), loading("new", at(9)))
                        .value())
                .isEqualTo("new");
        go.countDown();

        assertThat(slow.get(10, TimeUnit.SECONDS).value()).isEqualTo("old");
        assertThat(cache.getIfPresent("k")).isEqualTo("new");
        assertThat(cache.stats().staleFillsRefused()).isEqualTo(1);
    }

    @Test
    void neverReplacesAPlacedValueByAnUnplacedOne() {
        cache.get("k", Position.none(), loading("placed", at(5)));

        assertThat(cache.get("k", at(6), loading("unplaced", Position.none())).value())
                .isEqualTo("unplaced");
        assertThat(cache.getIfPresent("k")).isEqualTo("placed");
    }

    @Test
    void dropsTheCopyOfWhatALaterLoadFindsDeleted() {
        cache.get("k", Position.none(), loading("placed", at(5)));

        assertThat(cache.get("k", at(6), loading(null, at(6))).value()).isNull();
        assertThat(cache.getIfPresent("k")).isNull();
    }

    @Test
    void loadsAgainForAWaiterWhoseMinimumTheSharedLoadDoesNotCover() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Future<Positioned<String>> leader =
                pool.submit(() -> cache.get("k", Position.none(), blocked("old", at(5), reading, go)));
        reading.await();
        List<Future<Positioned<String>>> content = new ArrayList<>();
        List<Future<Positioned<String>>> demanding = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            content.add(pool.submit(() -> cache.get("k", at(4), loading("unused", at(4)))));
            demanding.add(pool.submit(() -> cache.get("k", at(8), loading("new", at(8)))));
        }
        awaitMisses(21);
        go.countDown();

        assertThat(leader.get(10, TimeUnit.SECONDS).value()).isEqualTo("old");
        for (Future<Positioned<String>> each : demanding) {
            assertThat(each.get(10, TimeUnit.SECONDS)).isEqualTo(new Positioned<>("new", at(8)));
        }
        for (Future<Positioned<String>> each : content) {
            assertThat(each.get(10, TimeUnit.SECONDS).value()).isIn("old", "new");
        }
        assertThat(loads)
                .as("one shared load, and one more for those it did not satisfy")
                .hasValue(2);
        assertThat(cache.getIfPresent("k")).isEqualTo("new");
    }

    @Test
    void doesNotQueueThoseWhomNoOtherLoadCanSatisfy() throws Exception {
        int callers = 10;
        CountDownLatch reading = new CountDownLatch(callers);
        CountDownLatch go = new CountDownLatch(1);
        List<Future<Positioned<String>>> answers = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            answers.add(pool.submit(() -> cache.get("k", Position.primaryOnly("s"), blocked("v", at(5), reading, go))));
        }
        assertThat(reading.await(10, TimeUnit.SECONDS)).as("all load at once").isTrue();
        go.countDown();
        for (Future<Positioned<String>> each : answers) {
            assertThat(each.get(10, TimeUnit.SECONDS).value()).isEqualTo("v");
        }
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
    }

    @Test
    void waitsOnceOnlyForALoadThatMayNotSatisfyIt() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CyclicBarrier bothLoading = new CyclicBarrier(2);
        Queue<Thread> waiting = new ConcurrentLinkedQueue<>();
        pool.execute(() -> cache.get("k", Position.none(), blocked("v", at(5), reading, go)));
        reading.await();
        List<Future<Positioned<String>>> answers = new ArrayList<>();
        for (String shard : List.of("a", "b")) {
            Position minimum = new Position(shard, 0, 1);
            answers.add(pool.submit(() -> {
                waiting.add(Thread.currentThread());
                return cache.get("k", minimum, key -> {
                    try {
                        bothLoading.await(10, TimeUnit.SECONDS);
                    } catch (Exception e) {
                        throw new AssertionError("neither can use the other's, so neither waits for the other", e);
                    }
                    return new Positioned<>(shard, minimum);
                });
            }));
        }
        awaitMisses(3);
        while (!waiting.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING)) {
            Thread.onSpinWait();
        }
        go.countDown();
        assertThat(answers.get(0).get().value()).isEqualTo("a");
        assertThat(answers.get(1).get().value()).isEqualTo("b");
    }

    @Test
    void remembersAPlacedAbsence() {
        SimulatedTime time = new SimulatedTime();
        Cache<String, String> negative = Cache.<String, String>builder("negative")
                .negativeTtl(Duration.ofSeconds(5))
                .time(time)
                .build();

        Positioned<String> absent = negative.get("k", at(3), loading(null, at(4)));
        assertThat(negative.get("k", at(4), loading("unused", at(4)))).isSameAs(absent);
        assertThat(negative.get("k", at(5), loading("born", at(5))).value()).isEqualTo("born");
        time.advance(Duration.ofDays(1));
        assertThat(negative.getIfPresent("k")).as("only absences expire here").isEqualTo("born");
    }

    private static Position at(long offset) {
        return new Position("s", 0, offset);
    }

    private Function<String, Positioned<String>> loading(String value, Position position) {
        return key -> {
            loads.incrementAndGet();
            return new Positioned<>(value, position);
        };
    }

    private Function<String, Positioned<String>> blocked(
            String value, Position position, CountDownLatch reading, CountDownLatch go) {
        return key -> {
            loads.incrementAndGet();
            reading.countDown();
            try {
                assertThat(go.await(10, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return new Positioned<>(value, position);
        };
    }

    private void awaitMisses(long expected) {
        while (cache.stats().misses() < expected) {
            Thread.onSpinWait();
        }
    }
}
