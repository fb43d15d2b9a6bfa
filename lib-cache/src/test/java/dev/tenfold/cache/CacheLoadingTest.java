package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.testing.SimulatedTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Loaders that answer later, loaders of many keys, and loads that wait for each other. */
@Timeout(30)
class CacheLoadingTest {

    private final SimulatedTime time = new SimulatedTime();
    private final Map<Integer, CompletableFuture<String>> stages = new HashMap<>();
    private final List<Set<Integer>> calls = new ArrayList<>();
    private final ExecutorService pool = Executors.newCachedThreadPool();

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void loadsByAStageWithoutAThread() {
        Cache<Integer, String> cache = builder().buildAsync(this::begin);

        CompletableFuture<String> first = cache.getAsync(1).toCompletableFuture();
        CompletableFuture<String> second = cache.getAsync(1).toCompletableFuture();
        assertThat(cache.stats().loads()).isEqualTo(1);
        stages.get(1).complete("one");
        assertThat(first).isCompletedWithValue("one");
        assertThat(second).isCompletedWithValue("one");
        assertThat(cache.get(1)).isEqualTo("one");
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
    }

    @Test
    void waitsForAStageWhereTheCallerBlocks() throws Exception {
        CompletableFuture<String> stage = new CompletableFuture<>();
        CountDownLatch begun = new CountDownLatch(1);
        Cache<Integer, String> cache = builder().buildAsync(key -> {
            begun.countDown();
            return stage;
        });
        Future<String> blocked = pool.submit(() -> cache.get(1));
        begun.await();
        stage.complete("one");
        assertThat(blocked.get()).isEqualTo("one");
    }

    @Test
    void keepsNothingOfAStageThatFailsOrThrowsOrIsOvertaken() {
        Cache<Integer, String> cache = builder().loadBackoff(null).buildAsync(this::begin);

        CompletableFuture<String> failed = cache.getAsync(1).toCompletableFuture();
        stages.remove(1).completeExceptionally(new IOException("no route"));
        assertThatThrownBy(failed::join)
                .hasCauseInstanceOf(CallFailedException.class)
                .hasRootCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> cache.get(-1))
                .isInstanceOf(CallFailedException.class)
                .hasMessageContaining("load of key -1 by cache 'loading'");

