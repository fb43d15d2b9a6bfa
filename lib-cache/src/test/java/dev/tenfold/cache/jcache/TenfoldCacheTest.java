package dev.tenfold.cache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.cache.Eviction;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.time.Chance;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.configuration.FactoryBuilder.SingletonFactory;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryExpiredListener;
import javax.cache.event.CacheEntryUpdatedListener;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CompletionListenerFuture;
import org.junit.jupiter.api.Test;

/** What the compatibility kit does not look at: bounds, jitter, order, and what is left behind. */
class TenfoldCacheTest extends JCacheFixture {

    private static final Duration MINUTE = new Duration(TimeUnit.MINUTES, 1);

    @Test
    void holdsNoMoreThanTheMaximumAndGivesUpWhatThePolicySays() {
        Cache<Integer, String> cache =
                cache(configured().maximumSize(3).eviction(Eviction.LRU).setStatisticsEnabled(true));
        IntStream.range(0, 3).forEach(key -> cache.put(key, "v"));
        cache.get(0);
        cache.put(3, "v");

        assertThat(keys(cache)).containsExactlyInAnyOrder(0, 2, 3);
        assertThat(measured(cache, "cache.evictions")).isEqualTo(1);
        assertThat(measured(cache, "cache.size")).isEqualTo(3);
    }

    @Test
    void weighs() {
        Cache<Integer, String> cache = cache(
                configured().maximumWeight(10, (key, value) -> value.length()).eviction(Eviction.FIFO));
        cache.put(1, "1234");
        cache.put(2, "1234");
        cache.put(3, "1234");
        assertThat(keys(cache)).containsExactlyInAnyOrder(2, 3);
    }

    @Test
    void jitterShortensWhatTheExpiryPolicySays() {
        Cache<Integer, String> cache = cache(configured()
                .jitter(0.5)
                .random(Chance.seeded(1))
                .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(MINUTE)));
        IntStream.range(0, 1_000).forEach(key -> cache.put(key, "v"));

