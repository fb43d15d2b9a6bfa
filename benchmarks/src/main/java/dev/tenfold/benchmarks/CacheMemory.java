package dev.tenfold.benchmarks;

import dev.tenfold.benchmarks.report.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * <b>What does an entry cost in memory?</b> Prints, for each cache of {@link CacheBenchmark}, the bytes that it keeps alive
 * for each entry beyond key and value, when it is full, and writes them to a page if a file is named; see
 * {@link ShardMemory} for how that is measured.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar dev.tenfold.benchmarks.CacheMemory benchmarks/results/cache-memory.md</pre>
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

    /** Prints the table, and writes it to the file that is named. */
    public static void main(String[] arguments) throws IOException {
        StringBuilder table = new StringBuilder("| cache | bytes an entry |\n|---|--:|\n");
        contenders()
                .forEach((name, make) -> table.append(String.format(
                        Locale.ROOT, "| %s | %.0f |%n", name, ShardMemory.retained(() -> full(make)) / ENTRIES)));
        System.out.print(table);
        if (arguments.length > 0) {
            Files.writeString(Path.of(arguments[0]), page(table.toString()));
        }
    }

    private static String page(String table) {
        return String.format(Locale.ROOT, """
                # Memory of a cache

                Bytes that each of %,d entries keeps alive beyond its key and its value, in a cache that was made for a tenth
                more. %s.

                ```
                java -cp benchmarks/target/benchmarks.jar dev.tenfold.benchmarks.CacheMemory benchmarks/results/cache-memory.md
                ```

                %s""", ENTRIES, Machine.describe(), table);
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
