package dev.tenfold.hash;

import java.util.List;
import java.util.function.IntPredicate;

/** Rendezvous hashing; see {@link ConsistentHash#rendezvous}. */
final class Rendezvous implements ConsistentHash {

    private final List<Node> nodes;
    /** The nodes by name, so that of two equal scores, which are as good as impossible, the lower name wins. */
    private final int[] byName;
    /** XXH3-64 of each name, in that order. */
    private final long[] seeds;
    /** In that order. */
    private final int[] weights;

    private final boolean even;

    Rendezvous(List<Node> nodes) {
        this.nodes = nodes;
        this.byName = NodeOrder.byName(nodes);
        this.seeds = new long[byName.length];
        this.weights = new int[byName.length];
        boolean even = true;
        for (int i = 0; i < byName.length; i++) {
            Node node = nodes.get(byName[i]);
            seeds[i] = KeyHash.xxh3().hash(node.name());
            weights[i] = node.weight();
            even &= weights[i] == weights[0];
        }
        this.even = even;
    }

    @Override
    public String name() {
        return "rendezvous_v1";
    }

    @Override
    public String parameters() {
        return "";
    }

    @Override
    public List<Node> nodes() {
        return nodes;
    }

    @Override
    public int owner(long hash) {
        if (!even) {
            return owner(hash, node -> true);
        }
        int best = 0;
        long highest = Long.MIN_VALUE;
        for (int i = 0; i < seeds.length; i++) {
            long score = number(i, hash) ^ Long.MIN_VALUE;
            if (score > highest) {
                highest = score;
                best = i;
            }
        }
        return byName[best];
    }

    @Override
    public int owner(long hash, IntPredicate accepts) {
        int best = -1;
        long highest = 0;
        for (int i = 0; i < seeds.length; i++) {
            long score = even ? number(i, hash) ^ Long.MIN_VALUE : weighted(i, hash);
            if ((best < 0 || score > highest) && accepts.test(byName[i])) {
                highest = score;
                best = i;
            }
        }
        return best < 0 ? -1 : byName[best];
    }

    private long number(int i, long hash) {
        return Mix.mix(seeds[i] ^ hash);
    }

    /** A positive number in the order of -weight / ln(u), with u strictly between 0 and 1. */
    private long weighted(int i, long hash) {
        double u = ((number(i, hash) >>> 11) + 0.5) * 0x1.0p-53;
        // StrictMath: every machine must find the same owner. The bits of positive doubles are in their order.
        return Double.doubleToRawLongBits(-weights[i] / StrictMath.log(u));
    }

    @Override
    public String toString() {
        return name() + nodes;
    }
}
