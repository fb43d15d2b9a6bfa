package dev.tenfold.hash;

/**
 * JumpBackHash, from the paper that {@link BucketHash#jumpBack} names, with the 64-bit xorshift generator of shifts 7 and 9
 * that the hash itself seeds.
 *
 * <p>The buckets a key would have while their number grows fall into intervals from each power of two to the next. Bit
 * <i>i</i> of {@code active} says whether the key moves at all within the interval of power <i>i</i>; so the search goes
 * from the highest such interval down and ends at the first move below the number of buckets.
 */
final class JumpBackHash extends GrowingBuckets {

    private final int mask;

    JumpBackHash(int range) {
        super(range);
        // The shift takes its operand modulo 32: for one bucket there is no bit to keep.
        this.mask = range == 1 ? 0 : -1 >>> Integer.numberOfLeadingZeros(range - 1);
    }

    @Override
    public String name() {
        return "jumpback_v1";
    }

    @Override
    public int bucket(long hash) {
        int active = (int) (hash ^ (hash >>> 32)) & mask;
        long state = hash;
        while (active != 0) {
            int low = Integer.highestOneBit(active);
            // The first random number serves all intervals, a half of it each in turn.
            int candidate = low + ((int) (hash >>> (Integer.bitCount(active) << 5)) & (low - 1));
            int both = 2 * low - 1;
            long half = 0;
            for (boolean fresh = true; candidate >= low; fresh = !fresh) {
                if (candidate < range) {
                    return candidate;
                }
                if (fresh) {
                    state ^= state << 7;
                    state ^= state >>> 9;
                    half = state;
                } else {
                    half = state >>> 32;
                }
                candidate = (int) half & both;
            }
            active ^= low;
        }
        return 0;
    }

    @Override
    GrowingBuckets resized(int newRange) {
        return new JumpBackHash(newRange);
    }
}
