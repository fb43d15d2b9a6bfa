package dev.tenfold.cache.edge;

import java.util.List;

/**
 * Whom a purge reached.
 *
 * @param reached the edges that hold nothing of what was purged any more, by name
 * @param missed the edges that were down; each drops all it holds before it takes a request again
 * @param copies how many copies were dropped, or marked stale by a soft purge
 */
public record PurgeReport(List<String> reached, List<String> missed, long copies) {

    /** Copies the lists. */
    public PurgeReport {
        reached = List.copyOf(reached);
        missed = List.copyOf(missed);
    }

    /**
     * Says whether every edge was reached.
     *
     * @return whether none was down
     */
    public boolean isComplete() {
        return missed.isEmpty();
    }
}
