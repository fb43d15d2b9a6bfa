package dev.tenfold.hash;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.ToLongFunction;

/**
 * A consistent-hash ring with virtual nodes (D. Karger et al., "Consistent Hashing and Random Trees", STOC 1997), by
 * itself: which of some shards, caches or servers (its nodes) owns a hash. Removing one moves only what it held; adding one moves
 * only what it will hold. Immutable and thread-safe.
 *
 * <p>The points of a node are the first weight × points numbers of SplitMix64 (G. Steele et al., "Fast Splittable
 * Pseudorandom Number Generators", OOPSLA 2014) started at the XXH3-64 of its name's UTF-8 bytes, seed 0; the owner of a
 * hash is the first point at or after it, as unsigned numbers, wrapping around. Where two points are equal, the node whose
 * name is lower owns both.
 *
 * <p><b>Cost:</b> O(1) expected, no allocation: the top bits of the hash index the sorted points, and about one step is
 * left to walk. 16 to 24 bytes per point. Building sorts the points. <b>Balance:</b> the fullest of 10 equal nodes holds
 * about 1.05 times the average with 1,024 points, 1.13 with 160, however short or alike the names are.
 */
public final class HashRing implements ConsistentHash {

    /** Points per unit of weight unless changed. */
    public static final int DEFAULT_POINTS = 1_024;

    /** The most points per unit of weight. */
    public static final int MAX_POINTS = 65_536;

    /** Digests of four points each, for a node of average weight. */
    private static final int KETAMA_DIGESTS = 40;

    /** The most points of a ring: 64 MB while it is built. */
    private static final int MAX_TOTAL = 1 << 22;

    private final String name;
    private final String parameters;
    private final List<Node> nodes;
    /** Points, rising as unsigned numbers. */
    private final long[] points;
    /** Which node each point belongs to. */
    private final int[] owners;
    /** For each value of a hash's top bits, the first point that is not below it. */
    private final int[] first;

    private final int shift;

    private HashRing(String name, String parameters, List<Node> nodes, long[] points, int[] owners) {
        this.name = name;
        this.parameters = parameters;
        this.nodes = nodes;
        this.points = points;
        this.owners = owners;
        int bits = Math.max(1, 32 - Integer.numberOfLeadingZeros(points.length - 1));
        this.shift = 64 - bits;
        this.first = new int[1 << bits];
        int next = 0;
        for (int top = 0; top < first.length; top++) {
            while (next < points.length && (points[next] >>> shift) < top) {
                next++;
            }
            first[top] = next;
        }
    }

    /**
     * Builds a ring with {@value #DEFAULT_POINTS} points per unit of weight.
     *
     * @param nodes who shares the ring, at least one, with distinct names
     * @return as {@link #of(List, int)}
     */
    public static HashRing of(List<Node> nodes) {
        return of(nodes, DEFAULT_POINTS);
    }

    /**
     * Builds a ring.
     *
     * @param nodes who shares the ring, at least one, with distinct names
     * @param pointsPerWeight 1 to {@value #MAX_POINTS}; all weights times this at most 4,194,304
     * @return {@code ring_v1}
     * @throws IllegalArgumentException if there is no node, a name repeats, or a number is out of range
     */
    public static HashRing of(List<Node> nodes, int pointsPerWeight) {
        if (pointsPerWeight < 1 || pointsPerWeight > MAX_POINTS) {
            throw new IllegalArgumentException("points: " + pointsPerWeight + " (expected: 1 to " + MAX_POINTS + ")");
        }
        return build(
                "ring_v1", "points=" + pointsPerWeight, nodes, node -> (long) node.weight() * pointsPerWeight, node -> {
                    // One hash and a sequence from it: XXH3 of a short name with one seed after the other would give
                    // all names nearly the same points, in another order.
                    long start = KeyHash.xxh3().hash(node.name());
                    long[] points = new long[node.weight() * pointsPerWeight];
                    for (int i = 0; i < points.length; i++) {
                        points[i] = Mix.derived(start, i);
                    }
                    return points;
                });
    }

