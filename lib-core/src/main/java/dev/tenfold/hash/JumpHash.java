package dev.tenfold.hash;

/** Jump consistent hash, from the paper that {@link BucketHash#jump} names. */
final class JumpHash extends GrowingBuckets {

    private static final long MULTIPLIER = 2_862_933_555_777_941_757L;

    JumpHash(int range) {
        super(range);
    }

    @Override
    public String name() {
        return "jump_v1";
    }

    @Override
    public int bucket(long hash) {
        long state = hash;
        int bucket = 0;
        while (true) {
            state = MULTIPLIER * state + 1;
            // In this order, and with a sum that may overflow, as Guava has it: anything else differs now and then.
            double next = (bucket + 1) / (((int) (state >>> 33) + 1) / 0x1.0p31);
            if (next < 0 || next >= range) {
                return bucket;
            }
            bucket = (int) next;
        }
    }

    @Override
    GrowingBuckets resized(int newRange) {
        return new JumpHash(newRange);
    }
}
