package dev.tenfold.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What holds for every algorithm, and what for those that depend on names alone. */
class ConsistentHashProperties {

    private enum Algorithm {
        RING(nodes -> HashRing.of(nodes, 40), true, true),
        KETAMA(HashRing::ketama, true, false),
        RENDEZVOUS(ConsistentHash::rendezvous, true, true),
        MAGLEV(nodes -> ConsistentHash.maglev(nodes, 1_009), true, false),
        JUMP(nodes -> ConsistentHash.of(BucketHash.jump(weights(nodes)), nodes), false, false),
        JUMP_BACK(nodes -> ConsistentHash.of(BucketHash.jumpBack(weights(nodes)), nodes), false, false);

        final Function<List<Node>, ConsistentHash> build;
        /** Whether the order of the nodes makes no difference. */
        final boolean byName;
        /** Whether any change moves the minimum, also of weights. */
        final boolean minimal;

        Algorithm(Function<List<Node>, ConsistentHash> build, boolean byName, boolean minimal) {
            this.build = build;
            this.byName = byName;
            this.minimal = minimal;
        }

        private static int weights(List<Node> nodes) {
            return (int) NodeOrder.totalWeight(nodes);
        }
    }

    @Property(tries = 120)
    void anOrderOfPreferenceNamesEachNodeOnce(
            @ForAll Algorithm algorithm, @ForAll @IntRange(min = 1, max = 12) int size, @ForAll long seed) {
        Random random = new Random(seed);
        ConsistentHash hash = algorithm.build.apply(nodes(size, random));
        for (int i = 0; i < 20; i++) {
            long key = random.nextLong();
            Set<Integer> asked = new HashSet<>();
            assertThat(hash.owner(key, node -> !asked.add(node)))
                    .as("asks nobody twice")
                    .isEqualTo(-1);
            assertThat(asked).hasSize(size);
            assertThat(hash.owner(key, node -> true)).isEqualTo(hash.owner(key));
            int[] all = hash.owners(key, size + 3);
            assertThat(all).hasSize(size).doesNotHaveDuplicates();
            assertThat(all[0]).isEqualTo(hash.owner(key));
            int refused = random.nextInt(size);
            int expected = Arrays.stream(all)
                    .filter(node -> node != refused)
                    .findFirst()
                    .orElse(-1);
            assertThat(hash.owner(key, node -> node != refused)).isEqualTo(expected);
        }
    }

    @Property(tries = 60)
    void theOrderOfTheNodesMakesNoDifference(
            @ForAll("byName") Algorithm algorithm, @ForAll @IntRange(min = 2, max = 12) int size, @ForAll long seed) {
        Random random = new Random(seed);
        List<Node> nodes = nodes(size, random);
        List<Node> shuffled = new ArrayList<>(nodes);
        Collections.shuffle(shuffled, random);
        ConsistentHash one = algorithm.build.apply(nodes);
        ConsistentHash other = algorithm.build.apply(shuffled);
        random.longs(100)
                .forEach(key -> assertThat(shuffled.get(other.owner(key))).isEqualTo(nodes.get(one.owner(key))));
    }

    @Provide
    static Arbitrary<Algorithm> byName() {
        return Arbitraries.of(Algorithm.class).filter(algorithm -> algorithm.byName);
    }

    @Provide
    static Arbitrary<Algorithm> minimal() {
        return Arbitraries.of(Algorithm.class).filter(algorithm -> algorithm.minimal);
    }

    /** Removal and addition, read from right to left; and refusing a node is the same as not having it. */
    @Property(tries = 60)
    void aRemovalMovesOnlyWhatTheNodeHeld(
            @ForAll("minimal") Algorithm algorithm, @ForAll @IntRange(min = 2, max = 12) int size, @ForAll long seed) {
        Random random = new Random(seed);
        List<Node> nodes = nodes(size, random);
        int gone = random.nextInt(size);
        List<Node> rest = new ArrayList<>(nodes);
        rest.remove(gone);
        ConsistentHash before = algorithm.build.apply(nodes);
        ConsistentHash after = algorithm.build.apply(rest);
        random.longs(300).forEach(key -> {
            Node owner = rest.get(after.owner(key));
            assertThat(owner).isEqualTo(nodes.get(before.owner(key, node -> node != gone)));
            if (before.owner(key) != gone) {
                assertThat(owner).isEqualTo(nodes.get(before.owner(key)));
            }
        });
    }

