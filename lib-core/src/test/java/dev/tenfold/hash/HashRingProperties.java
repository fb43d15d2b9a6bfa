package dev.tenfold.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class HashRingProperties {

    /** The textbook ring: a sorted map of points, the first at or after the hash. */
    @Property(tries = 100)
    void agreesWithATreeMap(
            @ForAll @IntRange(min = 1, max = 12) int size,
            @ForAll @IntRange(min = 1, max = 60) int points,
            @ForAll long seed) {
        List<Node> nodes = nodes(size, seed);
        HashRing ring = HashRing.of(nodes, points);
        TreeMap<Long, Integer> model = new TreeMap<>(Long::compareUnsigned);
        for (int i = 0; i < size; i++) {
            // SplittableRandom is SplitMix64, started at its seed.
            SplittableRandom sequence =
                    new SplittableRandom(KeyHash.xxh3().hash(nodes.get(i).name()));
            for (int point = 0; point < nodes.get(i).weight() * points; point++) {
                model.put(sequence.nextLong(), i);
            }
        }
        Random random = new Random(seed);
        List<Long> probes = new ArrayList<>(List.of(0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE));
        random.longs(200).forEach(probes::add);
        model.keySet().stream().limit(20).forEach(point -> probes.addAll(List.of(point, point - 1, point + 1)));
        for (long hash : probes) {
            Map.Entry<Long, Integer> owner = model.ceilingEntry(hash);
            assertThat(ring.owner(hash))
                    .as("hash %x", hash)
                    .isEqualTo((owner == null ? model.firstEntry() : owner).getValue());
        }
    }

    @Property(tries = 30)
    void movesOnlyWhatARemovedShardHeld(@ForAll @IntRange(min = 2, max = 10) int size, @ForAll long seed) {
        List<Node> before = nodes(size, seed);
        int removed = new Random(seed).nextInt(size);
        List<Node> after = new ArrayList<>(before);
        after.remove(removed);
        Collections.shuffle(after, new Random(seed));
        HashRing was = HashRing.of(before, 50);
        HashRing is = HashRing.of(after, 50);
        new Random(seed).longs(512).forEach(hash -> {
            Node owner = before.get(was.owner(hash));
            if (!owner.equals(before.get(removed))) {
                assertThat(after.get(is.owner(hash))).isEqualTo(owner);
            }
        });
    }

    @Example
    void honoursWeights() {
        List<Node> nodes = List.of(new Node("a", 1), new Node("b", 2), new Node("c", 5));
        HashRing ring = HashRing.of(nodes);
        Map<Integer, Integer> held = new HashMap<>();
        KeyHash hash = KeyHash.xxh3();
        for (long key = 0; key < 400_000; key++) {
            held.merge(ring.owner(hash.hash(key)), 1, Integer::sum);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(held.get(i)).isCloseTo(50_000 * nodes.get(i).weight(), withinPercentage(6));
        }
    }

    @Example
    void refusesWhatItCannotHold() {
        assertThatIllegalArgumentException().isThrownBy(() -> HashRing.of(List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HashRing.of(List.of(new Node("a", 1), new Node("a", 2))))
                .withMessageContaining("a twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HashRing.of(List.of(new Node("a", 1_000)), 65_536))
                .withMessageContaining("65536000 (expected: 1 to 4194304");
        assertThatIllegalArgumentException().isThrownBy(() -> new Node("", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Node("a", 0));
    }

    private static List<Node> nodes(int size, long seed) {
        Random random = new Random(seed);
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            nodes.add(new Node("node-" + random.nextInt(1_000) + "-" + i, 1 + random.nextInt(4)));
        }
        return nodes;
    }
}
