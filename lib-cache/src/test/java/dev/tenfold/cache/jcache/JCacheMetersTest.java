package dev.tenfold.cache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.cache.CacheMetersTest;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.micrometer.MicrometerObserver;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.cache.JCacheMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Set;
import javax.cache.Cache;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What Micrometer shows of a JCache cache: by our observer, and by its own binder, which reads the management bean. */
class JCacheMetersTest {

    private final TenfoldCachingProvider provider = new TenfoldCachingProvider();
    private final MeterRegistry ours = new SimpleMeterRegistry();
    private final MeterRegistry theirs = new SimpleMeterRegistry();

    @AfterEach
    void close() {
        provider.close();
    }

    @Test
    void areTheSameBothWays() {
        Cache<Integer, String> cache = provider.getCacheManager()
                .createCache("meters", new TenfoldConfiguration<Integer, String>().setStatisticsEnabled(true));
        new MicrometerObserver(ours).publish(cache.unwrap(Measured.class));
        boolean removalsAreCounted = true; // Micrometer can also show them as a gauge
        new JCacheMetrics<>(cache, Tags.empty(), removalsAreCounted).bindTo(theirs);

        cache.put(1, "a");
        cache.put(2, "b");
        cache.get(1);
        cache.get(3);
        cache.getAndRemove(2);

        Set<String> conventional = CacheMetersTest.described(theirs.getMeters());
        assertThat(conventional).hasSizeGreaterThanOrEqualTo(5);
        assertThat(CacheMetersTest.described(ours.getMeters())).containsAll(conventional);
        for (MeterRegistry registry : new MeterRegistry[] {ours, theirs}) {
            assertThat(counted(registry, "cache.gets", "result", "hit")).isEqualTo(2);
            assertThat(counted(registry, "cache.gets", "result", "miss")).isEqualTo(1);
            assertThat(counted(registry, "cache.puts")).isEqualTo(2);
            assertThat(counted(registry, "cache.removals")).isEqualTo(1);
        }
    }

    private static double counted(MeterRegistry registry, String name, String... tags) {
        return registry.get(name).tags(tags).functionCounter().count();
    }
}
