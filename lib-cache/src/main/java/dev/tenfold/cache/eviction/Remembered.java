package dev.tenfold.cache.eviction;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Keys of entries that are gone, oldest first, and what these weighed. A ring in arrays with chains by hash through it: 20
 * bytes a place, and nothing to allocate for a key.
 *
 * <p>A key taken from the middle leaves its place empty until all before it have gone. When no place is left, the empty ones
 * are closed, or the ring doubled if fewer than a quarter are empty. So what is added costs a constant on average.
 *
 * <p>Only under the lock of the table.
 */
final class Remembered<K> {

    private static final int FIRST_PLACES = 16;
    private static final int NONE = -1;

    private @Nullable Object[] keys = new Object[FIRST_PLACES];
    private int[] hashes = new int[FIRST_PLACES];
    private int[] weights = new int[FIRST_PLACES];
    /** The first place of each chain, and by place the one after it. */
    private int[] first = filled(FIRST_PLACES);

    private int[] after = new int[FIRST_PLACES];

    private int oldest;
    /** Places from the oldest to the newest, empty ones included. */
    private int used;

    private int size;
    private long weight;

    private static int[] filled(int length) {
        int[] chains = new int[length];
        Arrays.fill(chains, NONE);
        return chains;
    }

    /** Returns what all of them weigh. */
    long weight() {
        return weight;
    }

    /** Remembers a key that is not. */
    void add(K key, int hash, int itsWeight) {
        if (used == keys.length) {
            makeRoom();
        }
        place(oldest + used & keys.length - 1, key, hash, itsWeight);
        used++;
        size++;
        weight += itsWeight;
    }

    private void place(int place, Object key, int hash, int itsWeight) {
        keys[place] = key;
        hashes[place] = hash;
        weights[place] = itsWeight;
        int chain = hash & keys.length - 1;
        after[place] = first[chain];
        first[chain] = place;
    }

    /** Forgets a key. @return whether it was remembered */
    boolean remove(K key, int hash) {
        int place = first[hash & keys.length - 1];
        while (place != NONE && !(hashes[place] == hash && key.equals(keys[place]))) {
            place = after[place];
        }
        if (place == NONE) {
            return false;
        }
        empty(place);
        return true;
    }

    /** Forgets the oldest until the rest weighs no more than this. */
    void forgetUntil(long most) {
        while (weight > most) {
            if (keys[oldest] != null) {
                empty(oldest);
            }
            oldest = oldest + 1 & keys.length - 1;
            used--;
        }
    }

    private void empty(int place) {
        int chain = hashes[place] & keys.length - 1;
        if (first[chain] == place) {
            first[chain] = after[place];
        } else {
            int before = first[chain];
            while (after[before] != place) {
                before = after[before];
            }
            after[before] = after[place];
        }
        keys[place] = null;
        size--;
        weight -= weights[place];
    }

    private void makeRoom() {
        @Nullable Object[] oldKeys = keys;
        int[] oldHashes = hashes;
        int[] oldWeights = weights;
        int length =
                size > oldKeys.length - oldKeys.length / 4 ? Math.multiplyExact(2, oldKeys.length) : oldKeys.length;
        keys = new Object[length];
        hashes = new int[length];
        weights = new int[length];
        after = new int[length];
        first = filled(length);
        int to = 0;
        for (int i = 0; i < oldKeys.length; i++) {
            int from = oldest + i & oldKeys.length - 1;
            if (oldKeys[from] != null) {
                place(to++, Objects.requireNonNull(oldKeys[from]), oldHashes[from], oldWeights[from]);
            }
        }
        oldest = 0;
        used = size;
    }
}
