package dev.tenfold.cache.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.cache.Cache;
import dev.tenfold.cache.Eviction;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.observe.Event;
import dev.tenfold.retry.Backoff;
import dev.tenfold.testing.SimulatedTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WriteBehindTest {

    private static final Duration DELAY = Duration.ofMillis(100);

    private final SimulatedTime time = new SimulatedTime();
    private final Map<Integer, Integer> database = new ConcurrentHashMap<>();
    private final List<Object> calls = new ArrayList<>();
    private final List<Event> events = new ArrayList<>();
    private final AtomicReference<Integer> refused = new AtomicReference<>(-1);
    private boolean down;

    private final StoreWriter<Integer, Integer> store = new StoreWriter<>() {
        @Override
        public void writeAll(Map<Integer, Integer> values) throws IOException {
            calls.add(Map.copyOf(values));
            time.advance(Duration.ofMillis(1));
            if (down || values.containsKey(refused.get())) {
                throw new IOException("told to fail");
            }
            database.putAll(values);
        }

        @Override
        public void removeAll(Set<Integer> keys) throws IOException {
            calls.add(Set.copyOf(keys));
            if (down) {
                throw new IOException("told to fail");
            }
            keys.forEach(database::remove);
        }
    };

    @Test
    void writesWhatGatheredInOneBatchAndTheLastChangeOfEachKeyOnly() {
        Cache<Integer, Integer> cache = cache(writer().build());
        database.put(3, 30);
        cache.put(1, 10);
        cache.put(1, 11);
        cache.put(2, 20);
        cache.remove(3);
        assertThat(calls).isEmpty();
        assertThat(cache.get(3)).as("the removal is not written, but seen").isNull();
        time.advance(DELAY);
        assertThat(calls).containsExactly(Map.of(1, 11, 2, 20), Set.of(3));
        assertThat(database).isEqualTo(Map.of(1, 11, 2, 20));
        assertThat(time.pending()).isZero();
    }

    @Test
    void writesAtOnceWhenABatchIsFull() {
        Cache<Integer, Integer> cache = cache(writer().maximumBatch(3).build());
        for (int key = 0; key < 4; key++) {
            cache.put(key, key);
        }
        time.advance(Duration.ofNanos(1));
        assertThat(calls).hasSize(1);
        time.advance(DELAY);
        assertThat(calls).hasSize(2);
        assertThat(database).hasSize(4);
    }

    @Test
    void seesItsOwnWritesThatWaitThoughTheCopyIsGone() {
        down = true;
        WriteBehind<Integer, Integer> writer = writer().build();
        Cache<Integer, Integer> cache = Cache.<Integer, Integer>builder("tiny")
                .maximumSize(1)
                .eviction(Eviction.FIFO)
                .writer(writer)
                .executor(Runnable::run)
                .time(time)
                .build(database::get);
        for (int key = 0; key < 10; key++) {
            cache.put(key, key * 10);
        }
        time.advance(DELAY);
        for (int key = 0; key < 10; key++) {
            assertThat(cache.get(key)).isEqualTo(key * 10);
        }
        assertThat(cache.getAll(List.of(1, 2))).isEqualTo(Map.of(1, 10, 2, 20));
        assertThat(database).isEmpty();
        assertThat(writer.unwritten()).hasSize(10);
    }

    @Test
    void triesAgainWithBackoffUntilTheStoreTakesIt() {
        down = true;
        Cache<Integer, Integer> cache =
                cache(writer().retry(Backoff.exponential(Duration.ofSeconds(1), Duration.ofSeconds(4))
                                .attempts(Integer.MAX_VALUE)
                                .jitter(0))
                        .build());
        cache.put(1, 10);
        int[] tries = new int[12];
        for (int second = 0; second < 12; second++) {
            int before = calls.size();
            time.advance(Duration.ofSeconds(1));
            tries[second] = calls.size() - before;
        }
        assertThat(tries).containsExactly(1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1);
        cache.put(1, 11);
        down = false;
        time.advance(Duration.ofSeconds(5));
        assertThat(database).isEqualTo(Map.of(1, 11));
        assertThat(time.pending()).isZero();
    }

    @Test
    void oneChangeThatTheStoreWillNotTakeHoldsUpNoOther() {
        refused.set(5);
        WriteBehind<Integer, Integer> writer = writer().maximumBatch(8)
                .retry(Backoff.fixed(Duration.ofMillis(10)).attempts(3))
                .observer(events::add)
                .build();
        Cache<Integer, Integer> cache = cache(writer);
        for (int key = 0; key < 8; key++) {
            cache.put(key, key);
        }
        time.advance(Duration.ofSeconds(10));
        assertThat(database).containsOnlyKeys(0, 1, 2, 3, 4, 6, 7);
        assertThat(writer.unwritten()).isEmpty();
        assertThat(events).extracting(Event::kind).containsExactly("write.given.up");
        assertThat(events.get(0).message()).contains("[5]").contains("told to fail");
    }

    @Test
    void refusesOrBlocksWhenItIsFull() throws Exception {
        WriteBehind<Integer, Integer> rejecting =
                writer().maximumPending(2).fullTimeout(Duration.ZERO).build();
        Cache<Integer, Integer> cache = cache(rejecting);
        cache.put(1, 1);
        cache.put(2, 2);
        cache.put(1, 11);
        assertThatThrownBy(() -> cache.put(3, 3))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("2 changes wait for the store");
        assertThat(cache.getIfPresent(3)).isNull();

        WriteBehind<Integer, Integer> blocking = writer().maximumPending(1).build();
        blocking.write(1, 1);
        ExecutorService pool = Executors.newSingleThreadExecutor();
        try {
            Future<?> second = pool.submit(() -> blocking.write(2, 2));
            while (!second.isDone()) {
                blocking.drain(Duration.ofSeconds(1));
            }
            second.get(10, TimeUnit.SECONDS);
            assertThat(blocking.drain(Duration.ofSeconds(1))).isEmpty();
        } finally {
            pool.shutdownNow();
        }
        assertThat(database).containsKeys(1, 2);
    }

    @Test
    void drainsWhenClosedAndSaysWhatWasLeft() {
        WriteBehind<Integer, Integer> good = writer().maximumBatch(2).build();
        Cache<Integer, Integer> cache = cache(good);
        for (int key = 0; key < 5; key++) {
            cache.put(key, key);
        }
        cache.close();
        assertThat(database).hasSize(5);
        assertThatThrownBy(() -> cache.put(9, 9))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("write-behind 'test' is closed");

        refused.set(7);
        WriteBehind<Integer, Integer> bad = writer().closeTimeout(Duration.ofMillis(20))
                .retry(Backoff.fixed(Duration.ofMillis(1)).attempts(Integer.MAX_VALUE))
                .observer(events::add)
                .build();
        bad.write(7, 7);
        bad.write(8, 8);
        bad.close();
        assertThat(bad.unwritten()).containsOnlyKeys(7);
        assertThat(database).containsKey(8);
        assertThat(events).extracting(Event::kind).containsExactly("writes.left");
    }

    @Test
    void writesThroughBeforeTheCacheAndKeepsNothingOfAFailure() {
        Cache<Integer, Integer> cache = Cache.<Integer, Integer>builder("through")
                .writer(WriteThrough.to(store))
                .build(database::get);
        cache.put(1, 10);
        assertThat(database).isEqualTo(Map.of(1, 10));
        down = true;
        assertThatThrownBy(() -> cache.put(1, 11)).hasRootCauseMessage("told to fail");
        assertThat(cache.getIfPresent(1))
                .as("nobody knows what the store has now")
                .isNull();
        assertThat(cache.get(1)).isEqualTo(10);
        assertThatThrownBy(() -> cache.remove(1)).hasRootCauseMessage("told to fail");
        down = false;
        assertThat(cache.get(1)).isEqualTo(10);
        assertThat(cache.asMap().replace(1, 10, 12)).isTrue();
        assertThat(cache.asMap().putIfAbsent(1, 13)).isEqualTo(12);
        assertThat(database).isEqualTo(Map.of(1, 12));
        cache.asMap().remove(1);
        assertThat(database).isEmpty();
    }

    /** Several threads put the same keys; store and cache must end alike, and no thread may see its own write undone. */
    @Test
    void keepsTheOrderOfEachKeyUnderContention() throws Exception {
        ConcurrentHashMap<Integer, Integer> table = new ConcurrentHashMap<>();
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            WriteBehind<Integer, Integer> writer = WriteBehind.<Integer, Integer>to("busy", new StoreWriter<>() {
                        @Override
                        public void writeAll(Map<Integer, Integer> values) {
                            table.putAll(values);
                        }

                        @Override
                        public void removeAll(Set<Integer> keys) {
                            keys.forEach(table::remove);
                        }
                    })
                    .delay(Duration.ZERO)
                    .maximumBatch(2)
                    .executor(pool)
                    .build();
            Cache<Integer, Integer> cache = Cache.<Integer, Integer>builder("busy")
                    .maximumSize(2)
                    .eviction(Eviction.FIFO)
                    .writer(writer)
                    .build(table::get);
            List<Future<?>> all = new ArrayList<>();
            for (int thread = 0; thread < 2; thread++) {
                int own = thread;
                all.add(pool.submit(() -> {
                    for (int i = 1; i <= 3_000; i++) {
                        cache.put(own, i);
                        assertThat(cache.get(own)).isEqualTo(i);
                        cache.put(2, i);
                        assertThat(cache.get(2)).isNotNull();
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
            cache.close();
            for (int key = 0; key < 3; key++) {
                assertThat(cache.get(key)).isEqualTo(table.get(key));
            }
            assertThat(table).containsEntry(0, 3_000).containsEntry(1, 3_000);
        } finally {
            pool.shutdownNow();
            assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    private WriteBehindBuilder<Integer, Integer> writer() {
        return WriteBehind.to("test", store)
                .delay(DELAY)
                .time(time)
                .scheduler(time)
                .executor(Runnable::run);
    }

    private Cache<Integer, Integer> cache(WriteBehind<Integer, Integer> writer) {
        return Cache.<Integer, Integer>builder("behind")
                .writer(writer)
                .time(time)
                .executor(Runnable::run)
                .build(database::get);
    }
}
