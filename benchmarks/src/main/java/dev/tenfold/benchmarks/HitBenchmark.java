package dev.tenfold.benchmarks;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.common.cache.CacheBuilder;
import dev.tenfold.ReadThrough;
import dev.tenfold.cache.Cache;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * <b>What does a cache hit cost?</b> Every look-up finds its copy; the keys are {@link Long}s, equal to the stored ones but
 * other objects, as they are when they come out of a request.
 *
 * <ul>
 *   <li>{@code tenfoldGet}: {@link Cache#get(Object)}, in a cache that knows its loader.
 *   <li>{@code tenfoldReadThrough}: {@link ReadThrough#get}, which also checks that the copy has seen what the caller has
 *       seen (a {@link Position} of the same shard).
 *   <li>{@code caffeine}: Caffeine 3.3.1 by itself, which is what Tenfold stores its copies in; {@code caffeineCounting}
 *       with {@code recordStats}. Tenfold's does not count hits here, as it comes.
 *   <li>{@code guava}: Guava 33.8.0's cache, with its default of four segments.
 *   <li>{@code concurrentHashMap}: the plain JDK, without a bound or an expiry; the same in both tables.
 *   <li>{@code keyOnly}: reads the key and no more; what remains when nothing is measured.
 * </ul>
 *
 * <p>The bounded caches hold {@code entries} of at most a quarter more: Caffeine notes no reads until it is half full, and
 * Guava evicts before it is full. Not like for like: with a lifetime, Tenfold gives each copy its own (for the jitter, here
 * none) and the peers all the same, which only writes notice. Caffeine's upkeep runs in the common pool, so with as many
 * measuring threads as processors it takes time from them, for Tenfold and Caffeine alike.
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name hit --include .*HitBenchmark.* --threads 1,2"</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HitBenchmark {

    private static final Position SEEN = new Position("users", 1, 1_000);
    private static final Position MINIMUM = new Position("users", 1, 900);
    /** What is stored and asked for. */
    @State(Scope.Benchmark)
    public static class Entries {

        @Param({"10000", "1000000"})
        private int entries;

        /** How long copies live: {@code never} expiring, or a {@link Duration}. */
        @Param({"never", "PT1H"})
        private String expiry;

        private Long[] wanted;

        /** Prepares the look-ups. */
        @Setup
        public void prepare() {
            Long[] keys = new Long[entries];
            for (int i = 0; i < entries; i++) {
                keys[i] = key(i);
            }
            int[] requests = Requests.zipf(entries);
            wanted = new Long[requests.length];
            for (int i = 0; i < requests.length; i++) {
                wanted[i] = keys[requests[i]];
            }
        }

        Long next(Requests requests) {
            return wanted[requests.next()];
        }

        @Nullable
        Duration lifetime() {
            return expiry.equals("never") ? null : Duration.parse(expiry);
        }

        long bound() {
            return entries + entries / 4L;
        }

        /** Makes another object each time. */
        static Long key(int i) {
            return 1_000_000_000L + i * 7919L;
        }

        void check(Function<Long, @Nullable String> cache) {
            for (int i = 0; i < entries; i++) {
                if (cache.apply(key(i)) == null) {
                    throw new IllegalStateException("entry " + i + " of " + entries + " is missing (expected: all)");
                }
            }
        }
    }

    /** Tenfold's cache, filled at positions, so that every copy has one. */
    @State(Scope.Benchmark)
    public static class Tenfold {

        private Cache<Long, String> cache;
        private ReadThrough<Long, String> readThrough;
        private int entries;

        /** Fills the cache. */
        @Setup
        public void fill(Entries source) {
            entries = source.entries;
            var builder = Cache.<Long, String>builder("hits").maximumSize(source.bound());
            if (source.lifetime() != null) {
                builder.expireAfterWrite(source.lifetime());
            }
            cache = builder.build(key -> "value " + key);
            readThrough = cache;
            for (int i = 0; i < entries; i++) {
                readThrough.get(Entries.key(i), MINIMUM, key -> new Positioned<>("value " + key, SEEN));
            }
            source.check(key -> cache.get(key));
        }

        /** Makes sure that only hits were measured. */
        @TearDown
        public void check() {
            if (cache.stats().misses() != entries) {
                throw new IllegalStateException(cache.stats() + " (expected: only the misses that filled the cache)");
            }
        }
    }

    /** Caffeine's cache. */
    @State(Scope.Benchmark)
    public static class Raw {

        private com.github.benmanes.caffeine.cache.Cache<Long, String> plain;
        private com.github.benmanes.caffeine.cache.Cache<Long, String> counting;

        /** Fills the caches. */
        @Setup
        public void fill(Entries source) {
            plain = filled(source, Caffeine.newBuilder());
            counting = filled(source, Caffeine.newBuilder().recordStats());
        }

        private static com.github.benmanes.caffeine.cache.Cache<Long, String> filled(
                Entries source, Caffeine<Object, Object> builder) {
            builder.maximumSize(source.bound());
            if (source.lifetime() != null) {
                builder.expireAfterWrite(source.lifetime());
            }
            com.github.benmanes.caffeine.cache.Cache<Long, String> cache = builder.build();
            for (int i = 0; i < source.entries; i++) {
                cache.put(Entries.key(i), "value " + Entries.key(i));
            }
            source.check(cache::getIfPresent);
            return cache;
        }
    }

    /** Guava's cache. */
    @State(Scope.Benchmark)
    public static class Guava {

        private com.google.common.cache.Cache<Long, String> cache;

        /** Fills the cache. */
        @Setup
        public void fill(Entries source) {
            CacheBuilder<Object, Object> builder = CacheBuilder.newBuilder().maximumSize(source.bound());
            if (source.lifetime() != null) {
                builder.expireAfterWrite(source.lifetime());
            }
            cache = builder.build();
            for (int i = 0; i < source.entries; i++) {
                cache.put(Entries.key(i), "value " + Entries.key(i));
            }
            source.check(cache::getIfPresent);
        }
    }

    /** A map of the JDK. */
    @State(Scope.Benchmark)
    public static class Plain {

        private final ConcurrentMap<Long, String> map = new ConcurrentHashMap<>();

        /** Fills the map. */
        @Setup
        public void fill(Entries source) {
            for (int i = 0; i < source.entries; i++) {
                map.put(Entries.key(i), "value " + Entries.key(i));
            }
            source.check(map::get);
        }
    }

    /** Tenfold's cache with its own loader. */
    @Benchmark
    public @Nullable String tenfoldGet(Requests requests, Entries entries, Tenfold tenfold) {
        return tenfold.cache.get(entries.next(requests));
    }

    /** Tenfold's cache as the data path asks it. */
    @Benchmark
    public @Nullable String tenfoldReadThrough(Requests requests, Entries entries, Tenfold tenfold) {
        return tenfold.readThrough
                .get(entries.next(requests), MINIMUM, HitBenchmark::missed)
                .value();
    }

    /** Caffeine as it comes. */
    @Benchmark
    public @Nullable String caffeine(Requests requests, Entries entries, Raw raw) {
        return raw.plain.getIfPresent(entries.next(requests));
    }

    /** Caffeine that counts hits. */
    @Benchmark
    public @Nullable String caffeineCounting(Requests requests, Entries entries, Raw raw) {
        return raw.counting.getIfPresent(entries.next(requests));
    }

    /** Guava's cache. */
    @Benchmark
    public @Nullable String guava(Requests requests, Entries entries, Guava guava) {
        return guava.cache.getIfPresent(entries.next(requests));
    }

    /** A map. */
    @Benchmark
    public @Nullable String concurrentHashMap(Requests requests, Entries entries, Plain plain) {
        return plain.map.get(entries.next(requests));
    }

    /** Reads the key. */
    @Benchmark
    public long keyOnly(Requests requests, Entries entries) {
        return entries.next(requests);
    }

    private static Positioned<@Nullable String> missed(Long key) {
        throw new IllegalStateException("key " + key + " was not in the cache (expected: only hits)");
    }
}
