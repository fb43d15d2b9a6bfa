package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Loads against invalidations, puts and each other, at the points where they can meet. */
@Timeout(30)
class CacheRaceTest {

    private final ExecutorService pool = Executors.newCachedThreadPool();

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    /** Where in a load something else happens. */
    enum Point {
        BEFORE_READING,
        AFTER_READING,
        BEFORE_KEEPING
    }

    /** What happens meanwhile, on another thread. */
    enum Change {
        INVALIDATE,
        INVALIDATE_ALL,
        PUT,
        PUT_THEN_INVALIDATE,
        INVALIDATE_THEN_LOAD
    }

    static Stream<Arguments> everyChangeAtEveryPoint() {
        return Stream.of(Point.values())
                .flatMap(point -> Stream.of(Change.values()).map(change -> Arguments.of(point, change)));
    }

    @ParameterizedTest
    @MethodSource("everyChangeAtEveryPoint")
    void aLoadThatBeganBeforeAChangeLeavesNoValue(Point point, Change change) {
        AtomicReference<String> database = new AtomicReference<>("old");
        AtomicReference<Point> trap = new AtomicReference<>(point);
        AtomicReference<Cache<Integer, String>> self = new AtomicReference<>();
        self.set(Cache.<Integer, String>builder("race")
                .expireAfterWrite((key, value) -> {
                    meanwhile(trap, Point.BEFORE_KEEPING, database, self, change);
                    return Duration.ofMinutes(1);
                })
                .build(key -> {
                    meanwhile(trap, Point.BEFORE_READING, database, self, change);
                    String read = database.get();
                    meanwhile(trap, Point.AFTER_READING, database, self, change);
                    return read;
                }));
        Cache<Integer, String> cache = self.get();

        assertThat(cache.get(1)).isEqualTo(point == Point.BEFORE_READING ? "new" : "old");

        assertThat(trap).as("the change happened").hasValue(null);
        String left = switch (change) {
            case INVALIDATE, INVALIDATE_ALL, PUT_THEN_INVALIDATE -> null;
            case PUT -> "put";
            case INVALIDATE_THEN_LOAD -> "new";
        };
        assertThat(cache.getIfPresent(1)).isEqualTo(left);
        assertThat(cache.stats().staleFillsRefused()).isEqualTo(1);
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
    }

    private void meanwhile(
            AtomicReference<Point> trap,
            Point here,
            AtomicReference<String> database,
            AtomicReference<Cache<Integer, String>> self,
            Change change) {
        if (!trap.compareAndSet(here, null)) {
            return;
        }
        Cache<Integer, String> cache = self.get();
        database.set("new");
        Runnable task = switch (change) {
            case INVALIDATE -> () -> cache.invalidate(1);
            case INVALIDATE_ALL -> cache::invalidateAll;
            case PUT -> () -> cache.put(1, "put");
            case PUT_THEN_INVALIDATE ->
                () -> {
                    cache.put(1, "put");
                    cache.invalidate(1);
                };
            case INVALIDATE_THEN_LOAD ->
                () -> {
                    cache.invalidate(1);
                    assertThat(cache.get(1))
                            .as("does not wait for the old load")
                            .isEqualTo("new");
                };
        };
        CompletableFuture.runAsync(task, pool).orTimeout(10, TimeUnit.SECONDS).join();
    }

    /** The second time the key is hashed in a lookup is between missing the copy and registering the load. */
    @Test
    void aPutBetweenMissingAndLoadingIsSeen() {
        AtomicInteger hashes = new AtomicInteger();
        AtomicReference<Runnable> second = new AtomicReference<>(() -> {});
        record Key(AtomicInteger hashes, AtomicReference<Runnable> second) {
            @Override
            public boolean equals(Object other) {
                return this == other;
            }

            @Override
            public int hashCode() {
                if (hashes.incrementAndGet() == 2) {
                    second.getAndSet(() -> {}).run();
                }
                return 1;
            }
        }
        Key key = new Key(hashes, second);
        AtomicInteger loads = new AtomicInteger();
        Cache<Key, String> cache =
                Cache.<Key, String>builder("between").build(k -> "loaded " + loads.incrementAndGet());
        second.set(() -> CompletableFuture.runAsync(() -> cache.put(key, "put"), pool)
                .orTimeout(10, TimeUnit.SECONDS)
                .join());

        assertThat(cache.get(key)).isEqualTo("put");
        assertThat(loads).hasValue(0);
        assertThat(cache.getIfPresent(key)).isEqualTo("put");
    }

