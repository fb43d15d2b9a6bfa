package dev.tenfold.cache;

import dev.tenfold.observe.Measurement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a cache counts, and the two forms it is read in. */
final class CacheCounters {

    final LongAdder hits = new LongAdder();
    final LongAdder misses = new LongAdder();
    final LongAdder loads = new LongAdder();
    final LongAdder loadFailures = new LongAdder();
    final LongAdder staleFillsRefused = new LongAdder();

    CacheStats stats(Store<?, ?> store) {
        return new CacheStats(
                hits.sum(),
                misses.sum(),
                loads.sum(),
                loadFailures.sum(),
                store.evictions(),
                store.expirations(),
                staleFillsRefused.sum(),
                store.size());
    }

    List<Measurement> measurements(String cache, Store<?, ?> store, Flights<?, ?> flights) {
        Map<String, String> tags = Map.of("cache", cache);
        return List.of(
                Measurement.counter("tenfold.cache.hits", "Lookups answered by a copy", tags, hits::sum),
                Measurement.counter("tenfold.cache.misses", "Lookups no copy could answer", tags, misses::sum),
                Measurement.counter("tenfold.cache.loads", "Loads begun", tags, loads::sum),
                Measurement.counter("tenfold.cache.load.failures", "Loads that failed", tags, loadFailures::sum),
                Measurement.counter(
                        "tenfold.cache.evictions", "Copies dropped because it was full", tags, store::evictions),
                Measurement.counter(
                        "tenfold.cache.expirations",
                        "Copies dropped because their time was up",
                        tags,
                        store::expirations),
                Measurement.counter(
                        "tenfold.cache.stale.fills.refused",
                        "Loaded values not kept because something newer came first",
                        tags,
                        staleFillsRefused::sum),
                Measurement.gauge("tenfold.cache.size", "1", "Copies held", tags, store::size),
                Measurement.gauge("tenfold.cache.loading", "1", "Loads under way", tags, flights::size));
    }
}
