package dev.tenfold.hash;

import java.util.BitSet;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/** Walks an order of preference that names nodes again and again. */
final class Preference {

    private Preference() {}

    /**
     * Finds the first acceptable node, asking about each once.
     *
     * @param nodes how many there are
     * @param steps how long the order is; nodes it does not name come after it, the lowest index first
     * @param order the node at each step from 0
     */
    static int first(int nodes, int steps, IntUnaryOperator order, IntPredicate accepts) {
        int node = order.applyAsInt(0);
        if (accepts.test(node)) {
            return node;
        }
        BitSet refused = new BitSet(nodes);
        refused.set(node);
        int left = nodes - 1;
        for (int step = 1; step < steps && left > 0; step++) {
            node = order.applyAsInt(step);
            if (!refused.get(node)) {
                if (accepts.test(node)) {
                    return node;
                }
                refused.set(node);
                left--;
            }
        }
        for (node = refused.nextClearBit(0); node < nodes; node = refused.nextClearBit(node + 1)) {
            if (accepts.test(node)) {
                return node;
            }
        }
        return -1;
    }
}
