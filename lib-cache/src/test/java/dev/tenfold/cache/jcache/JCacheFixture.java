package dev.tenfold.cache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.testing.SimulatedTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder.SingletonFactory;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryListener;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** A manager, and stores behind its caches. */
@Timeout(60)
abstract class JCacheFixture {

    final SimulatedTime time = new SimulatedTime();
    final TenfoldCachingProvider provider = new TenfoldCachingProvider();
    final CacheManager manager = provider.getCacheManager();
    final ExecutorService pool = Executors.newCachedThreadPool();

    @AfterEach
    void stop() throws InterruptedException {
        provider.close();
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    TenfoldConfiguration<Integer, String> configured() {
        return new TenfoldConfiguration<Integer, String>()
                .executor(Runnable::run)
                .time(time);
    }

    Cache<Integer, String> cache(MutableConfiguration<Integer, String> configuration) {
        return manager.createCache("test", configuration);
    }

    /** Reads from a map, when it may. */
    static class MapLoader implements CacheLoader<Integer, String> {
        final Map<Integer, String> store = new ConcurrentHashMap<>();
        final AtomicInteger loads = new AtomicInteger();
        final CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(0);

        @Override
        public String load(Integer key) {
            loads.incrementAndGet();
            loading.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return store.get(key);
        }

        @Override
        public Map<Integer, String> loadAll(Iterable<? extends Integer> keys) {
            Map<Integer, String> found = new HashMap<>();
            keys.forEach(key -> found.put(key, load(key)));
            return found;
        }
    }

    static class MapWriter implements CacheWriter<Integer, String> {
        final Map<Integer, String> store = new ConcurrentHashMap<>();

        @Override
        public void write(Cache.Entry<? extends Integer, ? extends String> entry) {
            store.put(entry.getKey(), entry.getValue());
        }

        @Override
        public void writeAll(Collection<Cache.Entry<? extends Integer, ? extends String>> entries) {
            entries.forEach(this::write);
        }

        @Override
        public void delete(Object key) {
            store.remove(key);
        }

        @Override
        public void deleteAll(Collection<?> keys) {
            keys.forEach(this::delete);
        }
    }

    static List<Integer> keys(Cache<Integer, ?> cache) {
        List<Integer> keys = new ArrayList<>();
        cache.forEach(entry -> keys.add(entry.getKey()));
        return keys;
    }

    static void listen(
            Cache<Integer, String> cache, CacheEntryListener<Integer, String> listener, boolean synchronous) {
        cache.registerCacheEntryListener(new MutableCacheEntryListenerConfiguration<>(
                new SingletonFactory<>(listener), null, true, synchronous));
    }
}
