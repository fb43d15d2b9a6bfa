package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A hit allocates nothing, whichever options are on. */
class HitAllocationTest {

    private static final int LOOKUPS = 20_000;
    private static final Position MINIMUM = new Position("s", 1, 5);
    private static final Loader<Long, String> LOADER = key -> "value";
    private static final Function<Long, Positioned<String>> LOAD =
            key -> new Positioned<>("value", new Position("s", 1, 9));

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    enum Options {
        NONE(builder -> builder),
        COUNTED(CacheBuilder::recordStats),
        LIFETIME(builder -> builder.expireAfterWrite(Duration.ofHours(1)).jitter(0.1)),
        IDLE(builder -> builder.expireAfterAccess(Duration.ofHours(1))),
        ALL(builder -> builder.recordStats()
                .expireAfterWrite(Duration.ofHours(1))
                .expireAfterAccess(Duration.ofHours(1))
                .staleWhileRevalidate(Duration.ofMinutes(1))
                .staleIfError(Duration.ofMinutes(1))
                .refreshAhead(0.9)
                .earlyRefresh(1)
                .tags(List::of)
                .onRemoval(removal -> {}));

        final Function<CacheBuilder<Long, String>, CacheBuilder<Long, String>> set;

        Options(Function<CacheBuilder<Long, String>, CacheBuilder<Long, String>> set) {
            this.set = set;
        }
    }

    @ParameterizedTest
    @EnumSource(Options.class)
    void nothing(Options options) {
        Cache<Long, String> cache =
                options.set.apply(Cache.<Long, String>builder("hits")).build(LOADER);
        Long[] keys = new Long[1_000];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = 1_000_000L + i;
            cache.get(keys[i], MINIMUM, LOAD);
        }
        assertThat(bytesPerHit(keys, cache::get)).isLessThan(1);
        assertThat(bytesPerHit(keys, cache::getIfPresent)).isLessThan(1);
        assertThat(bytesPerHit(keys, key -> cache.get(key, LOADER))).isLessThan(1);
        assertThat(bytesPerHit(keys, key -> cache.get(key, MINIMUM, LOAD))).isLessThan(1);
        assertThat(cache.stats().misses()).isEqualTo(keys.length);
    }

    /** The least of several rounds: the first ones compile. */
    private double bytesPerHit(Long[] keys, Consumer<Long> lookup) {
        double least = Double.MAX_VALUE;
        for (int round = 0; round < 10 && least >= 1; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < LOOKUPS; i++) {
                lookup.accept(keys[i % keys.length]);
            }
            least = Math.min(least, (double) (threads.getCurrentThreadAllocatedBytes() - before) / LOOKUPS);
        }
        return least;
    }
}
