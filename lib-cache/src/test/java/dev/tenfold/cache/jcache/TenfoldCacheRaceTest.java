package dev.tenfold.cache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.configuration.FactoryBuilder.SingletonFactory;
import javax.cache.processor.EntryProcessorException;
import org.junit.jupiter.api.Test;

/** Threads on the same keys: one load, one order in store and cache, processors that are alone with their key. */
class TenfoldCacheRaceTest extends JCacheFixture {

    @Test
    void ofConcurrentMissesOneLoadsAndAnotherKeyDoesNotWait() throws Exception {
        MapLoader loader = new MapLoader();
        loader.store.put(1, "one");
        loader.go = new CountDownLatch(1);
        Cache<Integer, String> cache =
                cache(configured().setReadThrough(true).setCacheLoaderFactory(new SingletonFactory<>(loader)));
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            answers.add(pool.submit(() -> cache.get(1)));
        }
        loader.loading.await();
        cache.put(2, "two");
        assertThat(cache.get(2)).isEqualTo("two");

        loader.go.countDown();
        for (Future<String> answer : answers) {
            assertThat(answer.get()).isEqualTo("one");
        }
        assertThat(loader.loads).hasValue(1);
    }

    @Test
    void aPutThatComesDuringALoadIsNotOverwrittenByIt() throws Exception {
        MapLoader loader = new MapLoader();
        loader.store.put(1, "old");
        loader.go = new CountDownLatch(1);
        Cache<Integer, String> cache =
                cache(configured().setReadThrough(true).setCacheLoaderFactory(new SingletonFactory<>(loader)));
        Future<String> loaded = pool.submit(() -> cache.get(1));
        loader.loading.await();
        Future<?> put = pool.submit(() -> cache.put(1, "new"));
        loader.go.countDown();
        assertThat(loaded.get()).isIn("old", "new");
        put.get();
        assertThat(cache.get(1)).isEqualTo("new");
    }

    @Test
    void storeAndCacheSeeTheChangesOfAKeyInOneOrder() throws Exception {
        MapWriter writer = new MapWriter();
        Cache<Integer, String> cache =
                cache(configured().setWriteThrough(true).setCacheWriterFactory(new SingletonFactory<>(writer)));
        List<Future<?>> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int thread = t;
            threads.add(pool.submit(() -> {
                for (int i = 0; i < 2_000; i++) {
                    String value = thread + "/" + i;
                    switch (i % 5) {
                        case 0 -> cache.put(1, value);
                        case 1 ->
                            cache.putAll(thread % 2 == 0 ? Map.of(1, value, 2, value) : Map.of(2, value, 1, value));
                        case 2 ->
                            cache.invoke(2, (entry, arguments) -> {
                                entry.setValue(value);
                                return null;
                            });
                        case 3 -> cache.removeAll(Set.of(1, 2));
                        default -> cache.getAndReplace(2, value);
                    }
                }
            }));
        }
        for (Future<?> thread : threads) {
            thread.get();
        }
        Map<Integer, String> left = new HashMap<>();
        cache.forEach(entry -> left.put(entry.getKey(), entry.getValue()));
        assertThat(left).isEqualTo(writer.store);
    }

    @Test
    void entryProcessorsAreAtomic() throws Exception {
        Cache<Integer, Integer> cache =
                manager.createCache("counts", new TenfoldConfiguration<Integer, Integer>().executor(Runnable::run));
        List<Future<?>> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(pool.submit(() -> {
                for (int i = 0; i < 5_000; i++) {
                    cache.invoke(1, (entry, arguments) -> {
                        entry.setValue(entry.exists() ? entry.getValue() + 1 : 1);
                        return null;
                    });
                }
            }));
        }
        for (Future<?> thread : threads) {
            thread.get();
        }
        assertThat(cache.get(1)).isEqualTo(20_000);
    }

    @Test
    void aProcessorMayChangeOtherKeysAndItsOwn() {
        Cache<Integer, String> cache = cache(configured());
        cache.invoke(1, (entry, arguments) -> {
            cache.put(2, "beside");
            entry.setValue("mine");
            return null;
        });
        assertThat(cache.getAll(Set.of(1, 2))).isEqualTo(Map.of(1, "mine", 2, "beside"));
        assertThatThrownBy(() -> cache.invoke(1, (entry, arguments) -> {
                    entry.setValue("lost");
                    throw new IllegalStateException("changed its mind");
                }))
                .isInstanceOf(EntryProcessorException.class)
                .hasRootCauseMessage("changed its mind");
        assertThat(cache.get(1)).isEqualTo("mine");
    }

    @Test
    void processorsThatWaitForEachOtherInACircleAcrossCachesAreRefused() throws Exception {
        Cache<Integer, String> one = cache(configured());
        Cache<Integer, String> other = manager.createCache("other", configured());
        CyclicBarrier bothWork = new CyclicBarrier(2);
        List<Future<?>> threads = List.of(
                pool.submit(() -> nested(one, other, bothWork)), pool.submit(() -> nested(other, one, bothWork)));
        int refused = 0;
        for (Future<?> thread : threads) {
            try {
                thread.get();
            } catch (ExecutionException e) {
                assertThat(e).hasRootCauseInstanceOf(IllegalStateException.class);
                assertThat(e).rootCause().hasMessageContaining("would close a circle of 2 threads");
                refused++;
            }
        }
        assertThat(refused).isBetween(1, 2);
    }

    private static void nested(Cache<Integer, String> outer, Cache<Integer, String> inner, CyclicBarrier bothWork) {
        outer.invoke(1, (entry, arguments) -> {
            try {
                bothWork.await(10, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new IllegalArgumentException(e);
            }
            inner.put(1, "inner");
            return null;
        });
    }
}
