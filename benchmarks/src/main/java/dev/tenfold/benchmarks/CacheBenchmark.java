package dev.tenfold.benchmarks;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.common.cache.CacheBuilder;
import dev.tenfold.cache.Cache;
import dev.tenfold.cache.Eviction;
import dev.tenfold.cache.eviction.BoundedTable;
import dev.tenfold.cache.eviction.TableSettings;
import dev.tenfold.cache.eviction.Tables;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.cache2k.Cache2kBuilder;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * <b>What does a full cache cost, by policy and by how much is written?</b>
 *
 * <p>{@code mix} is {@code read} (only hits), {@code read75} and {@code read25} (so many of a hundred are hits, the others
 * put a key that is there), or {@code churn}: the cache holds a tenth of the keys; one that is missed is put, and another
 * evicted. Keys are drawn by Zipf's law or {@code uniform}ly, and are other objects than the stored ones.
 *
 * <ul>
 *   <li>{@code tenfoldCache}, {@code tenfoldCacheLru}: {@link Cache}, as it comes and with {@link Eviction#LRU}. A put also
 *       overtakes loads of its key. Hits are not counted, as the peers do not count them either.
 *   <li>{@code tenfoldLru} and so on: the tables behind the policies, as like for like as it gets with the peers.
 *   <li>{@code caffeine}, {@code cache2k}, {@code guava} (four segments), {@code guavaExact} (one, so exactly LRU).
 *   <li>{@code linkedHashMap}: in the order of access, synchronized. {@code concurrentHashMap}: without any bound, so it does
 *       less than all others, and in {@code churn} it only hits.
 * </ul>
 *
 * <p>The bounded ones are full when measuring begins: Caffeine notes no reads until it is half full. Caffeine's and
 * cache2k's upkeep runs in threads of its own, so on as many measuring threads as processors it takes time from them.
 *
 * <p>The whole takes some thirteen minutes:
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name caches --include .*CacheBenchmark.* --forks 1 --millis 250 --threads 1,2"</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init") // make fills the fields
public class CacheBenchmark {

    /** Who is measured. In a virtual machine of its own each has one implementation, which is inlined. */
    public abstract static class Subject {

        abstract @Nullable String get(Long key);

        abstract void put(Long key, String value);

        abstract void make(int bound);

        /** Makes and fills it. */
        @Setup
        public void fill(Work work) {
            make(work.bound());
            // Twice, since some admit nobody at once.
            for (int i = 0; i < 2 * work.entries; i++) {
                Long key = Work.key(i % work.entries);
                if (get(key) == null) {
                    put(key, Work.VALUE);
                }
            }
            // For all alike, and as it is of a cache that has been in use for a while: without it, its entries lie
            // among
            // what their insertion left behind, and reading costs what each one's garbage makes it cost. Where entries
            // come and go (churn) it is undone within moments.
            System.gc();
        }
    }

    /** What is asked of it. */
    @State(Scope.Benchmark)
    public static class Work {

        static final String VALUE = "value";

        @Param({"10000"})
        private int entries;

        /** How keys are drawn. */
        @Param({"zipf", "uniform"})
        private String keys;

        /** How much is written. */
        @Param({"read", "read75", "read25", "churn"})
        private String mix;

        private Long[] wanted;
        private boolean[] puts;

        /** Prepares the requests. */
        @Setup
        public void prepare() {
            Random random = new Random(42);
            int[] requests = keys.equals("zipf")
                    ? Requests.zipf(entries)
                    : random.ints(Requests.LENGTH, 0, entries).toArray();
            wanted = new Long[requests.length];
            puts = new boolean[requests.length];
            int percent = mix.startsWith("read") && mix.length() > 4 ? 100 - Integer.parseInt(mix.substring(4)) : 0;
            for (int i = 0; i < requests.length; i++) {
                wanted[i] = key(requests[i]);
                puts[i] = random.nextInt(100) < percent;
            }
        }

        /** Room for all, or for a tenth; Guava's segments are filled unevenly. */
        int bound() {
            return mix.equals("churn") ? entries / 10 : entries + entries / 10;
        }

