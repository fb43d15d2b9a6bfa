package dev.tenfold.cache;

/**
 * What a cache counted since it was built, or of hits since {@link CacheBuilder#recordStats counting them} began. Each number is exact once the calls it counts have returned; they are read one
 * after the other, so a snapshot under load may be a few calls apart in itself.
 *
 * @param hits lookups answered by a copy, known absences and copies past their lifetime included; {@link #NOT_COUNTED}
 *     unless the cache was built with {@link CacheBuilder#recordStats} or has been asked for its measurements
 * @param misses lookups that no copy could answer, whether they loaded, waited for another's load or gave up
 * @param staleAnswers lookups answered by a copy past its lifetime: hits while it was loaded anew, and misses whose load
 *     failed
 * @param loads loads begun; below {@code misses} by what single flight and the remote tier saved
 * @param loadFailures loads that threw, or whose time was up before they began
 * @param loadsRefused loads not begun, because the key had failed too recently
 * @param refreshes loads begun while a copy answered
 * @param evictions copies dropped because the cache was full
 * @param expirations copies dropped because their time was up
 * @param staleFillsRefused loaded values not kept, because an invalidation or put overtook the load or a copy of a later
 *     position was there
 * @param remoteHits misses that the remote tier answered
 * @param remoteFailures calls of the remote tier or the bus that failed or took too long
 * @param size copies held, an estimate that may count expired ones not yet dropped
 * @param weight what they weigh; {@code size} where no weigher was given
 */
public record CacheStats(
        long hits,
        long misses,
        long staleAnswers,
        long loads,
        long loadFailures,
        long loadsRefused,
        long refreshes,
        long evictions,
        long expirations,
        long staleFillsRefused,
        long remoteHits,
        long remoteFailures,
        long size,
        long weight) {

    /** Stands for hits where they are not counted. */
    public static final long NOT_COUNTED = -1;

    /**
     * Returns the share of lookups that were hits.
     *
     * @return 0 to 1; 1 before the first lookup; NaN where hits are {@link #NOT_COUNTED}
     */
    public double hitRatio() {
        if (hits == NOT_COUNTED) {
            return Double.NaN;
        }
        long lookups = hits + misses;
        return lookups == 0 ? 1 : (double) hits / lookups;
    }
}
