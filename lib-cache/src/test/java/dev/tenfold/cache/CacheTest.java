package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measurement;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.testing.SimulatedTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class CacheTest {

    private final SimulatedTime time = new SimulatedTime();
    private final AtomicInteger loads = new AtomicInteger();
    private final List<Event> events = new ArrayList<>();

    @Test
    void loadsOnceAndThenServesTheCopy() {
        Cache<Integer, String> cache =
                this.<String>builder().recordStats().build(key -> key + "#" + loads.incrementAndGet());

        assertThat(cache.get(7)).isEqualTo("7#1");
        assertThat(cache.get(7)).isEqualTo("7#1");
        assertThat(cache.getIfPresent(7)).isEqualTo("7#1");
        assertThat(cache.getIfPresent(8)).isNull();
        assertThat(cache.stats()).isEqualTo(new CacheStats(2, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1));
        assertThat(cache.stats().hitRatio()).isEqualTo(0.5);
    }

    @Test
    void countsHitsOnlyOnceSomebodyWantsToKnow() {
        Cache<Integer, String> cache = this.<String>builder().build(String::valueOf);
        cache.get(7);
        cache.get(7);
        assertThat(cache.stats().misses()).isEqualTo(1);
        assertThat(cache.stats().hits()).isEqualTo(CacheStats.NOT_COUNTED);
        assertThat(cache.stats().hitRatio()).isNaN();

        assertThat(cache.measurements()).isNotEmpty();
        assertThat(cache.stats().hits()).isZero();
        cache.get(7);
        cache.get(7, key -> "another");
        cache.getIfPresent(7);
        assertThat(cache.stats().hits()).isEqualTo(3);
        assertThat(cache.stats().hitRatio()).isEqualTo(0.75);
    }

    /** Up to then the cache held nothing but values, and looked no further at them. */
    @Test
    void looksAtPositionsFromTheFirstOneOn() {
        Cache<Integer, String> cache = this.<String>builder().build(String::valueOf);
        Position five = new Position("s", 1, 5);
        Position six = new Position("s", 1, 6);
        cache.get(1);
        assertThat(cache.get(1)).isEqualTo("1");
        cache.get(2, five, key -> new Positioned<>("at 5", five));

        assertThat(cache.get(1)).isEqualTo("1");
        assertThat(cache.get(2)).isEqualTo("at 5");
        assertThat(cache.getIfPresent(2)).isEqualTo("at 5");
        assertThat(cache.get(2, six, key -> new Positioned<>("at 6", six)).value())
                .isEqualTo("at 6");
        assertThat(cache.get(2, key -> "another")).isEqualTo("at 6");
    }

    @Test
    void returnsNothingPastItsTime() {
        Cache<Integer, Integer> cache =
                this.<Integer>builder().expireAfterWrite(Duration.ofSeconds(10)).build(key -> loads.incrementAndGet());

        assertThat(cache.get(1)).isEqualTo(1);
        time.advance(Duration.ofSeconds(10).minusNanos(1));
        assertThat(cache.get(1)).isEqualTo(1);
        time.advance(Duration.ofNanos(1));
        assertThat(cache.getIfPresent(1)).isNull();
        assertThat(cache.get(1)).isEqualTo(2);
        assertThat(cache.stats().expirations()).isEqualTo(1);
    }

    @Test
    void letsAFunctionSayHowLongEachLives() {
        Cache<Integer, Integer> cache = this.<Integer>builder()
                .expireAfterWrite((key, value) -> Duration.ofSeconds(value))
                .build(key -> key);

        cache.get(0);
        cache.get(5);
        assertThat(cache.getIfPresent(0)).as("no time to live").isNull();
        time.advance(Duration.ofSeconds(5).minusNanos(1));
        assertThat(cache.getIfPresent(5)).isEqualTo(5);
        time.advance(Duration.ofNanos(1));
        assertThat(cache.getIfPresent(5)).isNull();
    }

    @Test
    void loadsAnAbsenceEachTimeUnlessToldToRememberIt() {
        Cache<Integer, String> forgetting = this.<String>builder().build(key -> {
            loads.incrementAndGet();
            return null;
        });
        assertThat(forgetting.get(1)).isNull();
        assertThat(forgetting.get(1)).isNull();
        assertThat(loads).hasValue(2);

        Cache<Integer, String> remembering = this.<String>builder()
                .negativeTtl(Duration.ofSeconds(5))
                .build(key -> {
                    loads.incrementAndGet();
                    return null;
                });
        assertThat(remembering.get(1)).isNull();
        assertThat(remembering.get(1)).isNull();
        assertThat(loads).hasValue(3);
        time.advance(Duration.ofSeconds(5));
        assertThat(remembering.get(1)).isNull();
        assertThat(loads).hasValue(4);
    }

    @Test
    void keepsNothingOfAFailedLoad() {
        Cache<Integer, Integer> cache = this.<Integer>builder()
                .loadBackoff(null)
                .build(key -> {
                    if (loads.incrementAndGet() == 1) {
                        throw new IOException("no route");
                    }
                    return 5;
                });

        assertThatThrownBy(() -> cache.get(1))
                .isInstanceOf(CallFailedException.class)
                .hasMessageContaining("load of key 1 by cache 'test'")
                .hasRootCauseInstanceOf(IOException.class);
        assertThat(cache.get(1)).isEqualTo(5);
        assertThat(cache.stats().loadFailures()).isEqualTo(1);
        assertThat(measured(cache, "tenfold.cache.loading")).isZero();
    }

    @Test
    void letsTheLoadersOwnUncheckedFailureThroughAsItIs() {
        IllegalArgumentException failure = new IllegalArgumentException("mine");
        Cache<Integer, Integer> cache = this.<Integer>builder().build(key -> {
            throw failure;
        });

        assertThatThrownBy(() -> cache.get(1)).isSameAs(failure);
    }

    @Test
    void takesOverFromTheCallersLoader() {
        Cache<Integer, String> cache = this.<String>builder().build();

        assertThat(cache.get(1, key -> "one")).isEqualTo("one");
        assertThat(cache.get(1, key -> "two")).isEqualTo("one");
        assertThatThrownBy(() -> cache.get(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'test' was built without a loader");
    }

    @Test
    void refusesALoadThatAsksForItself() {
        AtomicReference<Cache<Integer, Integer>> self = new AtomicReference<>();
        self.set(this.<Integer>builder().build(key -> self.get().get(key == 1 ? 2 : 1)));

        assertThatThrownBy(() -> self.get().get(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("cache 'test': the load of key 1 asks the cache for the same key"
                        + " (expected: a loader that reads the store behind the cache)");
        assertThat(measured(self.get(), "tenfold.cache.loading")).isZero();
    }

    @Test
    void letsALoadAskForOtherKeys() {
        AtomicReference<Cache<Integer, Integer>> self = new AtomicReference<>();
        self.set(this.<Integer>builder().build(key -> key == 0 ? 0 : self.get().get(key - 1) + 1));

        assertThat(self.get().get(100)).isEqualTo(100);
    }

    @Test
    void staysWithinItsSize() {
        Cache<Integer, Integer> cache =
                this.<Integer>builder().maximumSize(10).executor(Runnable::run).build(key -> key);

        for (int key = 0; key < 100; key++) {
            cache.get(key);
        }
        assertThat(cache.stats().size()).isEqualTo(10);
        assertThat(cache.stats().evictions()).isEqualTo(90);
    }

    @Test
    void dropsEverythingAndSaysSo() {
        Cache<Integer, Integer> cache =
                this.<Integer>builder().observer(events::add).build(key -> key);
        cache.get(1);
        cache.get(2);
        cache.invalidateAll();

        assertThat(cache.getIfPresent(1)).isNull();
        assertThat(cache.getIfPresent(2)).isNull();
        assertThat(events).extracting(Event::kind).containsExactly("cache.cleared");
        assertThat(events.get(0).source()).isEqualTo("cache/test");
    }

    @Test
    void loadsInTheCallersExecutor() {
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        Cache<Integer, Integer> cache =
                this.<Integer>builder().executor(tasks::add).build(key -> loads.incrementAndGet());

        CompletableFuture<Integer> first = cache.getAsync(1).toCompletableFuture();
        CompletableFuture<Integer> second = cache.getAsync(1).toCompletableFuture();
        assertThat(first).isNotDone();
        drain(tasks);

        assertThat(first).isCompletedWithValue(1);
        assertThat(second).isCompletedWithValue(1);
        assertThat(cache.getAsync(1).toCompletableFuture()).isCompletedWithValue(1);
        assertThat(loads).hasValue(1);
    }

    @Test
    void passesAnAsynchronousFailureOn() {
        Cache<Integer, Integer> cache = this.<Integer>builder()
                .executor(Runnable::run)
                .build(key -> {
                    throw new IOException("no route");
                });

        assertThatThrownBy(() -> cache.getAsync(1).toCompletableFuture().join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(CallFailedException.class)
                .hasRootCauseInstanceOf(IOException.class);
    }

    @Test
    void survivesAnExecutorThatRefuses() {
        AtomicInteger refusals = new AtomicInteger();
        Cache<Integer, Integer> cache = this.<Integer>builder()
                .executor(task -> {
                    if (refusals.getAndIncrement() == 0) {
                        throw new RejectedExecutionException("full");
                    }
                    task.run();
                })
                .build(key -> key);

        assertThatThrownBy(() -> cache.getAsync(1).toCompletableFuture().join())
                .hasRootCauseInstanceOf(RejectedExecutionException.class);
        assertThat(measured(cache, "tenfold.cache.loading")).isZero();
        assertThat(cache.get(1)).isEqualTo(1);
    }

    @Test
    void letsNobodyWaitLongerThanTheLoadTimeout() {
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        Cache<Integer, Integer> cache = this.<Integer>builder()
                .executor(tasks::add)
                .loadTimeout(Duration.ofMillis(300))
                .scheduler(time)
                .observer(events::add)
                .build(key -> loads.incrementAndGet());

        CompletableFuture<Integer> late = cache.getAsync(1).toCompletableFuture();
        time.advance(Duration.ofMillis(300));
        drain(tasks);
        assertThatThrownBy(late::join)
                .hasCauseInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("load of key 1 by cache 'test'");
        assertThat(events).extracting(Event::kind).containsExactly("load.overdue");
        assertThat(loads).as("what nobody waits for is not begun").hasValue(0);

        CompletableFuture<Integer> next = cache.getAsync(1).toCompletableFuture();
        drain(tasks);
        assertThat(next).isCompletedWithValue(1);
        assertThat(time.pending()).as("no alarm is left").isZero();
    }

    @Test
    void timesLoadsByTheSharedTimerUnlessToldOtherwise() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Cache<Integer, Integer> cache = Cache.<Integer, Integer>builder("real")
                .loadTimeout(Duration.ofMillis(20))
                .observer(events::add)
                .build(key -> {
                    reading.countDown();
                    go.await();
                    return 1;
                });
        CompletableFuture<Integer> leader =
                CompletableFuture.supplyAsync(() -> cache.get(1), task -> new Thread(task).start());
        reading.await();
        try {
            assertThatThrownBy(() -> cache.get(1, key -> {
                        throw new DeadlineExceededException("nobody", Duration.ZERO, null);
                    }))
                    .isInstanceOf(DeadlineExceededException.class);
        } finally {
            go.countDown();
        }
        assertThat(leader.join()).isEqualTo(1);
    }

    @Test
    void startsAFreshLoadBesideAnOverdueOne() {
        AtomicReference<Cache<Integer, Integer>> self = new AtomicReference<>();
        AtomicReference<Integer> beside = new AtomicReference<>();
        self.set(this.<Integer>builder()
                .loadTimeout(Duration.ofMillis(300))
                .scheduler(time)
                .observer(events::add)
                .build(key -> {
                    int load = loads.incrementAndGet();
                    if (load == 1) {
                        time.advance(Duration.ofMillis(300));
                        Thread other = new Thread(() -> beside.set(self.get().get(key)));
                        other.start();
                        other.join();
                    }
                    return load;
                }));

        assertThat(self.get().get(1)).as("the one who loads is not cut off").isEqualTo(1);
        assertThat(beside).hasValue(2);
        assertThat(time.pending()).isZero();
        assertThat(measured(self.get(), "tenfold.cache.loading")).isZero();
    }

    @Test
    void reportsEverythingThatIsWrongAtOnce() {
        assertThatThrownBy(() -> Cache.builder("bad")
                        .maximumSize(-1)
                        .jitter(2)
                        .expireAfterWrite(Duration.ZERO)
                        .loadTimeout(Duration.ofSeconds(1))
                        .time(time)
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        e -> assertThat(e.problems())
                                .containsExactly(
                                        "maximumSize: -1 (expected: >= 0)",
                                        "expireAfterWrite: PT0S (expected: > 0)",
                                        "jitter: 2.0 (expected: 0.0 to 1.0)",
                                        "scheduler: null (expected: one that follows the clock given to time(...), for loadTimeout)"));
        assertThatThrownBy(() -> Cache.builder("bad").jitter(0.1).build())
                .hasMessageContaining("jitter: 0.1 (expected: 0 without expireAfterWrite or negativeTtl)");
    }

    @Test
    void canBeReadBack() {
        Cache<Integer, Integer> cache = this.<Integer>builder().maximumSize(5).build();

        assertThat(cache.configuration().name()).isEqualTo("test");
        assertThat(cache.configuration().maximum()).isEqualTo(5);
        assertThat(Cache.builder("d").build().configuration().maximum()).isEqualTo(CacheBuilder.DEFAULT_MAXIMUM_SIZE);
    }

    static double measured(Cache<?, ?> cache, String name) {
        return cache.measurements().stream()
                .filter(m -> m.name().equals(name))
                .map(Measurement::value)
                .findFirst()
                .orElseThrow()
                .getAsDouble();
    }

    private static void drain(ArrayDeque<Runnable> tasks) {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private <V> CacheBuilder<Integer, V> builder() {
        return Cache.<Integer, V>builder("test").time(time).executor(Runnable::run);
    }
}
