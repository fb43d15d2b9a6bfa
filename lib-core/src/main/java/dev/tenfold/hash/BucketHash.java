package dev.tenfold.hash;

/**
 * Chooses one of numbered buckets for a hash, so that a change of their number moves few keys: for caches and load
 * balancing, where members are numbers and nothing else need be stored. Named and weighted members: {@link
 * ConsistentHash}.
 *
 * <p>Buckets are numbered from 0. Hashes must be well mixed, as from a {@link KeyHash}. A value is immutable and
 * thread-safe; a change makes another value, and then:
 *
 * <ul>
 *   <li>{@link #withOneMore()} moves keys to the bucket that is new, and none between the others;
 *   <li>{@link #without(int)} moves the keys of the bucket that is gone, evenly to the others, and none between them.
 * </ul>
 *
 * <p>With equal buckets the fullest of 10 holds about 1.01 times the average, of 1,000 about 1.1 times, with a million keys:
 * what chance alone gives.
 */
public interface BucketHash {

    /** The most buckets. */
    int MAX_BUCKETS = 1 << 30;

    /**
     * Returns the algorithm's name with its version; what it returns never changes.
     *
     * @return such as {@code "jumpback_v1"}: {@code a-z 0-9 _}
     */
    String name();

    /**
     * Returns the end of the buckets' numbers.
     *
     * @return one more than the highest number, removed buckets included
     */
    int range();

    /**
     * Returns the buckets that were removed and not restored.
     *
     * @return their numbers, the first removed first; a new array, empty as long as only the last bucket was ever removed
     */
    int[] removed();

    /**
     * Chooses a bucket.
     *
     * @param hash 64 well-mixed bits
     * @return a bucket that is not removed, 0 to {@link #range()} - 1
     */
    int bucket(long hash);

    /**
     * Removes any bucket. Removing the last of a range without removed ones shortens the range; any other removal is
     * remembered by MementoHash (M. Coluzzi, A. Brocco, P. Contu, T. Leidi, "MementoHash: A Stateful, Minimal Memory,
     * Best Performing Consistent Hash Algorithm", 2023, arXiv 2306.09783), which costs 4 bytes a bucket of the range
     * while any is removed, and one more hash for a key whose bucket is gone: about 1.2 times the time with a tenth of the
     * buckets removed, several times with most.
     *
     * @param bucket one that is not removed
     * @return the same buckets without this one
     * @throws IllegalArgumentException if there is no such bucket, or no other
     */
    BucketHash without(int bucket);

    /**
     * Adds a bucket: the one removed last, or where none is, one at the end of the range.
     *
     * @return the same buckets and this one; keys are where they were before that removal
     * @throws IllegalStateException if there are {@link #MAX_BUCKETS}
     */
    BucketHash withOneMore();

    /**
     * Returns buckets by JumpBackHash (O. Ertl, "JumpBackHash: Say Goodbye to the Modulo Operation to Distribute Keys
     * Uniformly to Buckets", 2024, arXiv 2403.18682), <b>the one to prefer</b>: constant time, on average below two random
     * numbers a key, the cheapest just below a power of two. No memory. The same buckets as hash4j's {@code
     * jumpBackHashXorshiftL7R9}.
     *
     * @param buckets how many, 1 to {@link #MAX_BUCKETS}
     * @return {@code jumpback_v1}
     * @throws IllegalArgumentException if the number is out of range
     */
    static BucketHash jumpBack(int buckets) {
        return new JumpBackHash(checked(buckets));
    }

    /**
     * Returns buckets by jump consistent hash (J. Lamping, E. Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm",
     * 2014, arXiv 1406.2294): for agreeing with systems that use it. Time grows with the logarithm of the number of
     * buckets, each step a division. No memory. The same buckets as Guava's {@code Hashing.consistentHash} and hash4j's
     * {@code jumpHash}.
     *
     * @param buckets how many, 1 to {@link #MAX_BUCKETS}
     * @return {@code jump_v1}
     * @throws IllegalArgumentException if the number is out of range
     */
    static BucketHash jump(int buckets) {
        return new JumpHash(checked(buckets));
    }

    private static int checked(int buckets) {
        if (buckets < 1 || buckets > MAX_BUCKETS) {
            throw new IllegalArgumentException("buckets: " + buckets + " (expected: 1 to " + MAX_BUCKETS + ")");
        }
        return buckets;
    }
}