        time.advance(java.time.Duration.ofSeconds(29));
        assertThat(keys(cache)).hasSize(1_000);
        time.advance(java.time.Duration.ofSeconds(16));
        assertThat(keys(cache)).hasSizeBetween(400, 600);
        time.advance(java.time.Duration.ofSeconds(15));
        assertThat(keys(cache)).isEmpty();
    }

    @Test
    void aSweepDropsWhatNobodyLooksAtAndTellsOfIt() {
        Cache<Integer, String> cache =
                cache(configured().setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(MINUTE)));
        List<Integer> expired = new ArrayList<>();
        listen(
                cache,
                (CacheEntryExpiredListener<Integer, String>)
                        events -> events.forEach(event -> expired.add(event.getKey())),
                true);
        IntStream.range(0, 100).forEach(key -> cache.put(key, "v"));
        time.advance(java.time.Duration.ofMinutes(1));
        IntStream.range(100, 400).forEach(key -> cache.put(key, "v"));

        assertThat(expired).hasSize(100).allMatch(key -> key < 100);
        assertThat(measured(cache, "cache.size")).isEqualTo(300);
    }

    @Test
    void anExpiryPolicyThatThrowsDoesNotKeepTheCacheFromWorking() {
        Cache<Integer, String> cache = cache(configured().setExpiryPolicyFactory(new SingletonFactory<>(new Broken())));
        cache.put(1, "a");
        cache.put(1, "b");
        assertThat(cache.get(1)).isEqualTo("b");
    }

    private static final class Broken implements ExpiryPolicy {
        @Override
        public Duration getExpiryForCreation() {
            throw new IllegalStateException("broken");
        }

        @Override
        public Duration getExpiryForAccess() {
            throw new IllegalStateException("broken");
        }

        @Override
        public Duration getExpiryForUpdate() {
            throw new IllegalStateException("broken");
        }
    }

    @Test
    void keysPutTogetherAreKeptByValueToo() {
        Cache<ArrayList<String>, String> cache = manager.createCache(
                "keys",
                new TenfoldConfiguration<ArrayList<String>, String>()
                        .executor(Runnable::run)
                        .setWriteThrough(true)
                        .setCacheWriterFactory(new SingletonFactory<>(new Nowhere())));
        ArrayList<String> key = new ArrayList<>(List.of("a"));
        cache.putAll(Map.of(key, "value"));
        key.add("b");
        assertThat(cache.get(new ArrayList<>(List.of("a")))).isEqualTo("value");
    }

    private static final class Nowhere implements CacheWriter<ArrayList<String>, String> {
        @Override
        public void write(Cache.Entry<? extends ArrayList<String>, ? extends String> entry) {}

        @Override
        public void writeAll(Collection<Cache.Entry<? extends ArrayList<String>, ? extends String>> entries) {}

        @Override
        public void delete(Object key) {}

        @Override
        public void deleteAll(Collection<?> keys) {}
    }

    @Test
    void anAsynchronousListenerIsToldInTheOrderOfTheChanges() throws Exception {
        Cache<Integer, String> cache = cache(configured().executor(pool));
        int changes = 20_000;
        CountDownLatch all = new CountDownLatch(changes);
        Map<Integer, List<String>> told = new ConcurrentHashMap<>();
        listen(cache, new InOrder(told, all), false);
        List<Future<?>> threads = new ArrayList<>();
        Map<Integer, List<String>> made = new ConcurrentHashMap<>();
        for (int t = 0; t < 4; t++) {
            int thread = t;
            threads.add(pool.submit(() -> {
                for (int i = 0; i < changes / 4; i++) {
                    int key = i % 3;
                    String value = thread + "/" + i;
                    cache.invoke(key, (entry, arguments) -> {
                        made.computeIfAbsent(key, k -> new ArrayList<>()).add(value);
                        entry.setValue(value);
                        return null;
                    });
                }
            }));
        }
        for (Future<?> thread : threads) {
            thread.get();
        }
        all.await();
        assertThat(told).isEqualTo(made);
    }

    private record InOrder(Map<Integer, List<String>> told, CountDownLatch all)
            implements CacheEntryCreatedListener<Integer, String>, CacheEntryUpdatedListener<Integer, String> {
        @Override
        public void onCreated(Iterable<CacheEntryEvent<? extends Integer, ? extends String>> events) {
            events.forEach(event -> {
                told.computeIfAbsent(event.getKey(), key -> new ArrayList<>()).add(event.getValue());
                all.countDown();
            });
        }

        @Override
        public void onUpdated(Iterable<CacheEntryEvent<? extends Integer, ? extends String>> events) {
            onCreated(events);
        }
    }

    @Test
    void aListenerThatHangsIsGivenNoMoreThanItsQueueHolds() {
        List<Runnable> hanging = new ArrayList<>();
        List<Event> events = new ArrayList<>();
        Cache<Integer, String> cache =
                cache(configured().maximumSize(10).executor(hanging::add).observer(events::add));
        AtomicInteger told = new AtomicInteger();
        listen(
                cache,
                (CacheEntryCreatedListener<Integer, String>)
                        created -> created.forEach(event -> told.incrementAndGet()),
                false);
        for (int i = 0; i < Registration.LIMIT + 7; i++) {
            cache.invoke(1, (entry, arguments) -> {
                entry.setValue("v");
                return null;
            });
            cache.clear();
        }
        events.clear();
        while (!hanging.isEmpty()) {
            hanging.remove(0).run();
        }
        assertThat(told).hasValue(Registration.LIMIT);
        assertThat(events).extracting(Event::kind).containsExactly("listener.overrun");
        assertThat(events.get(0).details()).containsEntry("dropped", 7);
    }

    @Test
    void aBulkChangeIsMadeWholeAlthoughASynchronousListenerThrows() {
        Cache<Integer, String> cache = cache(configured());
        listen(
                cache,
                (CacheEntryCreatedListener<Integer, String>) events -> {
                    throw new IllegalStateException("broken");
                },
                true);
        assertThatThrownBy(() -> cache.putAll(Map.of(1, "a", 2, "b")))
                .isInstanceOf(CacheException.class)
                .hasRootCauseMessage("broken");
        assertThat(keys(cache)).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void byValueNeitherSideCanChangeWhatTheOtherHas() {
        Cache<Integer, ArrayList<String>> cache =
                manager.createCache("lists", new TenfoldConfiguration<Integer, ArrayList<String>>());
        ArrayList<String> mine = new ArrayList<>(List.of("a"));
        cache.put(1, mine);
        mine.add("b");
        cache.get(1).add("c");
        cache.iterator().next().getValue().add("d");
        assertThat(cache.get(1)).containsExactly("a");

        Cache<Integer, Object> objects = manager.createCache("objects", new TenfoldConfiguration<Integer, Object>());
        assertThatThrownBy(() -> objects.put(1, new Object()))
                .isInstanceOf(CacheException.class)
                .hasMessageContaining("java.lang.Object")
                .hasMessageContaining("setStoreByValue(false)");
    }

    @Test
    void closingClosesWhatCanBeClosedAndGivesTheNameFree() {
        AtomicInteger closed = new AtomicInteger();
        class ClosingLoader extends MapLoader implements Closeable {
            @Override
            public void close() {
                closed.incrementAndGet();
            }
        }
        class ClosingWriter extends MapWriter implements Closeable {
            @Override
            public void close() {
                closed.incrementAndGet();
                throw new IllegalStateException("would not");
            }
        }
        Cache<Integer, String> cache = cache(configured()
                .setReadThrough(true)
                .setCacheLoaderFactory(new SingletonFactory<>(new ClosingLoader()))
                .setWriteThrough(true)
                .setCacheWriterFactory(new SingletonFactory<>(new ClosingWriter())));
        assertThatThrownBy(cache::close).isInstanceOf(CacheException.class).hasMessageContaining("would not");
        assertThat(closed).hasValue(2);
        cache.close();
        assertThat(closed).hasValue(2);
        assertThatThrownBy(() -> cache.get(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("cache 'test' is closed");
        assertThat(manager.getCacheNames()).isEmpty();
        cache(configured()).put(1, "again");
    }

    @Test
    void aCacheThatIsClosedLoadsNoMore() {
        List<Runnable> later = new ArrayList<>();
        MapLoader loader = new MapLoader();
        Cache<Integer, String> cache =
                cache(configured().executor(later::add).setCacheLoaderFactory(new SingletonFactory<>(loader)));
        CompletionListenerFuture told = new CompletionListenerFuture();
        cache.loadAll(Set.of(1), true, told);
        cache.close();
        later.forEach(Runnable::run);
        assertThat(loader.loads).hasValue(0);
        assertThatThrownBy(told::get)
                .hasRootCauseInstanceOf(CacheException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void closingWaitsForWhatIsLoading() throws Exception {
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        class OrderedLoader extends MapLoader implements Closeable {
            @Override
            public String load(Integer key) {
                super.load(key);
                order.add("loaded");
                return "value";
            }

            @Override
            public void close() {
                order.add("closed");
            }
        }
        OrderedLoader loader = new OrderedLoader();
        loader.go = new CountDownLatch(1);
        Cache<Integer, String> cache =
                cache(configured().executor(pool).setCacheLoaderFactory(new SingletonFactory<>(loader)));
        cache.loadAll(Set.of(1), true, null);
        loader.loading.await();
        Future<?> closing = pool.submit(cache::close);
        while (!cache.isClosed()) {
            Thread.onSpinWait();
        }
        loader.go.countDown();
        closing.get();
        assertThat(order).containsExactly("loaded", "closed");
    }

    @Test
    void whatDoesNotFitIsSaidWhenTheCacheIsCreated() {
        assertThatThrownBy(() -> cache(configured().jitter(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("jitter: 2.0 (expected: 0");
        assertThatThrownBy(() -> cache(configured().maximumSize(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maximumSize: -1 (expected: >= 0)");
        assertThat(manager.getCacheNames()).isEmpty();
    }

    @Test
    @SuppressWarnings("unchecked") // that is how the interface asks
    void theConfigurationCanBeReadBackAndChangesNothing() {
        Cache<Integer, String> cache = cache(configured().maximumSize(7));
        manager.enableStatistics("test", true);
        TenfoldConfiguration<Integer, String> read = cache.getConfiguration(TenfoldConfiguration.class);
        assertThat(read.isStatisticsEnabled()).isTrue();
        read.setStatisticsEnabled(false);
        assertThat(cache.getConfiguration(MutableConfiguration.class).isStatisticsEnabled())
                .isTrue();
    }

    @Test
    void clearingTheBeanDoesNotSetOtherReadersBack() {
        Cache<Integer, String> cache = cache(configured().setStatisticsEnabled(true));
        cache.put(1, "a");
        cache.get(1);
        cache.get(2);
        cache.remove(1);
        assertThat(measured(cache, "cache.gets")).isEqualTo(2);
        Statistics statistics =
                ((TenfoldCache<Integer, String>) cache).lifecycle().statistics();
        assertThat(statistics.getCacheHitPercentage()).isEqualTo(50);
        statistics.clear();
        assertThat(statistics.getCacheGets()).isZero();
        assertThat(measured(cache, "cache.gets")).isEqualTo(2);
        assertThat(measured(cache, "cache.puts")).isEqualTo(1);
        assertThat(measured(cache, "cache.removals")).isEqualTo(1);
    }

    private static double measured(Cache<?, ?> cache, String name) {
        return cache.unwrap(Measured.class).measurements().stream()
                .filter(each -> each.name().equals(name))
                .map(Measurement::value)
                .mapToDouble(value -> value.getAsDouble())
                .sum();
    }
}
