package dev.tenfold.benchmarks.simulator;

import com.github.benmanes.caffeine.cache.simulator.parser.TraceFormat;
import dev.tenfold.benchmarks.hitrates.HitCount;
import dev.tenfold.benchmarks.hitrates.Trace;
import dev.tenfold.cache.Eviction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Plays traces to a {@link dev.tenfold.cache.Cache} of each policy and to the reference, and writes a table of the hit
 * rates. Fails if an exact policy differs from its reference by one hit.
 *
 * <pre>JAVA_HOME=... mvn -q -Phit-rates verify     # on JDK 25</pre>
 */
public final class HitRatesRun {

    private static final Eviction[] EXACT = {
        Eviction.LRU, Eviction.FIFO, Eviction.LFU, Eviction.SIEVE, Eviction.S3_FIFO
    };
    private static final int RUNS = 3;
    private static final int MILLION = 1_000_000;

    private final List<String> different = new ArrayList<>();

    private HitRatesRun() {}

    /** Takes one argument: the file to write. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        HitRatesRun run = new HitRatesRun();
        String page = run.page();
        Files.writeString(Path.of(arguments[0]), page, StandardCharsets.UTF_8);
        System.out.println(page);
        if (!run.different.isEmpty()) {
            System.err.println("Not the reference's hits: " + run.different);
            System.exit(1);
        }
    }

    private record Replay(Trace trace, List<Integer> sizes) {}

    private static List<Replay> replays() {
        return List.of(
                new Replay(Trace.web12(), List.of(250, 1_000, 4_000)),
                new Replay(jar("web07", TraceFormat.CACHE2K, "web07.trace.xz"), List.of(2_000)),
                new Replay(jar("orm_busy", TraceFormat.CACHE2K, "orm-busy.trace.xz"), List.of(1_000, 5_000)),
                new Replay(jar("sprite", TraceFormat.LIRS, "sprite.trace.gz"), List.of(500, 1_000)),
                new Replay(jar("multi3", TraceFormat.LIRS, "multi3.trace.gz"), List.of(500)),
                new Replay(jar("loop", TraceFormat.LIRS, "loop.trace.gz"), List.of(512, 1_024)),
                new Replay(jar("corda", TraceFormat.CORDA, "trace_vaultservice.gz"), List.of(512, 4_096)),
                new Replay(jar("scarab", TraceFormat.SCARAB, "scarab-recs.trace.xz"), List.of(25_000)));
    }

    private static Trace jar(String name, TraceFormat format, String file) {
        return Reference.trace(name, format, file, MILLION);
    }

    private String page() throws InterruptedException {
        StringBuilder page = new StringBuilder(
                """
                # Hit rates

                Each request is a `cache.get(key, loader)` by one thread, on a `Cache` of the public API. **=** : as many hits as the
                reference, to the last one. The references for the exact policies are those of Caffeine's simulator 3.2.4 (`linked.Lru`,
                `linked.Fifo`, `linked.Lfu`, `two-queue.S3Fifo`, and `linked.Sieve`, which holds one entry fewer than its size and is
                given one more). `ADAPTIVE` is partly random, like the Caffeine 3.3.1 it is: both are shown as the lowest and highest of
                %d runs. At most the first %,d requests of a trace. `web12` is by headissue GmbH, Jens Wilke (CC BY 4.0); the other
                traces come out of the simulator's jar.

                ```
                mvn -q -Phit-rates verify     # on JDK 25
                ```

                | trace | requests | size |"""
                        .formatted(RUNS, MILLION));
        for (Eviction eviction : EXACT) {
            page.append(' ').append(eviction).append(" |");
        }
        page.append(" ADAPTIVE | Caffeine | LFU, ageing after 10 |\n|---|--:|--:|");
        page.append("--:|".repeat(EXACT.length + 3)).append('\n');
        for (Replay replay : replays()) {
            for (int size : replay.sizes()) {
                row(page, replay.trace(), size);
            }
        }
        threads(page);
        return page.toString();
    }

    private void row(StringBuilder page, Trace trace, int size) {
        int requests = trace.keys().length;
        page.append(String.format(Locale.ROOT, "| %s | %,d | %,d |", trace.name(), requests, size));
        for (Eviction eviction : EXACT) {
            long ours = HitCount.of(trace, eviction, size);
            long theirs = Reference.hits(trace, eviction, size);
            String verdict = "=";
            if (ours != theirs) {
                verdict = "not " + percent(theirs, requests);
                different.add(eviction + " on " + trace.name() + "@" + size + ": " + ours + ", not " + theirs);
            }
            page.append(String.format(Locale.ROOT, " %s %s |", percent(ours, requests), verdict));
        }
        page.append(range(requests, () -> HitCount.of(trace, Eviction.ADAPTIVE, size)));
        page.append(range(requests, () -> Reference.hits(trace, Eviction.ADAPTIVE, size)));
        page.append(String.format(
                Locale.ROOT,
                " %s |%n",
                percent(HitCount.of(trace, Eviction.lfuWithAgeing(10), size), requests)));
    }

    private static String range(int requests, LongSupplier hits) {
        long[] runs = new long[RUNS];
        for (int i = 0; i < RUNS; i++) {
            runs[i] = hits.getAsLong();
        }
        java.util.Arrays.sort(runs);
        return String.format(Locale.ROOT, " %s–%s |", percent(runs[0], requests), percent(runs[RUNS - 1], requests));
    }

    /** What several threads lose: the trace's order is only nearly kept by the threads themselves, too. */
    private static void threads(StringBuilder page) throws InterruptedException {
        Trace trace = Trace.web12();
        int requests = trace.keys().length;
        page.append("\nSeveral threads, each taking the next request of `web12` when it is ready; size 1,000.\n\n| threads |");
        for (Eviction eviction : EXACT) {
            page.append(' ').append(eviction).append(" |");
        }
        page.append("\n|--:|").append("--:|".repeat(EXACT.length)).append('\n');
        for (int threads : new int[] {1, 2, 4, 8}) {
            page.append("| ").append(threads).append(" |");
            for (Eviction eviction : EXACT) {
                page.append(String.format(
                        Locale.ROOT, " %s |", percent(HitCount.of(trace, eviction, 1_000, threads), requests)));
            }
            page.append('\n');
        }
    }

    private static String percent(long hits, int requests) {
        return String.format(Locale.ROOT, "%.2f", 100.0 * hits / requests);
    }
}
