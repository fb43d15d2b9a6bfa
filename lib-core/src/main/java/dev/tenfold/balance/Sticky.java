package dev.tenfold.balance;

import dev.tenfold.hash.KeyHash;
import java.util.Arrays;

/** Back to the endpoint whose id was remembered, while it takes calls; anybody else by another policy. */
final class Sticky<T> implements Picker<T> {

    private final Candidates<T> candidates;
    private final Picker<T> others;
    /** Hashes of the ids, rising, and whose they are. */
    private final long[] hashes;

    private final int[] owners;

    Sticky(Candidates<T> candidates, Picker<T> others) {
        this.candidates = candidates;
        this.others = others;
        int size = candidates.size();
        Integer[] order = new Integer[size];
        long[] unsorted = new long[size];
        for (int i = 0; i < size; i++) {
            order[i] = i;
            unsorted[i] = KeyHash.xxh3().hash(candidates.member(i).endpoint().id());
        }
        Arrays.sort(order, (a, b) -> Long.compare(unsorted[a], unsorted[b]));
        hashes = new long[size];
        owners = new int[size];
        for (int i = 0; i < size; i++) {
            owners[i] = order[i];
            hashes[i] = unsorted[order[i]];
        }
    }

    @Override
    public Member<T> pick() {
        return others.pick();
    }

    @Override
    public Member<T> pick(long keyHash) {
        int found = Arrays.binarySearch(hashes, keyHash);
        return found >= 0 ? candidates.member(owners[found]) : others.pick(keyHash);
    }

    Picker<T> others() {
        return others;
    }
}
