package dev.tenfold.cache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.expiry.CreatedExpiryPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.CachePut;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.jcache.JCacheCacheManager;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;

/** Spring's annotations over a cache of ours, found as any JCache provider is. */
@Timeout(60)
class SpringCacheTest {

    private final SimulatedTime time = new SimulatedTime();
    private final PriceList prices = new PriceList();
    private final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
    private CacheManager manager;
    private Prices service;

    /** What is cached. */
    interface Prices {

        /** Looks up. */
        @Cacheable("prices")
        Integer of(String item);

        /** Looks up, one at a time for each item. */
        @Cacheable(cacheNames = "prices", sync = true)
        Integer ofSlow(String item);

        /** Changes, and caches what it returns. */
        @CachePut(cacheNames = "prices", key = "#p0")
        Integer change(String item, Integer price);

        /** Takes from the list. */
        @CacheEvict("prices")
        void drop(String item);

        /** Forgets what was cached. */
        @CacheEvict(cacheNames = "prices", allEntries = true)
        void forget();
    }

    static class PriceList implements Prices {
        final ConcurrentHashMap<String, Integer> list = new ConcurrentHashMap<>();
        final AtomicInteger looked = new AtomicInteger();
        final CountDownLatch go = new CountDownLatch(1);

        @Override
        public Integer of(String item) {
            looked.incrementAndGet();
            return list.get(item);
        }

        @Override
        public Integer ofSlow(String item) {
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (item.isEmpty()) {
                throw new IllegalArgumentException("no item");
            }
            return of(item);
        }

        @Override
        public Integer change(String item, Integer price) {
            list.put(item, price);
            return price;
        }

        @Override
        public void drop(String item) {
            list.remove(item);
        }

        @Override
        public void forget() {}
    }

    @Configuration(proxyBeanMethods = false)
    @EnableCaching
    static class Annotations {}

    @BeforeEach
    void start() {
        manager = Caching.getCachingProvider(TenfoldCachingProvider.class.getName())
                .getCacheManager();
        manager.createCache(
                "prices",
                new TenfoldConfiguration<Object, Object>()
                        .maximumSize(1_000)
                        .time(time)
                        .setExpiryPolicyFactory(
                                CreatedExpiryPolicy.factoryOf(new javax.cache.expiry.Duration(TimeUnit.MINUTES, 10))));
        context.register(Annotations.class);
        context.registerBean(JCacheCacheManager.class, () -> new JCacheCacheManager(manager));
        context.registerBean(Prices.class, () -> prices);
        context.refresh();
        service = context.getBean(Prices.class);
    }

    @AfterEach
    void stop() {
        context.close();
        manager.close();
    }

    @Test
    void cacheableLooksUpOnce() {
        prices.list.put("tea", 3);

        assertThat(service.of("tea")).isEqualTo(3);
        prices.list.put("tea", 4);
        assertThat(service.of("tea")).isEqualTo(3);
        assertThat(prices.looked).hasValue(1);
    }

    @Test
    void absencesAreRememberedToo() {
        assertThat(service.of("gold")).isNull();
        assertThat(service.of("gold")).isNull();
        assertThat(prices.looked).hasValue(1);
    }

    @Test
    void cachePutReplacesAndCacheEvictDrops() {
        service.change("tea", 3);
        assertThat(service.of("tea")).isEqualTo(3);
        service.change("tea", 5);
        assertThat(service.of("tea")).isEqualTo(5);
        assertThat(prices.looked).hasValue(0);

        service.drop("tea");
        assertThat(service.of("tea")).isNull();
        assertThat(prices.looked).hasValue(1);

        service.forget();
        assertThat(service.of("tea")).isNull();
        assertThat(prices.looked).hasValue(2);
    }

    @Test
    void syncLooksUpOnceUnderFiftyThreads() throws Exception {
        prices.list.put("tea", 3);
        ExecutorService pool = Executors.newFixedThreadPool(50);
        try {
            CountDownLatch ready = new CountDownLatch(50);
            List<Future<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                answers.add(pool.submit(() -> {
                    ready.countDown();
                    return service.ofSlow("tea");
                }));
            }
            ready.await();
            prices.go.countDown();
            for (Future<Integer> answer : answers) {
                assertThat(answer.get()).isEqualTo(3);
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(prices.looked).hasValue(1);
    }

    @Test
    void whatTheMethodThrowsReachesTheCallerOfSyncToo() {
        prices.go.countDown();
        assertThatThrownBy(() -> service.ofSlow(""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no item");
    }

    @Test
    void livesAsLongAsTheExpiryPolicySays() {
        prices.list.put("tea", 3);
        service.of("tea");
        time.advance(Duration.ofMinutes(10).minusNanos(1));
        service.of("tea");
        assertThat(prices.looked).hasValue(1);

        time.advance(Duration.ofNanos(1));
        service.of("tea");
        assertThat(prices.looked).hasValue(2);
    }
}
