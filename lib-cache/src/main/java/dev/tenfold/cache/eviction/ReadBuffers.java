package dev.tenfold.cache.eviction;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Uses that wait to be told to the policy, as the slots of the nodes used: one small ring a thread, or nearly so (Ding,
 * Jiang, Zhang: BP-Wrapper, ICDE 2009).
 *
 * <p><b>Protocol.</b> A reader writes the slot behind the last one, then moves {@code written} with a release store. The
 * holder of the table's lock reads up to {@code written} in order, then moves {@code taken} with a release store, which
 * gives the places back to readers. While a ring has one reader, {@code taken <= written <= taken + SIZE}, and no place is
 * overwritten before it was read.
 *
 * <p><b>No atomic instruction.</b> Two threads that write to one ring at the same moment may take one place, or set {@code
 * written} back by what the other has added meanwhile. So a use may be lost or told twice, up to a ring full of them; the
 * holder of the lock passes over what cannot be. That costs a hit rate nothing one could measure, and an atomic
 * instruction at every hit would cost as much as finding the key.
 *
 * <p><b>Loss.</b> Else a use is lost only if the ring is full while another thread holds the lock. A thread that is alone
 * loses none, and its order is kept. Threads are kept apart by their ids, and one whose ring is full empties no other's, so
 * a use may be told after later ones of another thread, by up to one ring.
 */
final class ReadBuffers {

    /** Places of one ring. */
    static final int SIZE = 64;

    private static final int MAXIMUM_RINGS = 64;
    private static final VarHandle PLACE = MethodHandles.arrayElementVarHandle(int[].class);

    private final AtomicReferenceArray<@Nullable Ring> rings;
    private final int mask;
    /** Held by who makes a ring. */
    private final ReentrantLock making = new ReentrantLock();
    /** Those there are, so that the others need not be looked at. */
    private volatile Ring[] inUse = {};

    ReadBuffers(int processors) {
        int count = Math.min(MAXIMUM_RINGS, Integer.highestOneBit(Math.max(1, 8 * processors - 1)));
        rings = new AtomicReferenceArray<>(count);
        mask = count - 1;
    }

    /** Keeps a use. @return false if the ring is full */
    boolean add(int slot) {
        return own().add(slot);
    }

    /** Tells what waits in the ring of this thread. Only under the lock. */
    void drainOwnTo(Policy<?, ?> policy) {
        own().drainTo(policy);
    }

    /** Tells all that waits. Only under the lock. */
    void drainTo(Policy<?, ?> policy) {
        for (Ring ring : inUse) {
            ring.drainTo(policy);
        }
    }

    private Ring own() {
        int index = (int) Thread.currentThread().getId() & mask;
        Ring ring = rings.get(index);
        return ring == null ? ring(index) : ring;
    }

    private Ring ring(int index) {
        making.lock();
        try {
            Ring there = rings.get(index);
            if (there != null) {
                return there;
            }
            Ring ring = new Ring();
            Ring[] more = Arrays.copyOf(inUse, inUse.length + 1);
            more[inUse.length] = ring;
            inUse = more;
            rings.set(index, ring);
            return ring;
        } finally {
            making.unlock();
        }
    }

    private static final class Ring extends RingPadding.Taken {

        private final int[] places = new int[SIZE];

        boolean add(int slot) {
            long next = (long) WRITTEN.getOpaque(this);
            long waiting = next - (long) TAKEN.getAcquire(this);
            if (waiting < 0 || waiting >= SIZE) { // below 0 after it was set back: to be put right under the lock
                return false;
            }
            PLACE.setOpaque(places, (int) next & SIZE - 1, slot);
            WRITTEN.setRelease(this, next + 1);
            return true;
        }

        void drainTo(Policy<?, ?> policy) {
            long end = (long) WRITTEN.getAcquire(this);
            long next = (long) TAKEN.getOpaque(this);
            if (next == end) {
                return;
            }
            // With several readers it may have been set back, or forth again.
            for (next = Math.max(next, end - SIZE); next < end; next++) {
                int slot = (int) PLACE.getOpaque(places, (int) next & SIZE - 1);
                if (policy.slots.isLinked(slot)) {
                    policy.use(slot);
                }
            }
            TAKEN.setRelease(this, end);
        }
    }
}
