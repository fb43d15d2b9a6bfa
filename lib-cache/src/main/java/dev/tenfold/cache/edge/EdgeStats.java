package dev.tenfold.cache.edge;

/**
 * What one edge counted since the network was built. What is left of {@code requests} waited for a fetch under way.
 *
 * @param requests clients' requests it answered or failed
 * @param hits requests it answered from its own fresh copy
 * @param staleHits requests it answered with a stale copy, whatever the reason; not among the hits, so that an origin that
 *     is down shows
 * @param neighbourHits fetches that found a copy at a neighbour
 * @param shieldHits fetches that found a copy at the shield
 * @param originFetches fetches that went to the origin; several edges' concurrent ones are one load there
 * @param failures requests that ended with an exception
 * @param revalidations fetches in the background because a stale copy was served
 * @param revalidationFailures of these, those that failed or that the executor refused
 * @param bytesServed bytes of all answers, 0 unless the network was told their size
 * @param bytesSaved bytes of answers that the origin did not send for them
 * @param size copies it holds, an estimate
 */
public record EdgeStats(
        long requests,
        long hits,
        long staleHits,
        long neighbourHits,
        long shieldHits,
        long originFetches,
        long failures,
        long revalidations,
        long revalidationFailures,
        long bytesServed,
        long bytesSaved,
        long size) {

    /**
     * Returns the share of requests that were hits.
     *
     * @return 0 to 1; 1 before the first request
     */
    public double hitRatio() {
        return requests == 0 ? 1 : (double) hits / requests;
    }
}
