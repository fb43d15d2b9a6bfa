package dev.tenfold.balance;

import java.util.random.RandomGenerator;

/** Draws candidates by weight in constant time: one, or two that differ. */
final class Draw {

    /** How often a second draw by weight is repeated while it equals the first, before any other will do. */
    private static final int REDRAWS = 3;

    private final RandomGenerator random;
    private final int size;
    private final AliasTable table;
    private final boolean even;

    Draw(Candidates<?> candidates, RandomGenerator random) {
        this.random = random;
        this.size = candidates.size();
        this.even = candidates.isEven();
        this.table = even ? AliasTable.NONE : new AliasTable(candidates);
    }

    /** Draws one. */
    int one() {
        long bits = random.nextLong();
        // Half of the bits, scaled to the range by multiplication (D. Lemire, 2019).
        return even ? (int) (((bits >>> 32) * size) >>> 32) : table.draw(bits);
    }

    /** Draws two that differ, of at least two; see {@link #first} and {@link #second}. */
    long pair() {
        int one;
        int two;
        if (even) {
            // One draw of 64 bits serves both. The second range has a hole where the first fell.
            long bits = random.nextLong();
            one = (int) (((bits >>> 32) * size) >>> 32);
            two = (int) (((bits & 0xFFFF_FFFFL) * (size - 1)) >>> 32);
            two += two >= one ? 1 : 0;
        } else {
            one = table.draw(random.nextLong());
            two = another(one);
        }
        return ((long) one << 32) | two;
    }

    /** Draws by weight somebody other than {@code one}, of at least two. */
    int another(int one) {
        int two = one();
        for (int i = 0; two == one && i < REDRAWS; i++) {
            two = one();
        }
        if (two == one) {
            two = random.nextInt(size - 1);
            two += two >= one ? 1 : 0;
        }
        return two;
    }

    static int first(long pair) {
        return (int) (pair >>> 32);
    }

    static int second(long pair) {
        return (int) pair;
    }
}
