package dev.tenfold.cache;

import dev.tenfold.observe.Measurement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/** What a cache counts, and the two forms it is read in. */
final class CacheCounters {

    private static final double NANOS_PER_SECOND = 1e9;

    private final HitCounter hits = new HitCounter();
    private volatile boolean countingHits;

    final LongAdder misses = new LongAdder();
    final LongAdder staleAnswers = new LongAdder();
    final LongAdder loads = new LongAdder();
    final LongAdder loadFailures = new LongAdder();
    final LongAdder loadNanos = new LongAdder();
    final LongAdder loadsRefused = new LongAdder();
    final LongAdder refreshes = new LongAdder();
    final LongAdder staleFillsRefused = new LongAdder();
    final LongAdder remoteHits = new LongAdder();
    final LongAdder remoteFailures = new LongAdder();

    void countHits() {
        countingHits = true;
    }

    void hit() {
        if (countingHits) {
            hits.increment();
        }
    }

    CacheStats stats(Store<?, ?> store) {
        return new CacheStats(
                countingHits ? hits.sum() : CacheStats.NOT_COUNTED,
                misses.sum(),
                staleAnswers.sum(),
                loads.sum(),
                loadFailures.sum(),
                loadsRefused.sum(),
                refreshes.sum(),
                store.evictions.sum(),
                store.expirations.sum(),
                staleFillsRefused.sum(),
                remoteHits.sum(),
                remoteFailures.sum(),
                store.size(),
                store.weight());
    }

    /** Under the names Micrometer's {@code CacheMeterBinder} gives to every cache, and our own for what it has not. */
    List<Measurement> measurements(String cache, Store<?, ?> store, Flights<?, ?> flights) {
        Map<String, String> tags = Map.of("cache", cache);
        return List.of(
                counter("cache.gets", "Lookups", Map.of("cache", cache, "result", "hit"), hits::sum),
                counter("cache.gets", "Lookups", Map.of("cache", cache, "result", "miss"), misses::sum),
                counter("cache.puts", "Copies written, by loads and puts", tags, store.writes::sum),
                counter("cache.evictions", "Copies dropped because it was full", tags, store.evictions::sum),
                Measurement.gauge("cache.size", "1", "Copies held", tags, store::size),
                counter(
                        "cache.load",
                        "Loads that ended",
                        Map.of("cache", cache, "result", "success"),
                        () -> Math.max(0, loads.sum() - loadFailures.sum() - flights.size())),
                counter(
                        "cache.load",
                        "Loads that ended",
                        Map.of("cache", cache, "result", "failure"),
                        loadFailures::sum),
                Measurement.gauge(
                        "cache.load.duration",
                        "seconds",
                        "Time spent loading, of all keys together",
                        tags,
                        () -> loadNanos.sum() / NANOS_PER_SECOND),
                counter("tenfold.cache.loads", "Loads begun", tags, loads::sum),
                counter(
                        "tenfold.cache.loads.refused",
                        "Loads not begun because the key had failed too recently",
                        tags,
                        loadsRefused::sum),
                counter("tenfold.cache.refreshes", "Loads begun while a copy answered", tags, refreshes::sum),
                counter("tenfold.cache.stale.answers", "Lookups answered past the lifetime", tags, staleAnswers::sum),
                counter(
                        "tenfold.cache.expirations",
                        "Copies dropped because their time was up",
                        tags,
                        store.expirations::sum),
                counter(
                        "tenfold.cache.stale.fills.refused",
                        "Loaded values not kept because something newer came first",
                        tags,
                        staleFillsRefused::sum),
                counter("tenfold.cache.remote.hits", "Misses the remote tier answered", tags, remoteHits::sum),
                counter(
                        "tenfold.cache.remote.failures",
                        "Calls of the remote tier or the bus that failed",
                        tags,
                        remoteFailures::sum),
                Measurement.gauge("tenfold.cache.weight", "1", "What the copies weigh", tags, store::weight),
                Measurement.gauge("tenfold.cache.loading", "1", "Loads under way", tags, flights::size),
                Measurement.gauge(
                        "tenfold.cache.overhead",
                        "bytes",
                        "Estimate of what the copies take beside keys and values",
                        tags,
                        () -> (double) store.size() * store.bytesPerEntry()));
    }

    private static Measurement counter(
            String name, String description, Map<String, String> tags, DoubleSupplier value) {
        return Measurement.counter(name, description, tags, value);
    }
}