        /** Makes another object each time. */
        static Long key(int i) {
            return 1_000_000_000L + i * 7919L;
        }

        @Nullable
        String next(Requests requests, Subject subject) {
            int at = requests.next();
            Long key = wanted[at];
            if (puts[at]) {
                subject.put(key, VALUE);
                return VALUE;
            }
            String value = subject.get(key);
            if (value == null) {
                subject.put(key, VALUE);
            }
            return value;
        }
    }

    /** Tenfold's cache. */
    @State(Scope.Benchmark)
    public static class TenfoldCache extends Subject {

        private Cache<Long, String> cache;

        Eviction eviction() {
            return Eviction.ADAPTIVE;
        }

        @Override
        void make(int bound) {
            cache = Cache.<Long, String>builder("caches")
                    .maximumSize(bound)
                    .eviction(eviction())
                    .build();
        }

        @Override
        @Nullable
        String get(Long key) {
            return cache.getIfPresent(key);
        }

        @Override
        void put(Long key, String value) {
            cache.put(key, value);
        }
    }

    /** Tenfold's cache with LRU. */
    @State(Scope.Benchmark)
    public static class TenfoldCacheLru extends TenfoldCache {
        @Override
        Eviction eviction() {
            return Eviction.LRU;
        }
    }

    /** One of the tables. */
    public abstract static class Table extends Subject {

        private BoundedTable<Long, String> table;

        abstract BoundedTable<Long, String> table(TableSettings<Long, String> settings);

        @Override
        void make(int bound) {
            table = table(TableSettings.ofMaximum(bound));
        }

        @Override
        @Nullable
        String get(Long key) {
            return table.get(key);
        }

        @Override
        void put(Long key, String value) {
            table.put(key, value);
        }
    }

    /** Exact LRU. */
    @State(Scope.Benchmark)
    public static class Lru extends Table {
        @Override
        BoundedTable<Long, String> table(TableSettings<Long, String> settings) {
            return Tables.lru(settings);
        }
    }

    /** Exact LFU. */
    @State(Scope.Benchmark)
    public static class Lfu extends Table {
        @Override
        BoundedTable<Long, String> table(TableSettings<Long, String> settings) {
            return Tables.lfu(settings, 0);
        }
    }

    /** Exact FIFO. */
    @State(Scope.Benchmark)
    public static class Fifo extends Table {
        @Override
        BoundedTable<Long, String> table(TableSettings<Long, String> settings) {
            return Tables.fifo(settings);
        }
    }

    /** Exact SIEVE. */
    @State(Scope.Benchmark)
    public static class Sieve extends Table {
        @Override
        BoundedTable<Long, String> table(TableSettings<Long, String> settings) {
            return Tables.sieve(settings);
        }
    }

    /** Exact S3-FIFO. */
    @State(Scope.Benchmark)
    public static class S3Fifo extends Table {
        @Override
        BoundedTable<Long, String> table(TableSettings<Long, String> settings) {
            return Tables.s3Fifo(settings);
        }
    }

    /** Caffeine. */
    @State(Scope.Benchmark)
    public static class CaffeineCache extends Subject {

        private com.github.benmanes.caffeine.cache.Cache<Long, String> cache;

        @Override
        void make(int bound) {
            cache = Caffeine.newBuilder().maximumSize(bound).build();
        }

        @Override
        @Nullable
        String get(Long key) {
            return cache.getIfPresent(key);
        }

        @Override
        void put(Long key, String value) {
            cache.put(key, value);
        }
    }

    /** Guava. */
    @State(Scope.Benchmark)
    public static class GuavaCache extends Subject {

        private com.google.common.cache.Cache<Long, String> cache;

        int segments() {
            return 4;
        }

        @Override
        void make(int bound) {
            cache = CacheBuilder.newBuilder()
                    .concurrencyLevel(segments())
                    .maximumSize(bound)
                    .build();
        }

        @Override
        @Nullable
        String get(Long key) {
            return cache.getIfPresent(key);
        }

        @Override
        void put(Long key, String value) {
            cache.put(key, value);
        }
    }

