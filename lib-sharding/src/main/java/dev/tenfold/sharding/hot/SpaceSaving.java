package dev.tenfold.sharding.hot;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The heaviest keys of a stream in fixed memory: Space-Saving (A. Metwally, D. Agrawal, A. El Abbadi, "Efficient Computation
 * of Frequent and Top-k Elements in Data Streams", ICDT 2005) with weights. A key that is not tracked takes over the counter
 * of the lightest one, whose count becomes the newcomer's possible error.
 *
 * <p>With {@code m} counters and a stream of weight {@code W}: a tracked key's count is at least its true weight and too high
 * by at most its error; no error, and no untracked key's weight, is above the least count, which is at most {@code W / m}.
 * Scaling every number alike keeps all of that, which is what decay needs.
 *
 * <p>Open addressing finds a key's counter, a binary heap the lightest one; adding costs one probe and a few swaps and
 * allocates nothing. Not thread-safe.
 *
 * @param <K> the kind of key
 */
final class SpaceSaving<K> {

    /** Takes what is tracked. */
    @FunctionalInterface
    interface Visitor<K> {
        void visit(Object identity, K key, int slot, double count, double error);
    }

    private final int capacity;
    private final int mask;
    /** The counter at each place plus one, 0 where there is none. */
    private final int[] table;

    private final @Nullable Object[] identities;
    private final @Nullable Object[] keys;
    private final int[] hashes;
    private final int[] slots;
    private final double[] counts;
    private final double[] errors;
    /** Counters, the lightest first, as a binary heap; and where in it each counter is. */
    private final int[] heap;

    private final int[] place;
    private int size;

    SpaceSaving(int capacity) {
        this.capacity = capacity;
        // At most half full, so that probes stay short.
        this.table = new int[Integer.highestOneBit(capacity) * 4];
        this.mask = table.length - 1;
        this.identities = new Object[capacity];
        this.keys = new Object[capacity];
        this.hashes = new int[capacity];
        this.slots = new int[capacity];
        this.counts = new double[capacity];
        this.errors = new double[capacity];
        this.heap = new int[capacity];
        this.place = new int[capacity];
    }

    /** Adds a weight above zero to a key, of which {@code identity} says which one it is. */
    void add(Object identity, K key, int slot, double weight) {
        int hash = spread(identity.hashCode());
        int at = hash & mask;
        for (int found = table[at]; found != 0; found = table[at]) {
            int counter = found - 1;
            if (hashes[counter] == hash && identity.equals(identities[counter])) {
                counts[counter] += weight;
                slots[counter] = slot;
                siftDown(place[counter]);
                return;
            }
            at = (at + 1) & mask;
        }
        int counter;
        if (size < capacity) {
            counter = size++;
            errors[counter] = 0;
            counts[counter] = weight;
            place[counter] = counter;
            heap[counter] = counter;
        } else {
            counter = heap[0];
            forget(counter);
            errors[counter] = counts[counter];
            counts[counter] += weight;
            at = hash & mask;
            while (table[at] != 0) {
                at = (at + 1) & mask;
            }
        }
        table[at] = counter + 1;
        identities[counter] = identity;
        keys[counter] = key;
        hashes[counter] = hash;
        slots[counter] = slot;
        siftUp(place[counter]);
        siftDown(place[counter]);
    }

    /** What an untracked key may weigh at most. */
    double least() {
        return size < capacity ? 0 : counts[heap[0]];
    }

    void scale(double factor) {
        for (int i = 0; i < size; i++) {
            counts[i] *= factor;
            errors[i] *= factor;
        }
    }

    void clear() {
        Arrays.fill(table, 0);
        Arrays.fill(identities, null);
        Arrays.fill(keys, null);
        size = 0;
    }

    void forEach(Visitor<? super K> visitor) {
        for (int i = 0; i < size; i++) {
            @SuppressWarnings("unchecked")
            K key = (K) keys[i];
            Object identity = identities[i];
            if (identity != null && key != null) {
                visitor.visit(identity, key, slots[i], counts[i], errors[i]);
            }
        }
    }

    /** Takes a counter out of the table, moving up what was displaced by it, so that no probe ends too soon. */
    private void forget(int counter) {
        int hole = hashes[counter] & mask;
        while (table[hole] != counter + 1) {
            hole = (hole + 1) & mask;
        }
        for (int next = (hole + 1) & mask; table[next] != 0; next = (next + 1) & mask) {
            int home = hashes[table[next] - 1] & mask;
            if (((next - home) & mask) >= ((next - hole) & mask)) {
                table[hole] = table[next];
                hole = next;
            }
        }
        table[hole] = 0;
    }

    private void siftUp(int from) {
        int counter = heap[from];
        int at = from;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (counts[heap[parent]] <= counts[counter]) {
                break;
            }
            put(at, heap[parent]);
            at = parent;
        }
        put(at, counter);
    }

    private void siftDown(int from) {
        int counter = heap[from];
        int at = from;
        for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && counts[heap[child + 1]] < counts[heap[child]]) {
                child++;
            }
            if (counts[counter] <= counts[heap[child]]) {
                break;
            }
            put(at, heap[child]);
            at = child;
        }
        put(at, counter);
    }

    private void put(int at, int counter) {
        heap[at] = counter;
        place[counter] = at;
    }

    /** Spreads a hash code that may be a small number over all bits (the finalizer of MurmurHash3). */
    private static int spread(int hash) {
        int h = (hash ^ (hash >>> 16)) * 0x85ebca6b;
        h = (h ^ (h >>> 13)) * 0xc2b2ae35;
        return h ^ (h >>> 16);
    }
}