    /**
     * Builds the ring of libketama (R. Jones, 2007), which memcached clients share: with {@link KeyHash#ketama()} each key
     * has the same home as with them, if nodes are named as they name them, mostly {@code host:port}. Four points come from
     * the MD5 of {@code name-i}, for <i>i</i> below &lfloor;40 &times; nodes &times; the node's share of the
     * weights&rfloor;: 160 points a node if all weigh the same.
     *
     * @param nodes who shares the ring, at least one, with distinct names
     * @return {@code ketama_v1}
     * @throws IllegalArgumentException if there is no node, a name repeats, a weight is so small beside the others that
     *     nothing is left of it, or there are too many nodes
     */
    public static HashRing ketama(List<Node> nodes) {
        long weights = NodeOrder.totalWeight(nodes);
        ToLongFunction<Node> digests = node -> (long) KETAMA_DIGESTS * nodes.size() * node.weight() / weights;
        return build("ketama_v1", "", nodes, node -> 4 * digests.applyAsLong(node), node -> {
            long[] points = new long[4 * (int) digests.applyAsLong(node)];
            for (int i = 0; i < points.length / 4; i++) {
                byte[] digest = Ketama.md5((node.name() + "-" + i).getBytes(StandardCharsets.UTF_8));
                for (int quarter = 0; quarter < 4; quarter++) {
                    points[4 * i + quarter] = Ketama.point(digest, quarter);
                }
            }
            return points;
        });
    }

    private static HashRing build(
            String name,
            String parameters,
            List<Node> given,
            ToLongFunction<Node> count,
            Function<Node, long[]> pointsOf) {
        List<Node> nodes = NodeOrder.distinct(given);
        long total = 0;
        for (Node node : nodes) {
            long own = count.applyAsLong(node);
            if (own == 0) {
                throw new IllegalArgumentException("weight of node '" + node.name()
                        + "': no point is left of it (expected: closer to the others')");
            }
            total += own;
        }
        if (total > MAX_TOTAL) {
            throw new IllegalArgumentException("points of " + nodes.size() + " nodes: " + total + " (expected: 1 to "
                    + MAX_TOTAL + "; take fewer points, smaller weights, or rendezvous hashing, which has none)");
        }
        int[] byName = NodeOrder.byName(nodes);
        long[] points = new long[(int) total];
        long[][] unsorted = new long[nodes.size()][];
        int filled = 0;
        for (int node : byName) {
            long[] own = pointsOf.apply(nodes.get(node));
            unsorted[node] = own;
            for (long point : own) {
                // Flipping the top bit turns the order of unsigned numbers into that of signed ones, for sorting.
                points[filled++] = point ^ Long.MIN_VALUE;
            }
        }
        Arrays.sort(points);
        int[] owners = new int[points.length];
        Arrays.fill(owners, -1);
        for (int node : byName) {
            for (long point : unsorted[node]) {
                claim(points, owners, point ^ Long.MIN_VALUE, node);
            }
        }
        for (int i = 0; i < points.length; i++) {
            points[i] ^= Long.MIN_VALUE;
        }
        return new HashRing(name, parameters, nodes, points, owners);
    }

    /** Gives every copy of a point to the first node that asks, which is the one with the lowest name. */
    private static void claim(long[] points, int[] owners, long point, int node) {
        int at = Arrays.binarySearch(points, point);
        while (at > 0 && points[at - 1] == point) {
            at--;
        }
        for (; at < points.length && points[at] == point && owners[at] < 0; at++) {
            owners[at] = node;
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String parameters() {
        return parameters;
    }

    @Override
    public List<Node> nodes() {
        return nodes;
    }

    @Override
    public int owner(long hash) {
        return owners[pointAfter(hash)];
    }

    /** The order: along the ring. */
    @Override
    public int owner(long hash, IntPredicate accepts) {
        int start = pointAfter(hash);
        return Preference.first(nodes.size(), points.length, step -> owners[(start + step) % points.length], accepts);
    }

    private int pointAfter(long hash) {
        int at = first[(int) (hash >>> shift)];
        while (at < points.length && Long.compareUnsigned(points[at], hash) < 0) {
            at++;
        }
        return at == points.length ? 0 : at;
    }

    @Override
    public String toString() {
        return name + "(" + parameters + ")" + nodes;
    }
}
