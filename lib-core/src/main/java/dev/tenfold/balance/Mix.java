package dev.tenfold.balance;

/** Turns 64 bits into 64 others that look unrelated; a bijection. */
final class Mix {

    private Mix() {}

    /** The finalizer of SplitMix64 (D. Stafford's variant 13). */
    static long of(long bits) {
        long mixed = bits + 0x9E37_79B9_7F4A_7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ (mixed >>> 31);
    }
}
