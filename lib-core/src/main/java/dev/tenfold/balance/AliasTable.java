package dev.tenfold.balance;

/**
 * Draws by weight in constant time: the alias method of A. J. Walker (1977), built as by M. D. Vose, "A Linear Algorithm
 * for Generating Random Numbers with a Given Distribution" (1991). Immutable.
 */
final class AliasTable {

    /** A table of one. */
    static final AliasTable NONE = new AliasTable(new double[] {1});

    private final long[] keep;
    private final int[] alias;

    AliasTable(Candidates<?> candidates) {
        this(candidates.weights());
    }

    /** Of weights that are finite and not below 0, at least one of them above. */
    AliasTable(double[] weights) {
        int size = weights.length;
        // Relative to the heaviest, since a sum of huge weights may be infinite.
        double heaviest = 0;
        for (int i = 0; i < size; i++) {
            heaviest = Math.max(heaviest, weights[i]);
        }
        double sum = 0;
        for (int i = 0; i < size; i++) {
            sum += weights[i] / heaviest;
        }
        keep = new long[size];
        alias = new int[size];
        double[] scaled = new double[size];
        int[] small = new int[size];
        int[] large = new int[size];
        int smalls = 0;
        int larges = 0;
        for (int i = 0; i < size; i++) {
            scaled[i] = weights[i] / heaviest / sum * size;
            if (scaled[i] < 1) {
                small[smalls++] = i;
            } else {
                large[larges++] = i;
            }
        }
        while (smalls > 0 && larges > 0) {
            int less = small[--smalls];
            int more = large[--larges];
            keep[less] = (long) (scaled[less] * 0x1p32);
            alias[less] = more;
            scaled[more] -= 1 - scaled[less];
            if (scaled[more] < 1) {
                small[smalls++] = more;
            } else {
                large[larges++] = more;
            }
        }
        // What is left differs from 1 by rounding only.
        while (larges > 0) {
            keepAlways(large[--larges]);
        }
        while (smalls > 0) {
            keepAlways(small[--smalls]);
        }
    }

    private void keepAlways(int index) {
        keep[index] = 1L << 32;
        alias[index] = index;
    }

    /** Returns an index by weight; the high half of {@code bits} chooses the column, the low half the side. */
    int draw(long bits) {
        int column = (int) (((bits >>> 32) * keep.length) >>> 32);
        return (bits & 0xFFFF_FFFFL) < keep[column] ? column : alias[column];
    }
}
