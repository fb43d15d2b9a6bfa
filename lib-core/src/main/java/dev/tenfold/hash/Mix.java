package dev.tenfold.hash;

/** Makes one hash into others. */
final class Mix {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Mix() {}

    /** The finish of SplitMix64 (G. Steele et al., 2014): a bijection in which every bit depends on every bit. */
    static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** The hash number {@code index}, from 0, that follows from a hash: of SplitMix64 started at it. */
    static long derived(long hash, int index) {
        return mix(hash + GOLDEN * (index + 1L));
    }

    /** The hash's top 32 bits, spread over 0 to range - 1. */
    static int scale(long hash, int range) {
        return (int) (((hash >>> 32) * range) >>> 32);
    }
}