        CompletableFuture<String> overtaken = cache.getAsync(1).toCompletableFuture();
        cache.invalidate(1);
        stages.remove(1).complete("old");
        assertThat(overtaken).isCompletedWithValue("old");
        assertThat(cache.getIfPresent(1)).isNull();
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
    }

    @Test
    void endsTheWaitForAStageThatIsOverdue() {
        Cache<Integer, String> cache = builder()
                .loadTimeout(Duration.ofMillis(300))
                .scheduler(time)
                .observer(event -> {})
                .buildAsync(this::begin);
        CompletableFuture<String> late = cache.getAsync(1).toCompletableFuture();
        CompletableFuture<String> abandoned = stages.remove(1);
        time.advance(Duration.ofMillis(300));
        assertThatThrownBy(late::join).hasCauseInstanceOf(DeadlineExceededException.class);

        CompletableFuture<String> next = cache.getAsync(1).toCompletableFuture();
        stages.remove(1).complete("new");
        assertThat(next).isCompletedWithValue("new");
        abandoned.complete("late");
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
        assertThat(time.pending()).isZero();
    }

    @Test
    void loadsWhatIsMissingTogetherInBatches() {
        Cache<Integer, String> cache = builder().bulkLoader(this::loadAll, 4).build(key -> "single " + key);
        cache.put(3, "put");

        assertThat(cache.getAll(List.of(1, 2, 3, 4, 5, 6, 7, 0, 1)))
                .containsExactly(
                        Map.entry(1, "bulk 1"),
                        Map.entry(2, "bulk 2"),
                        Map.entry(3, "put"),
                        Map.entry(4, "bulk 4"),
                        Map.entry(5, "bulk 5"),
                        Map.entry(6, "bulk 6"),
                        Map.entry(7, "bulk 7"));
        assertThat(calls).containsExactly(Set.of(1, 2, 4, 5), Set.of(6, 7, 0));
        assertThat(cache.get(9)).isEqualTo("single 9");
        assertThat(cache.getIfPresent(5)).isEqualTo("bulk 5");
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
    }

    @Test
    void loadsOneByOneWithoutABulkLoader() {
        Cache<Integer, String> cache = builder().build(key -> key == 0 ? null : "single " + key);
        assertThat(cache.getAll(List.of(2, 0, 1))).containsExactly(Map.entry(2, "single 2"), Map.entry(1, "single 1"));
    }

    @Test
    void failsAllOfAFailedBatchAndKeepsTheOther() {
        Cache<Integer, String> cache = builder().bulkLoader(this::loadAll, 2).build();
        assertThatThrownBy(() -> cache.getAll(List.of(1, 2, 13, 4))).hasMessage("unlucky");
        assertThat(cache.getIfPresent(1)).isEqualTo("bulk 1");
        assertThat(cache.getIfPresent(4)).isNull();
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
    }

    @Test
    void sixteenThreadsThatWantTheSameKeysCauseOneBulkLoad() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger bulkLoads = new AtomicInteger();
        Cache<Integer, String> cache = Cache.<Integer, String>builder("bulk")
                .bulkLoader(
                        keys -> {
                            bulkLoads.incrementAndGet();
                            go.await();
                            return loaded(keys);
                        },
                        100)
                .build();
        List<Future<Map<Integer, String>>> answers = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            answers.add(pool.submit(() -> cache.getAll(List.of(1, 2, 3))));
        }
        while (cache.stats().misses() < 48) {
            Thread.onSpinWait();
        }
        go.countDown();
        for (Future<Map<Integer, String>> each : answers) {
            assertThat(each.get()).hasSize(3);
        }
        assertThat(bulkLoads.get())
                .as("who missed late may lead what landed meanwhile")
                .isEqualTo(1);
    }

    @Test
    void gathersSingleMissesIntoBatches() {
        Cache<Integer, String> cache = builder()
                .bulkLoader(this::loadAll, 3)
                .coalesceMisses(Duration.ofMillis(2))
                .scheduler(time)
                .build();
        List<CompletableFuture<String>> answers = IntStream.rangeClosed(1, 5)
                .mapToObj(key -> cache.getAsync(key).toCompletableFuture())
                .toList();
        assertThat(calls).as("full").containsExactly(Set.of(1, 2, 3));
        time.advance(Duration.ofMillis(2));
        assertThat(calls).as("waited long enough").containsExactly(Set.of(1, 2, 3), Set.of(4, 5));
        for (int key = 1; key <= 5; key++) {
            assertThat(answers.get(key - 1)).isCompletedWithValue("bulk " + key);
        }
        assertThat(time.pending()).isZero();
        assertThat(CacheTest.measured(cache, "tenfold.cache.loading")).isZero();
    }

    @Test
    void gathersTheMissesOfThreadsThatBlock() throws Exception {
        ConcurrentLinkedQueue<Integer> sizes = new ConcurrentLinkedQueue<>();
        Cache<Integer, String> cache = Cache.<Integer, String>builder("blocking")
                .bulkLoader(
                        keys -> {
                            sizes.add(keys.size());
                            return loaded(keys);
                        },
                        64)
                .coalesceMisses(Duration.ofMillis(20))
                .executor(pool)
                .build();
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            int key = i + 1;
            answers.add(pool.submit(() -> cache.get(key)));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(answers.get(i).get()).isEqualTo("bulk " + (i + 1));
        }
        assertThat(sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(100);
        assertThat(sizes).allMatch(size -> size <= 64).hasSizeLessThan(100);
    }

    @Test
    void refusesLoadsThatWaitForEachOtherInACircle() throws Exception {
        int length = 3;
        CyclicBarrier allLoading = new CyclicBarrier(length);
        AtomicReference<Cache<Integer, String>> self = new AtomicReference<>();
        self.set(Cache.<Integer, String>builder("circle").loadBackoff(null).build(key -> {
            allLoading.await(10, TimeUnit.SECONDS);
            return self.get().get((key + 1) % length);
        }));
        List<Future<String>> all = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            int key = i;
            all.add(pool.submit(() -> self.get().get(key)));
        }
        for (Future<String> each : all) {
            assertThatThrownBy(each::get)
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("cache 'circle': loads wait for each other in a circle: ")
                    .hasMessageContaining(" waits for ");
        }
        assertThat(CacheTest.measured(self.get(), "tenfold.cache.loading")).isZero();
    }

    @Test
    void refusesABulkLoadThatAsksForItsOwnKey() {
        AtomicReference<Cache<Integer, String>> self = new AtomicReference<>();
        self.set(builder().bulkLoader(keys -> Map.of(1, self.get().get(2)), 10).build(key -> "single"));
        assertThatThrownBy(() -> self.get().getAll(List.of(1, 2)))
                .hasMessageContaining("asks the cache for the same key");
    }

    private CompletableFuture<String> begin(Integer key) throws IOException {
        if (key < 0) {
            throw new IOException("no such key");
        }
        CompletableFuture<String> stage = new CompletableFuture<>();
        stages.put(key, stage);
        return stage;
    }

    private Map<Integer, String> loadAll(Set<Integer> keys) {
        calls.add(Set.copyOf(keys));
        if (keys.contains(13)) {
            throw new UnsupportedOperationException("unlucky");
        }
        return loaded(keys);
    }

    private static Map<Integer, String> loaded(Set<Integer> keys) {
        Map<Integer, String> values = new HashMap<>();
        for (Integer key : keys) {
            if (key != 0) {
                values.put(key, "bulk " + key);
            }
        }
        values.put(-1, "not asked for");
        return values;
    }

    private CacheBuilder<Integer, String> builder() {
        return Cache.<Integer, String>builder("loading").time(time).executor(Runnable::run);
    }
}
