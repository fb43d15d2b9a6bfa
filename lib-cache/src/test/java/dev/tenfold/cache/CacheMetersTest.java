package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.tenfold.observe.micrometer.MicrometerObserver;
import dev.tenfold.testing.SimulatedTime;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.cache.CaffeineCacheMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What Micrometer shows of a cache, beside what its own binder shows of a Caffeine cache that was used alike. */
public final class CacheMetersTest {

    private final MeterRegistry ours = new SimpleMeterRegistry();
    private final MeterRegistry theirs = new SimpleMeterRegistry();

    /** Caffeine's alone: no other cache of Micrometer's has it. */
    private static final String OF_CAFFEINE_ONLY = "cache.eviction.weight";

    @Test
    void haveTheNamesKindsAndTagsThatMicrometerGivesToEveryCache() {
        new MicrometerObserver(ours)
                .publish(Cache.<Integer, String>builder("users").build(String::valueOf));
        LoadingCache<Integer, String> caffeine =
                Caffeine.newBuilder().recordStats().build(String::valueOf);
        CaffeineCacheMetrics.monitor(theirs, caffeine, "users");

        Set<String> conventional = described(theirs.getMeters());
        conventional.removeIf(meter -> meter.startsWith(OF_CAFFEINE_ONLY));
        assertThat(conventional).hasSizeGreaterThanOrEqualTo(8);
        assertThat(described(ours.getMeters())).containsAll(conventional);
    }

    /** Describes meters but for their values. */
    public static Set<String> described(Collection<Meter> meters) {
        return meters.stream()
                .map(Meter::getId)
                .map(id -> id.getName() + " " + id.getType() + " " + id.getBaseUnit() + " " + tags(id))
                .collect(Collectors.toSet());
    }

    private static List<String> tags(Meter.Id id) {
        return id.getTags().stream()
                .map(tag -> tag.getKey() + "=" + tag.getValue())
                .sorted()
                .toList();
    }

    @Test
    void countWhatHappened() {
        SimulatedTime time = new SimulatedTime();
        Cache<Integer, String> cache = Cache.<Integer, String>builder("users")
                .maximumSize(2)
                .eviction(Eviction.LRU)
                .loadBackoff(null)
                .time(time)
                .build(key -> {
                    time.advance(Duration.ofMillis(250));
                    if (key < 0) {
                        throw new IllegalArgumentException("no such user");
                    }
                    return "user " + key;
                });
        new MicrometerObserver(ours).publish(cache);

        for (int key : new int[] {1, 1, 2, 3, 3, 3, -1}) {
            try {
                cache.get(key);
            } catch (IllegalArgumentException expected) {
                assertThat(key).isNegative();
            }
        }
        cache.put(4, "put");
        cache.cleanUp();

        assertThat(count("cache.gets", "result", "hit")).isEqualTo(3);
        assertThat(count("cache.gets", "result", "miss")).isEqualTo(4);
        assertThat(count("cache.puts")).isEqualTo(4);
        assertThat(count("cache.evictions")).isEqualTo(2);
        assertThat(count("cache.load", "result", "success")).isEqualTo(3);
        assertThat(count("cache.load", "result", "failure")).isEqualTo(1);
        assertThat(ours.get("cache.size").gauge().value()).isEqualTo(2);
        assertThat(ours.get("cache.load.duration").gauge().value()).isEqualTo(1.0);
    }

    private double count(String name, String... tags) {
        return ours.get(name).tags(tags).functionCounter().count();
    }
}
