package dev.tenfold.benchmarks;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * <b>What does an entry cost in memory?</b> Prints, for each cache of {@link CacheBenchmark}, the bytes that it keeps alive
 * for each entry beyond key and value, when it is full; see {@link ShardMemory} for how that is measured.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar dev.tenfold.benchmarks.CacheMemory</pre>
 */
public final class CacheMemory {

    private static final int ENTRIES = 50_000;
    private static final Long[] KEYS = new Long[ENTRIES];

    static {
        for (int i = 0; i < ENTRIES; i++) {
            KEYS[i] = CacheBenchmark.Work.key(i);
        }
    }

    private CacheMemory() {}

    /** Prints the table. */
    public static void main(String[] arguments) {
        System.out.println("| cache | bytes an entry |");
        System.out.println("|---|--:|");
        contenders()
                .forEach((name, make) -> System.out.println(String.format(
                        Locale.ROOT, "| %s | %.0f |", name, ShardMemory.retained(() -> full(make)) / ENTRIES)));
    }

    static Map<String, Supplier<CacheBenchmark.Subject>> contenders() {
        Map<String, Supplier<CacheBenchmark.Subject>> contenders = new LinkedHashMap<>();
        contenders.put("Tenfold, adaptive", CacheBenchmark.TenfoldCache::new);
        contenders.put("Tenfold, LRU", CacheBenchmark.TenfoldCacheLru::new);
        contenders.put("table of LRU", CacheBenchmark.Lru::new);
        contenders.put("table of LFU", CacheBenchmark.Lfu::new);
        contenders.put("table of FIFO", CacheBenchmark.Fifo::new);
        contenders.put("table of SIEVE", CacheBenchmark.Sieve::new);
        contenders.put("table of S3-FIFO, nothing remembered", CacheBenchmark.S3Fifo::new);
        contenders.put("Caffeine", CacheBenchmark.CaffeineCache::new);
        contenders.put("cache2k", CacheBenchmark.Cache2k::new);
        contenders.put("Guava", CacheBenchmark.GuavaCache::new);
        contenders.put("LinkedHashMap", CacheBenchmark.Linked::new);
        contenders.put("ConcurrentHashMap", CacheBenchmark.Unbounded::new);
        return contenders;
    }

    static CacheBenchmark.Subject full(Supplier<CacheBenchmark.Subject> make) {
        CacheBenchmark.Subject subject = make.get();
        subject.make(ENTRIES + ENTRIES / 10);
        for (Long key : KEYS) {
            subject.put(key, CacheBenchmark.Work.VALUE);
        }
        return subject;
    }
}
