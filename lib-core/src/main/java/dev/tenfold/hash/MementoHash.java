package dev.tenfold.hash;

import java.util.Arrays;

/**
 * Removed buckets, from the paper that {@link BucketHash#without} names, on top of an algorithm for all buckets of a range.
 *
 * <p>Who loses its bucket is hashed anew over as many numbers as buckets were left after that removal. The numbers below
 * it which were removed by then stand for buckets that were not: following them back in time ends at one that was there.
 * So a removal moves none but the removed bucket's keys, and undoing the removals, the latest first, restores every key.
 */
final class MementoHash implements BucketHash {

    private final GrowingBuckets all;
    /** The removed, the first first. */
    private final int[] removed;
    /** For each bucket of the range, how many were left right after its removal; 0 if it is not removed. */
    private final int[] left;

    private MementoHash(GrowingBuckets all, int[] removed) {
        this.all = all;
        this.removed = removed;
        this.left = new int[all.range];
        for (int i = 0; i < removed.length; i++) {
            left[removed[i]] = all.range - i - 1;
        }
    }

    static BucketHash without(GrowingBuckets all, int bucket) {
        return new MementoHash(all, new int[] {bucket});
    }

    @Override
    public String name() {
        return "memento_" + all.name();
    }

    @Override
    public int range() {
        return all.range;
    }

    @Override
    public int[] removed() {
        return removed.clone();
    }

    @Override
    public int bucket(long hash) {
        int bucket = all.bucket(hash);
        for (int remaining = left[bucket]; remaining > 0; remaining = left[bucket]) {
            bucket = Mix.scale(Mix.derived(hash, bucket), remaining);
            // Removed earlier than the bucket that was lost: the number stands for its replacement of that time.
            while (left[bucket] >= remaining) {
                bucket = left[bucket];
            }
        }
        return bucket;
    }

    @Override
    public BucketHash without(int bucket) {
        if (bucket < 0 || bucket >= all.range || left[bucket] > 0 || removed.length == all.range - 1) {
            throw new IllegalArgumentException("bucket: " + bucket + " of " + all.range + " without "
                    + Arrays.toString(removed) + " (expected: one that is not removed, and another left)");
        }
        int[] more = Arrays.copyOf(removed, removed.length + 1);
        more[removed.length] = bucket;
        return new MementoHash(all, more);
    }

    @Override
    public BucketHash withOneMore() {
        return removed.length == 1 ? all : new MementoHash(all, Arrays.copyOf(removed, removed.length - 1));
    }

    @Override
    public String toString() {
        return name() + "(" + all.range + " without " + Arrays.toString(removed) + ")";
    }
}
