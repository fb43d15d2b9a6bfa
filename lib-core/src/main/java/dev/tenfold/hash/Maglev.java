package dev.tenfold.hash;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/** A Maglev table; see {@link ConsistentHash#maglev}. */
final class Maglev implements ConsistentHash {

    private static final int MAX_SIZE = 5_000_011;

    private final List<Node> nodes;
    private final int[] table;

    private Maglev(List<Node> nodes, int[] table) {
        this.nodes = nodes;
        this.table = table;
    }

    static Maglev of(List<Node> nodes, int size) {
        if (size < nodes.size() || size > MAX_SIZE || !isPrime(size)) {
            throw new IllegalArgumentException("size: " + size + " for " + nodes.size()
                    + " nodes (expected: a prime from their number to " + MAX_SIZE + ", such as 65537)");
        }
        int[] byName = NodeOrder.byName(nodes);
        int[] offsets = new int[byName.length];
        int[] skips = new int[byName.length];
        int[] weights = new int[byName.length];
        for (int i = 0; i < byName.length; i++) {
            Node node = nodes.get(byName[i]);
            byte[] name = node.name().getBytes(StandardCharsets.UTF_8);
            offsets[i] = (int) Long.remainderUnsigned(KeyHash.xxh64(0).hash(name, 0, name.length), size);
            // A table of two has one skip.
            skips[i] = (int) Long.remainderUnsigned(KeyHash.xxh64(1).hash(name, 0, name.length), size - 1) + 1;
            weights[i] = node.weight();
        }
        int[] table = fill(offsets, skips, weights, size);
        for (int i = 0; i < size; i++) {
            table[i] = byName[table[i]];
        }
        return new Maglev(nodes, table);
    }

    /** In rounds, in which the heaviest always takes an entry, and the others in proportion. */
    static int[] fill(int[] offsets, int[] skips, int[] weights, int size) {
        int[] table = new int[size];
        Arrays.fill(table, -1);
        long heaviest = Arrays.stream(weights).max().orElseThrow();
        long[] next = Arrays.stream(offsets).asLongStream().toArray();
        long[] due = new long[offsets.length];
        int filled = 0;
        for (long round = 1; ; round++) {
            for (int node = 0; node < offsets.length; node++) {
                if (round * weights[node] < due[node]) {
                    continue;
                }
                due[node] += heaviest;
                while (table[(int) next[node]] >= 0) {
                    next[node] = (next[node] + skips[node]) % size;
                }
                table[(int) next[node]] = node;
                if (++filled == size) {
                    return table;
                }
            }
        }
    }

    private static boolean isPrime(int number) {
        for (int divisor = 2; (long) divisor * divisor <= number; divisor++) {
            if (number % divisor == 0) {
                return false;
            }
        }
        return number > 1;
    }

    @Override
    public String name() {
        return "maglev_v1";
    }

    @Override
    public String parameters() {
        return "size=" + table.length;
    }

    @Override
    public List<Node> nodes() {
        return nodes;
    }

    @Override
    public int owner(long hash) {
        return table[Mix.scale(hash, table.length)];
    }

    @Override
    public int owner(long hash, IntPredicate accepts) {
        int start = Mix.scale(hash, table.length);
        return Preference.first(nodes.size(), table.length, step -> table[(start + step) % table.length], accepts);
    }

    @Override
    public String toString() {
        return name() + "(" + parameters() + ")" + nodes;
    }
}
