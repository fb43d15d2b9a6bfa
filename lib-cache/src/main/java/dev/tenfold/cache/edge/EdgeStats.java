package dev.tenfold.cache.edge;

/**
 * What one edge counted since the network was built. What is left of {@code requests} waited for a fetch under way.
 *
 * @param requests clients' requests it answered or failed
 * @param hits requests it answered from its own copy
 * @param neighbourHits fetches that found a copy at a neighbour
 * @param originFetches fetches that went to the origin; several edges' concurrent ones are one load there
 * @param size copies it holds, an estimate
 */
public record EdgeStats(long requests, long hits, long neighbourHits, long originFetches, long size) {

    /**
     * Returns the share of requests that were hits.
     *
     * @return 0 to 1; 1 before the first request
     */
    public double hitRatio() {
        return requests == 0 ? 1 : (double) hits / requests;
    }
}
