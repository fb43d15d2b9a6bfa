package dev.tenfold.hash;

/** Buckets 0 to range - 1, all there: what jump-like algorithms know. Any removal but the last's is left to a memento. */
abstract class GrowingBuckets implements BucketHash {

    private static final int[] NONE = {};

    final int range;

    GrowingBuckets(int range) {
        this.range = range;
    }

    /** The same algorithm with another range. */
    abstract GrowingBuckets resized(int newRange);

    @Override
    public final int range() {
        return range;
    }

    @Override
    public final int[] removed() {
        return NONE;
    }

    @Override
    public final BucketHash without(int bucket) {
        if (bucket < 0 || bucket >= range || range == 1) {
            throw new IllegalArgumentException(
                    "bucket: " + bucket + " of " + range + " (expected: one of them, and another left)");
        }
        return bucket == range - 1 ? resized(range - 1) : MementoHash.without(this, bucket);
    }

    @Override
    public final BucketHash withOneMore() {
        if (range == MAX_BUCKETS) {
            throw new IllegalStateException("buckets: " + range + " (expected: < " + MAX_BUCKETS + " to add one)");
        }
        return resized(range + 1);
    }

    @Override
    public final String toString() {
        return name() + "(" + range + ")";
    }
}
