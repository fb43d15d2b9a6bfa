package dev.tenfold.cache.eviction;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Uses that wait to be told to the policy: one small ring a thread, or nearly so (Ding, Jiang, Zhang: BP-Wrapper, ICDE
 * 2009).
 *
 * <p><b>Protocol.</b> A reader claims a slot by a compare-and-set of {@code claimed}, then publishes the node with a release
 * store. The holder of the table's lock takes published slots in order, empties them, and moves {@code taken} with a
 * release store, which gives them back to readers. It stops at a slot that is claimed and not yet published: that one is
 * for the next time. So {@code taken <= claimed <= taken + SIZE}, and no slot is overwritten before it was taken.
 *
 * <p><b>Loss.</b> A use is lost only if two threads meet in one ring at the same moment, or the ring is full while another
 * thread holds the lock. A thread that is alone loses none, and its order is kept. Threads are kept apart by their ids, so
 * a use may be told after later ones of another thread, by up to one ring.
 */
final class ReadBuffers<K, V> {

    /** Slots of one ring. */
    static final int SIZE = 64;

    /** What became of a use. */
    enum Added {
        KEPT,
        LOST,
        FULL
    }

    private static final int MAXIMUM_RINGS = 64;
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Node[].class);

    private final AtomicReferenceArray<@Nullable Ring<K, V>> rings;
    private final int mask;

    ReadBuffers(int threads) {
        int count = Math.min(MAXIMUM_RINGS, Integer.highestOneBit(Math.max(1, 4 * threads - 1)));
        rings = new AtomicReferenceArray<>(count);
        mask = count - 1;
    }

    Added add(Node<K, V> node) {
        int index = (int) Thread.currentThread().getId() & mask;
        Ring<K, V> ring = rings.get(index);
        return (ring == null ? ring(index) : ring).add(node);
    }

    /** Only under the lock. */
    void drainTo(Consumer<? super Node<K, V>> uses) {
        for (int i = 0; i <= mask; i++) {
            Ring<K, V> ring = rings.get(i);
            if (ring != null) {
                ring.drainTo(uses);
            }
        }
    }

    private Ring<K, V> ring(int index) {
        Ring<K, V> made = new Ring<>();
        Ring<K, V> there = rings.compareAndExchange(index, null, made);
        return there == null ? made : there;
    }

    private static final class Ring<K, V> extends RingPadding.Taken {

        private final @Nullable Node<K, V>[] slots;

        @SuppressWarnings({"unchecked", "rawtypes"})
        Ring() {
            slots = new Node[SIZE];
        }

        Added add(Node<K, V> node) {
            long claim = (long) CLAIMED.getOpaque(this);
            if (claim - (long) TAKEN.getAcquire(this) >= SIZE) {
                return Added.FULL;
            }
            if (!CLAIMED.compareAndSet(this, claim, claim + 1)) {
                return Added.LOST;
            }
            SLOT.setRelease(slots, (int) claim & SIZE - 1, node);
            return Added.KEPT;
        }

        @SuppressWarnings("unchecked")
        void drainTo(Consumer<? super Node<K, V>> uses) {
            long end = (long) CLAIMED.getOpaque(this);
            long next = (long) TAKEN.getOpaque(this);
            if (next == end) {
                return;
            }
            for (; next < end; next++) {
                int index = (int) next & SIZE - 1;
                Node<K, V> node = (Node<K, V>) SLOT.getAcquire(slots, index);
                if (node == null) {
                    break;
                }
                SLOT.setOpaque(slots, index, (Node<K, V>) null); // of the exact type, or it is looked up each time
                uses.accept(node);
            }
            TAKEN.setRelease(this, next);
        }
    }
}