    @Property(tries = 60)
    void moreWeightOnlyTakes(
            @ForAll("minimal") Algorithm algorithm, @ForAll @IntRange(min = 2, max = 12) int size, @ForAll long seed) {
        Random random = new Random(seed);
        List<Node> nodes = nodes(size, random);
        int grown = random.nextInt(size);
        List<Node> after = new ArrayList<>(nodes);
        after.set(grown, new Node(nodes.get(grown).name(), nodes.get(grown).weight() + 3));
        ConsistentHash was = algorithm.build.apply(nodes);
        ConsistentHash is = algorithm.build.apply(after);
        random.longs(300).forEach(key -> assertThat(is.owner(key)).isIn(was.owner(key), grown));
    }

    @Property(tries = 200)
    void replicasAreInDistinctZonesWhereThereAreEnough(
            @ForAll Algorithm algorithm,
            @ForAll @IntRange(min = 1, max = 12) int size,
            @ForAll @IntRange(min = 1, max = 5) int zones,
            @ForAll @IntRange(min = 1, max = 6) int count,
            @ForAll long seed) {
        Random random = new Random(seed);
        ConsistentHash hash = algorithm.build.apply(nodes(size, random));
        int[] zoneOf = IntStream.range(0, size).map(i -> random.nextInt(zones)).toArray();
        long present = Arrays.stream(zoneOf).distinct().count();
        long key = random.nextLong();
        int[] found = hash.owners(hash.owner(key), key, count, node -> zoneOf[node]);
        assertThat(found).hasSize(Math.min(count, size)).doesNotHaveDuplicates();
        assertThat(found[0]).isEqualTo(hash.owner(key));
        assertThat(Arrays.stream(found).map(node -> zoneOf[node]).distinct().count())
                .isEqualTo(Math.min(found.length, present));
        // No zone holds two more than another that still has a node to spare.
        for (int zone = 0; zone < zones; zone++) {
            int here = zone;
            long held =
                    Arrays.stream(found).filter(node -> zoneOf[node] == here).count();
            long has = Arrays.stream(zoneOf).filter(z -> z == here).count();
            if (held < has) {
                for (int other = 0; other < zones; other++) {
                    int there = other;
                    assertThat(Arrays.stream(found)
                                    .filter(node -> zoneOf[node] == there)
                                    .count())
                            .isLessThanOrEqualTo(held + 1);
                }
            }
        }
    }

    @Example
    void weightsAreHonouredWithinTwoPercent() {
        List<Node> nodes = List.of(new Node("a", 1), new Node("b", 2), new Node("c", 5), new Node("d", 8));
        for (ConsistentHash hash : List.of(
                HashRing.of(nodes, HashRing.MAX_POINTS),
                ConsistentHash.rendezvous(nodes),
                ConsistentHash.maglev(nodes, 65_537),
                ConsistentHash.of(BucketHash.jumpBack(16), nodes))) {
            int[] held = held(hash, 800_000);
            for (int i = 0; i < held.length; i++) {
                assertThat(held[i])
                        .as("%s %s", hash.name(), nodes.get(i))
                        .isCloseTo(50_000 * nodes.get(i).weight(), withinPercentage(2));
            }
        }
    }

    /** The table in the documentation of the interface, with a margin for the names. */
    @Example
    void isBalanced() {
        fullest(nodes -> HashRing.of(nodes, 1_024), 1.10, 1.15);
        fullest(nodes -> HashRing.of(nodes, 160), 1.25, 1.32);
        fullest(HashRing::ketama, 1.15, 1.27);
        fullest(ConsistentHash::rendezvous, 1.013, 1.035);
        fullest(nodes -> ConsistentHash.maglev(nodes, 65_537), 1.013, 1.035);
    }

    private static void fullest(Function<List<Node>, ConsistentHash> algorithm, double ofTen, double ofHundred) {
        for (int size = 10; size <= 100; size *= 10) {
            List<Node> nodes =
                    IntStream.range(0, size).mapToObj(i -> Node.of("node-" + i)).toList();
            ConsistentHash hash = algorithm.apply(nodes);
            int most = Arrays.stream(held(hash, 1_000_000)).max().orElseThrow();
            assertThat(most * (size / 1_000_000.0))
                    .as("%s of %d", hash.name(), size)
                    .isLessThan(size == 10 ? ofTen : ofHundred);
        }
    }

