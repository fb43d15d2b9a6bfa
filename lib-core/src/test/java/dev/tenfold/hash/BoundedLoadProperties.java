package dev.tenfold.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class BoundedLoadProperties {

    @Property(tries = 150)
    void noNodeIsPlacedAboveItsCap(
            @ForAll @IntRange(min = 1, max = 12) int size,
            @ForAll @IntRange(min = 0, max = 600) int keys,
            @ForAll @DoubleRange(min = 0.01, max = 2) double epsilon,
            @ForAll long seed) {
        Random random = new Random(seed);
        List<Node> nodes = nodes(size, random);
        for (ConsistentHash hash : hashes(nodes)) {
            BoundedLoad bounded = BoundedLoad.of(hash, epsilon);
            int[] places = bounded.place(random.longs(keys).toArray());
            long[] held = new long[size];
            Arrays.stream(places).forEach(node -> held[node]++);
            double weights = NodeOrder.totalWeight(nodes);
            for (int node = 0; node < size; node++) {
                double share = (1 + epsilon) * keys * nodes.get(node).weight() / weights;
                assertThat((double) held[node]).isLessThanOrEqualTo(Math.ceil(share));
                assertThat(bounded.cap(node, keys)).isBetween((long) Math.ceil(share) - 1, (long) Math.ceil(share));
            }
        }
    }

    /** Requests come and go: at the moment of each choice, what is chosen has room. */
    @Property(tries = 60)
    void noNodeIsChosenAboveItsCap(
            @ForAll @IntRange(min = 1, max = 8) int size,
            @ForAll @DoubleRange(min = 0.01, max = 1) double epsilon,
            @ForAll long seed) {
        Random random = new Random(seed);
        ConsistentHash hash = hashes(nodes(size, random)).get(random.nextInt(3));
        BoundedLoad bounded = BoundedLoad.of(hash, epsilon);
        long[] loads = new long[size];
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            if (!open.isEmpty() && random.nextInt(3) == 0) {
                loads[open.remove(random.nextInt(open.size()))]--;
            } else {
                // Few keys, so that some are hot.
                long key = KeyHash.xxh3().hash((long) random.nextInt(3));
                int node = bounded.owner(key, at -> loads[at], open.size());
                loads[node]++;
                open.add(node);
                assertThat(loads[node]).isLessThanOrEqualTo(bounded.cap(node, open.size()));
                int owner = hash.owner(key);
                assertThat(node == owner || loads[owner] >= bounded.cap(owner, open.size()))
                        .as("leaves the owner only if it is full")
                        .isTrue();
            }
        }
    }

    @Example
    void choosesTheOwnerWhereLoadsContradictTheirSum() {
        ConsistentHash hash = ConsistentHash.rendezvous(List.of(Node.of("a"), Node.of("b")));
        assertThat(BoundedLoad.of(hash, 0.25).owner(7, node -> 1_000, 0)).isEqualTo(hash.owner(7));
    }

    @Example
    void refusesAnEpsilonOutOfRange() {
        ConsistentHash hash = ConsistentHash.rendezvous(List.of(Node.of("a")));
        for (double epsilon : new double[] {0, -1, 101, Double.NaN}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> BoundedLoad.of(hash, epsilon))
                    .withMessage("epsilon: " + epsilon + " (expected: 0.01 to 100)");
        }
        assertThat(BoundedLoad.of(hash, 0.25).epsilon()).isEqualTo(0.25);
        assertThat(BoundedLoad.of(hash, 0.25).hash()).isSameAs(hash);
        assertThat(BoundedLoad.of(hash, 0.1).cap(0, 10)).isEqualTo(11);
    }

    private static List<ConsistentHash> hashes(List<Node> nodes) {
        return List.of(
                HashRing.of(nodes, 20),
                ConsistentHash.rendezvous(nodes),
                ConsistentHash.of(BucketHash.jumpBack((int) NodeOrder.totalWeight(nodes)), nodes));
    }

    private static List<Node> nodes(int size, Random random) {
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            nodes.add(new Node("node-" + i, 1 + random.nextInt(4)));
        }
        return nodes;
    }
}