    @Test
    void neverServesAnythingOlderThanAnInvalidationThatReturned() throws Exception {
        int keys = 4;
        int rounds = 20_000;
        AtomicInteger[] database = new AtomicInteger[keys];
        AtomicInteger[] published = new AtomicInteger[keys];
        for (int key = 0; key < keys; key++) {
            database[key] = new AtomicInteger();
            published[key] = new AtomicInteger();
        }
        Cache<Integer, Integer> cache = Cache.<Integer, Integer>builder("stress")
                .build(key -> {
                    int read = database[key].get();
                    Thread.yield();
                    return read;
                });
        AtomicInteger writersLeft = new AtomicInteger(keys);
        List<Future<?>> all = new ArrayList<>();
        for (int each = 0; each < keys; each++) {
            int key = each;
            all.add(pool.submit(() -> {
                for (int version = 1; version <= rounds; version++) {
                    database[key].set(version);
                    if (version % 64 == 0) {
                        cache.invalidateAll();
                    } else {
                        cache.invalidate(key);
                    }
                    published[key].set(version);
                }
                writersLeft.decrementAndGet();
            }));
        }
        for (int reader = 0; reader < 4; reader++) {
            int offset = reader;
            all.add(pool.submit(() -> {
                for (int i = offset; writersLeft.get() > 0; i++) {
                    int key = i % keys;
                    int least = published[key].get();
                    assertThat(cache.get(key)).isGreaterThanOrEqualTo(least);
                }
            }));
        }
        for (Future<?> each : all) {
            each.get();
        }
        for (int key = 0; key < keys; key++) {
            assertThat(cache.get(key)).isEqualTo(rounds);
        }
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
    }

    @Test
    void loadsOnceForTwoHundredThreads() throws Exception {
        stampede(200, pool);
    }

    @Test
    void loadsOnceForTenThousandVirtualThreads() throws Exception {
        ExecutorService virtual;
        try {
            virtual = (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (NoSuchMethodException beforeJdk21) {
            org.junit.jupiter.api.Assumptions.abort("virtual threads came with JDK 21");
            return;
        }
        try {
            stampede(10_000, virtual);
        } finally {
            virtual.shutdown();
        }
    }

    private static void stampede(int callers, ExecutorService executor) throws Exception {
        AtomicInteger loads = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        Cache<Integer, String> cache = Cache.<Integer, String>builder("stampede")
                .build(key -> {
                    go.await();
                    return "loaded " + loads.incrementAndGet();
                });
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            answers.add(executor.submit(() -> cache.get(1)));
        }
        while (cache.stats().misses() < callers) {
            Thread.onSpinWait();
        }
        go.countDown();
        for (Future<String> each : answers) {
            assertThat(each.get()).isEqualTo("loaded 1");
        }
        assertThat(loads).hasValue(1);
        assertThat(cache.stats().loads()).isEqualTo(1);
    }

    @Test
    void failsEveryWaiterWithTheLoadersFailureAndLoadsAgainAfterwards() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger loads = new AtomicInteger();
        IllegalStateException failure = new IllegalStateException("database is away");
        Cache<Integer, Integer> cache = Cache.<Integer, Integer>builder("failing")
                .loadBackoff(null)
                .build(key -> {
                    if (loads.incrementAndGet() == 1) {
                        go.await();
                        throw failure;
                    }
                    return 5;
                });
        List<Future<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            answers.add(pool.submit(() -> cache.get(1)));
        }
        while (cache.stats().misses() < 20) {
            Thread.onSpinWait();
        }
        go.countDown();
        int failed = 0;
        for (Future<Integer> each : answers) {
            try {
                assertThat(each.get()).isEqualTo(5);
            } catch (ExecutionException e) {
                assertThat(e.getCause()).isSameAs(failure);
                failed++;
            }
        }
        assertThat(failed)
                .as("one who had missed but not yet boarded may load anew")
                .isPositive();
        assertThat(cache.get(1)).isEqualTo(5);
        assertThat(loads).hasValue(2);
    }

    @Test
    void aSlowLoadBlocksNoOtherKeyEvenOfTheSameHash() throws Exception {
        record Colliding(int id) {
            @Override
            public int hashCode() {
                return 16;
            }
        }
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Cache<Colliding, Integer> cache = Cache.<Colliding, Integer>builder("collisions")
                .build(key -> {
                    if (key.id == 0) {
                        reading.countDown();
                        go.await();
                    }
                    return key.id;
                });
        Future<Integer> slow = pool.submit(() -> cache.get(new Colliding(0)));
        reading.await();
        for (int id = 1; id <= 200; id++) {
            assertThat(cache.get(new Colliding(id))).isEqualTo(id);
        }
        cache.put(new Colliding(201), 201);
        cache.invalidate(new Colliding(1));
        assertThat(slow).isNotDone();
        go.countDown();
        assertThat(slow.get()).isZero();
    }

    @Test
    void aWaiterCanBeInterrupted() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Cache<Integer, Integer> cache = Cache.<Integer, Integer>builder("interrupted")
                .build(key -> {
                    reading.countDown();
                    go.await();
                    return 1;
                });
        Future<Integer> leader = pool.submit(() -> cache.get(1));
        reading.await();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> cache.get(1)).hasCauseInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).as("still interrupted").isTrue();
        go.countDown();
        assertThat(leader.get()).isEqualTo(1);
    }
}
