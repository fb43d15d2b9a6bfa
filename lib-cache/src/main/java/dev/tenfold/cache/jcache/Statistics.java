package dev.tenfold.cache.jcache;

import dev.tenfold.observe.Measurement;
import dev.tenfold.time.TimeSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import javax.cache.management.CacheStatisticsMXBean;

/**
 * What a cache counts while its statistics are enabled. Counters only grow; clearing them as the bean can notes where they
 * stand, so that other readers see no step back.
 */
final class Statistics implements CacheStatisticsMXBean {

    private static final float MICROSECOND = TimeUnit.MICROSECONDS.toNanos(1);

    /** Stands for the beginning of an operation that is not counted. */
    private static final long OFF = Long.MIN_VALUE;

    private final TimeSource time;
    private final LongSupplier evictions;
    private final LongSupplier size;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder puts = new LongAdder();
    private final LongAdder removals = new LongAdder();
    private final LongAdder getNanos = new LongAdder();
    private final LongAdder putNanos = new LongAdder();
    private final LongAdder removeNanos = new LongAdder();

    private volatile boolean enabled;
    private volatile Totals cleared = new Totals(0, 0, 0, 0, 0, 0, 0, 0);

    Statistics(TimeSource time, LongSupplier evictions, LongSupplier size) {
        this.time = time;
        this.evictions = evictions;
        this.size = size;
    }

    void enable(boolean on) {
        enabled = on;
    }

    /** Begins an operation; what it did is told with what this returns. */
    long begin() {
        return enabled ? time.nanoTime() : OFF;
    }

    void got(long began, boolean hit) {
        got(began, hit ? 1 : 0, hit ? 0 : 1);
    }

    void got(long began, long hit, long missed) {
        if (began != OFF) {
            hits.add(hit);
            misses.add(missed);
            getNanos.add(time.nanoTime() - began);
        }
    }

    void put(long began, long count) {
        if (began != OFF && count > 0) {
            puts.add(count);
            putNanos.add(time.nanoTime() - began);
        }
    }

    void removed(long began, long count) {
        if (began != OFF && count > 0) {
            removals.add(count);
            removeNanos.add(time.nanoTime() - began);
        }
    }

    @Override
    public void clear() {
        cleared = totals();
    }

    @Override
    public long getCacheHits() {
        return sinceCleared().hits;
    }

    @Override
    public float getCacheHitPercentage() {
        Totals now = sinceCleared();
        return percentage(now.hits, now.hits + now.misses);
    }

    @Override
    public long getCacheMisses() {
        return sinceCleared().misses;
    }

    @Override
    public float getCacheMissPercentage() {
        Totals now = sinceCleared();
        return percentage(now.misses, now.hits + now.misses);
    }

    @Override
    public long getCacheGets() {
        Totals now = sinceCleared();
        return now.hits + now.misses;
    }

    @Override
    public long getCachePuts() {
        return sinceCleared().puts;
    }

    @Override
    public long getCacheRemovals() {
        return sinceCleared().removals;
    }

    @Override
    public long getCacheEvictions() {
        return sinceCleared().evictions;
    }

    @Override
    public float getAverageGetTime() {
        Totals now = sinceCleared();
        return average(now.getNanos, now.hits + now.misses);
    }

    @Override
    public float getAveragePutTime() {
        Totals now = sinceCleared();
        return average(now.putNanos, now.puts);
    }

    @Override
    public float getAverageRemoveTime() {
        Totals now = sinceCleared();
        return average(now.removeNanos, now.removals);
    }

    private static float percentage(long part, long whole) {
        return whole == 0 ? 0 : 100f * part / whole;
    }

    private static float average(long nanos, long count) {
        return count == 0 ? 0 : nanos / MICROSECOND / count;
    }

    private Totals totals() {
        return new Totals(
                hits.sum(),
                misses.sum(),
                puts.sum(),
                removals.sum(),
                evictions.getAsLong(),
                getNanos.sum(),
                putNanos.sum(),
                removeNanos.sum());
    }

    private Totals sinceCleared() {
        return totals().minus(cleared);
    }

    /** Under the names Micrometer gives to every cache, of JCache too. */
    List<Measurement> measurements(String cache) {
        Map<String, String> tags = Map.of("cache", cache);
        return List.of(
                counter("cache.gets", "Lookups", Map.of("cache", cache, "result", "hit"), hits::sum),
                counter("cache.gets", "Lookups", Map.of("cache", cache, "result", "miss"), misses::sum),
                counter("cache.puts", "Entries put", tags, puts::sum),
                counter("cache.removals", "Entries removed", tags, removals::sum),
                counter("cache.evictions", "Entries dropped because it was full", tags, evictions::getAsLong),
                Measurement.gauge("cache.size", "1", "Entries held", tags, size::getAsLong));
    }

    private static Measurement counter(
            String name, String description, Map<String, String> tags, DoubleSupplier value) {
        return Measurement.counter(name, description, tags, value);
    }

    private record Totals(
            long hits,
            long misses,
            long puts,
            long removals,
            long evictions,
            long getNanos,
            long putNanos,
            long removeNanos) {

        Totals minus(Totals before) {
            return new Totals(
                    hits - before.hits,
                    misses - before.misses,
                    puts - before.puts,
                    removals - before.removals,
                    evictions - before.evictions,
                    getNanos - before.getNanos,
                    putNanos - before.putNanos,
                    removeNanos - before.removeNanos);
        }
    }
}
