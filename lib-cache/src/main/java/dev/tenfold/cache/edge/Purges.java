package dev.tenfold.cache.edge;

import java.util.concurrent.ConcurrentHashMap;

/**
 * The purges under way, so that no edge is refilled from a neighbour that the purge has not reached yet.
 *
 * <p><b>Invariant.</b> After a purge of a key has returned, no edge that is up holds a copy from before it began.
 *
 * <p><b>Why it holds.</b> A purge notes itself here, then goes to the origin's loads, then to each edge, then takes its
 * note away. Take a fetch by edge A. If it was registered in A's cache before the purge reached A, the purge overtakes it
 * and it leaves nothing. If after, the note was there before it began: either it sees the note, and asks the origin, where
 * only loads from after the purge began are left to join; or the note is gone, and so are the old copies of every
 * neighbour that is up. An edge that was down drops everything before it is up, and while it does, purges reach it.
 */
final class Purges<K> {

    private final ConcurrentHashMap<K, Integer> underWay = new ConcurrentHashMap<>();

    void begin(K key) {
        underWay.merge(key, 1, Integer::sum);
    }

    void end(K key) {
        underWay.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
    }

    boolean isUnderWay(K key) {
        return underWay.containsKey(key);
    }
}
