package dev.tenfold.cache.jcache;

import java.net.URI;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.cache.Cache;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.integration.CacheLoader;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** Every interleaving met must have an order of the operations that one thread alone could have run. */
@Param(name = "key", gen = IntGen.class, conf = "0:1")
@Param(name = "value", gen = IntGen.class, conf = "1:9")
public final class JCacheLincheckTest {

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Cache<Integer, Integer> cache = new TenfoldCachingProvider()
            .getCacheManager(URI.create("lincheck:" + NUMBER.incrementAndGet()), null)
            .createCache(
                    "lincheck",
                    new TenfoldConfiguration<Integer, Integer>()
                            .executor(Runnable::run)
                            .setReadThrough(true)
                            .setCacheLoaderFactory(new FactoryBuilder.SingletonFactory<>(new Negative())));

    private static final class Negative implements CacheLoader<Integer, Integer> {
        @Override
        public Integer load(Integer key) {
            Thread.yield();
            return -key - 1;
        }

        @Override
        public Map<Integer, Integer> loadAll(Iterable<? extends Integer> keys) {
            throw new UnsupportedOperationException();
        }
    }

    @Operation
    public Integer get(@Param(name = "key") int key) {
        return cache.get(key);
    }

    @Operation
    public boolean containsKey(@Param(name = "key") int key) {
        return cache.containsKey(key);
    }

    @Operation
    public Integer getAndPut(@Param(name = "key") int key, @Param(name = "value") int value) {
        return cache.getAndPut(key, value);
    }

    @Operation
    public boolean putIfAbsent(@Param(name = "key") int key, @Param(name = "value") int value) {
        return cache.putIfAbsent(key, value);
    }

    @Operation
    public Integer getAndRemove(@Param(name = "key") int key) {
        return cache.getAndRemove(key);
    }

    @Operation
    public boolean replace(
            @Param(name = "key") int key, @Param(name = "value") int expected, @Param(name = "value") int value) {
        return cache.replace(key, expected, value);
    }

    @Operation
    public Integer add(@Param(name = "key") int key, @Param(name = "value") int value) {
        return cache.invoke(key, (entry, arguments) -> {
            int sum = (entry.exists() ? entry.getValue() : 0) + value;
            entry.setValue(sum);
            return sum;
        });
    }

    @Test
    void isLinearizable() {
        new StressOptions()
                .iterations(10)
                .invocationsPerIteration(150)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1)
                .check(JCacheLincheckTest.class);
    }
}