    /** Guava with one segment. */
    @State(Scope.Benchmark)
    public static class GuavaExact extends GuavaCache {
        @Override
        int segments() {
            return 1;
        }
    }

    /** cache2k. */
    @State(Scope.Benchmark)
    public static class Cache2k extends Subject {

        private org.cache2k.Cache<Long, String> cache;

        @Override
        void make(int bound) {
            cache = Cache2kBuilder.of(Long.class, String.class)
                    .entryCapacity(bound)
                    .eternal(true)
                    .build();
        }

        @Override
        @Nullable
        String get(Long key) {
            return cache.peek(key);
        }

        @Override
        void put(Long key, String value) {
            cache.put(key, value);
        }
    }

    /** What one writes when in a hurry. */
    @State(Scope.Benchmark)
    public static class Linked extends Subject {

        private Map<Long, String> map;

        @Override
        void make(int bound) {
            map = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Long, String> eldest) {
                    return size() > bound;
                }
            });
        }

        @Override
        @Nullable
        String get(Long key) {
            return map.get(key);
        }

        @Override
        void put(Long key, String value) {
            map.put(key, value);
        }
    }

    /** No cache: nothing is ever evicted. */
    @State(Scope.Benchmark)
    public static class Unbounded extends Subject {

        private final Map<Long, String> map = new ConcurrentHashMap<>();

        @Override
        void make(int bound) {
            map.clear();
        }

        @Override
        @Nullable
        String get(Long key) {
            return map.get(key);
        }

        @Override
        void put(Long key, String value) {
            map.put(key, value);
        }
    }

    /** Tenfold's cache as it comes. */
    @Benchmark
    public @Nullable String tenfoldCache(Requests requests, Work work, TenfoldCache subject) {
        return work.next(requests, subject);
    }

    /** Tenfold's cache with LRU. */
    @Benchmark
    public @Nullable String tenfoldCacheLru(Requests requests, Work work, TenfoldCacheLru subject) {
        return work.next(requests, subject);
    }

    /** The table behind LRU. */
    @Benchmark
    public @Nullable String tenfoldLru(Requests requests, Work work, Lru subject) {
        return work.next(requests, subject);
    }

    /** The table behind LFU. */
    @Benchmark
    public @Nullable String tenfoldLfu(Requests requests, Work work, Lfu subject) {
        return work.next(requests, subject);
    }

    /** The table behind FIFO. */
    @Benchmark
    public @Nullable String tenfoldFifo(Requests requests, Work work, Fifo subject) {
        return work.next(requests, subject);
    }

    /** The table behind SIEVE. */
    @Benchmark
    public @Nullable String tenfoldSieve(Requests requests, Work work, Sieve subject) {
        return work.next(requests, subject);
    }

    /** The table behind S3-FIFO. */
    @Benchmark
    public @Nullable String tenfoldS3Fifo(Requests requests, Work work, S3Fifo subject) {
        return work.next(requests, subject);
    }

    /** Caffeine. */
    @Benchmark
    public @Nullable String caffeine(Requests requests, Work work, CaffeineCache subject) {
        return work.next(requests, subject);
    }

    /** cache2k. */
    @Benchmark
    public @Nullable String cache2k(Requests requests, Work work, Cache2k subject) {
        return work.next(requests, subject);
    }

    /** Guava. */
    @Benchmark
    public @Nullable String guava(Requests requests, Work work, GuavaCache subject) {
        return work.next(requests, subject);
    }

    /** Guava with one segment. */
    @Benchmark
    public @Nullable String guavaExact(Requests requests, Work work, GuavaExact subject) {
        return work.next(requests, subject);
    }

    /** A synchronized LinkedHashMap. */
    @Benchmark
    public @Nullable String linkedHashMap(Requests requests, Work work, Linked subject) {
        return work.next(requests, subject);
    }

    /** A ConcurrentHashMap. */
    @Benchmark
    public @Nullable String concurrentHashMap(Requests requests, Work work, Unbounded subject) {
        return work.next(requests, subject);
    }
}
