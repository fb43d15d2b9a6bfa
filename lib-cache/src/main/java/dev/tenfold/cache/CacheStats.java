package dev.tenfold.cache;

/**
 * What a cache counted since it was built. Each number is exact once the calls it counts have returned; they are read one
 * after the other, so a snapshot under load may be a few calls apart in itself.
 *
 * @param hits lookups answered by a copy, known absences included
 * @param misses lookups that no copy could answer, whether they loaded, waited for another's load or gave up
 * @param loads loads begun; below {@code misses} by what single flight saved
 * @param loadFailures loads that threw, or whose time was up before they began
 * @param evictions copies dropped because the cache was full
 * @param expirations copies dropped because their time was up
 * @param staleFillsRefused loaded values not kept, because an invalidation or put overtook the load or a copy of a later
 *     position was there
 * @param size copies held, an estimate that may count expired ones not yet dropped
 */
public record CacheStats(
        long hits,
        long misses,
        long loads,
        long loadFailures,
        long evictions,
        long expirations,
        long staleFillsRefused,
        long size) {

    /**
     * Returns the share of lookups that were hits.
     *
     * @return 0 to 1; 1 before the first lookup
     */
    public double hitRatio() {
        long lookups = hits + misses;
        return lookups == 0 ? 1 : (double) hits / lookups;
    }
}
