package dev.tenfold.cache.edge;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The purges under way, so that no edge is refilled from a neighbour that the purge has not reached yet.
 *
 * <p><b>Invariant.</b> After a purge has returned, no edge that is up holds a copy from before it began that it concerns.
 *
 * <p><b>Why it holds.</b> A purge notes itself here, then goes to the fetches from the origin, to the shield, to each other
 * edge, then takes its note away. Take a fetch by edge A. If it was registered at A before the purge reached A, the purge
 * marks it ({@link Flight}) and it leaves nothing. If after, the note was there before the fetch began, which looks at the
 * notes before it reads its neighbours' copies: either it sees the note and takes no copy that the purge concerns, and asks
 * the shield or the origin, which the purge has passed, where only fetches from after it began are left to join; or the note
 * is gone, and so were the old copies of every neighbour that is up. An edge that was down starts again with an empty {@link Tier} before it is up.
 */
final class Purges<K> {

    private final ReentrantLock changing = new ReentrantLock();

    /** Immutable; replaced under the lock. */
    private volatile List<Purge<K>> underWay = List.of();

    void begin(Purge<K> purge) {
        changing.lock();
        try {
            underWay = Stream.concat(underWay.stream(), Stream.of(purge)).toList();
        } finally {
            changing.unlock();
        }
    }

    void end(Purge<K> purge) {
        changing.lock();
        try {
            // Of several that are equal it does not matter which goes, as long as only one does.
            List<Purge<K>> left = new ArrayList<>(underWay);
            left.remove(purge);
            underWay = List.copyOf(left);
        } finally {
            changing.unlock();
        }
    }

    /** Returns those under way; to be asked for before a neighbour's copy is read, never after. */
    List<Purge<K>> current() {
        return underWay;
    }
}