    /**
     * Names as people give them, that differ in a character or a digit, are as good as any: the promise of the documentation
     * of the interface.
     */
    @Property(tries = 40)
    void isBalancedForNamesThatHardlyDiffer(
            @ForAll("prefixes") String prefix,
            @ForAll @IntRange(min = 2, max = 30) int size,
            @ForAll @IntRange(max = 4) int first,
            @ForAll boolean digits) {
        List<Node> nodes = IntStream.range(first, first + size)
                .mapToObj(i -> Node.of(digits ? prefix + i : prefix + (char) ('a' + i)))
                .toList();
        fullest(HashRing.of(nodes), 1.15);
        fullest(HashRing.ketama(nodes), 1.35);
        fullest(ConsistentHash.rendezvous(nodes), 1.07);
        fullest(ConsistentHash.maglev(nodes, 65_537), 1.07);
        fullest(ConsistentHash.of(BucketHash.jump(size), nodes), 1.07);
        fullest(ConsistentHash.of(BucketHash.jumpBack(size), nodes), 1.07);
        fullest(ConsistentHash.of(BucketHash.jumpBack(size + 1).without(size / 2), nodes), 1.07);
    }

    @Provide
    static Arbitrary<String> prefixes() {
        return Arbitraries.of("", "s", "db", "a-", "pg_", "db-0", "shard", "db.a-");
    }

    private static void fullest(ConsistentHash hash, double bound) {
        int keys = 200_000;
        int most = Arrays.stream(held(hash, keys)).max().orElseThrow();
        assertThat(most * (hash.nodes().size() / (double) keys)).as("%s", hash).isLessThan(bound);
    }

    private static int[] held(ConsistentHash hash, int keys) {
        int[] held = new int[hash.nodes().size()];
        for (long key = 0; key < keys; key++) {
            held[hash.owner(KeyHash.xxh3().hash(key))]++;
        }
        return held;
    }

    /** What was stored must never change: fails when somebody touches an algorithm, a name or a parameter. */
    @Example
    void choosesAsItAlwaysDid() {
        List<Node> nodes = List.of(new Node("s1", 1), new Node("s2", 1), new Node("s3", 2), new Node("s4", 4));
        assertThat(golden(HashRing.of(nodes))).isEqualTo("ring_v1(points=1024) 203 103 132 312 321 320 320 320");
        assertThat(golden(HashRing.ketama(nodes))).isEqualTo("ketama_v1() 213 032 321 231 312 203 032 320");
        assertThat(golden(ConsistentHash.rendezvous(nodes)))
                .isEqualTo("rendezvous_v1() 203 230 321 312 302 231 320 231");
        assertThat(golden(ConsistentHash.rendezvous(nodes.subList(0, 2))))
                .isEqualTo("rendezvous_v1() 01 01 10 10 01 10 01 10");
        assertThat(golden(ConsistentHash.maglev(nodes, 65_537)))
                .isEqualTo("maglev_v1(size=65537) 203 321 201 203 321 023 230 321");
        assertThat(golden(ConsistentHash.of(BucketHash.jump(8), nodes)))
                .isEqualTo("jump_v1() 130 230 321 230 321 310 321 132");
        assertThat(golden(ConsistentHash.of(BucketHash.jumpBack(10).without(1).without(5), nodes)))
                .isEqualTo("memento_jumpback_v1(removed=1_5) 230 312 230 231 132 230 012 231");
    }

    private static String golden(ConsistentHash hash) {
        StringBuilder orders = new StringBuilder(hash.name() + "(" + hash.parameters() + ")");
        for (long key = 0; key < 8; key++) {
            orders.append(' ');
            Arrays.stream(hash.owners(KeyHash.xxh3().hash(key), 3)).forEach(orders::append);
        }
        return orders.toString();
    }

    @Example
    void refusesWhatItCannotHold() {
        List<Node> twice = List.of(Node.of("a"), new Node("a", 2));
        for (Algorithm algorithm : Algorithm.values()) {
            assertThatIllegalArgumentException().isThrownBy(() -> algorithm.build.apply(List.of()));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> algorithm.build.apply(twice))
                    .withMessageContaining("a twice");
        }
        List<Node> one = List.of(Node.of("a"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConsistentHash.of(BucketHash.jumpBack(2), one))
                .withMessage("buckets: 2 (expected: as many as all weights together, 1)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ConsistentHash.rendezvous(one).owners(1L, 0))
                .withMessage("count: 0 (expected: >= 1)");
        for (int size : new int[] {-1, 0, 1, 9, 65_536, 5_000_081}) {
            assertThatIllegalArgumentException().isThrownBy(() -> ConsistentHash.maglev(one, size));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HashRing.ketama(List.of(Node.of("small"), new Node("large", 1_000))))
                .withMessageContaining("small");
    }

    private static List<Node> nodes(int size, Random random) {
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            nodes.add(new Node("node-" + random.nextInt(1_000) + "-" + i, 1 + random.nextInt(4)));
        }
        return nodes;
    }
}
