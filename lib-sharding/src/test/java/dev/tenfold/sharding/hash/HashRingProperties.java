package dev.tenfold.sharding.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
        List<Shard> shards = shards(size, seed);
        HashRing ring = HashRing.of(shards, points);
        TreeMap<Long, Integer> model = new TreeMap<>(Long::compareUnsigned);
        for (int i = 0; i < size; i++) {
            byte[] name = shards.get(i).id().getBytes(StandardCharsets.UTF_8);
            for (int point = 0; point < shards.get(i).weight() * points; point++) {
                model.put(KeyHash.xxh3(point).hash(name, 0, name.length), i);
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
        List<Shard> before = shards(size, seed);
        int removed = new Random(seed).nextInt(size);
        List<Shard> after = new ArrayList<>(before);
        after.remove(removed);
        Collections.shuffle(after, new Random(seed));
        int[] was = Placement.ring(50).place(before, 512);
        int[] is = Placement.ring(50).place(after, 512);
        for (int slot = 0; slot < 512; slot++) {
            if (was[slot] != removed) {
                assertThat(after.get(is[slot]).id())
                        .isEqualTo(before.get(was[slot]).id());
            }
        }
    }

    @Example
    void honoursWeights() {
        List<Shard> shards = List.of(new Shard("a", 1), new Shard("b", 2), new Shard("c", 5));
        HashRing ring = HashRing.of(shards);
        Map<Integer, Integer> held = new HashMap<>();
        KeyHash hash = KeyHash.xxh3();
        for (long key = 0; key < 400_000; key++) {
            held.merge(ring.owner(hash.hash(key)), 1, Integer::sum);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(held.get(i)).isCloseTo(50_000 * shards.get(i).weight(), withinPercentage(6));
        }
    }

    /** What was stored in maps must never change: fails when somebody touches the algorithm. */
    @Example
    void placesAsItAlwaysDid() {
        List<Shard> shards = List.of(new Shard("s1", 1), new Shard("s2", 1), new Shard("s3", 2));
        assertThat(Placement.ring().place(shards, 24)).containsExactly(PLACED);
    }

    private static final int[] PLACED = {2, 2, 0, 0, 0, 2, 1, 2, 0, 0, 2, 1, 0, 2, 0, 1, 2, 2, 2, 1, 1, 1, 1, 2};

    @Example
    void refusesWhatItCannotHold() {
        assertThatIllegalArgumentException().isThrownBy(() -> HashRing.of(List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HashRing.of(List.of(new Shard("a", 1), new Shard("a", 2))))
                .withMessageContaining("a twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HashRing.of(List.of(new Shard("a", 1_000)), 65_536))
                .withMessageContaining("65536000 (expected: 1 to 4194304");
        assertThatIllegalArgumentException().isThrownBy(() -> new Shard("a b", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Shard("a", 0));
    }

    private static List<Shard> shards(int size, long seed) {
        Random random = new Random(seed);
        List<Shard> shards = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            shards.add(new Shard("shard-" + random.nextInt(1_000) + "-" + i, 1 + random.nextInt(4)));
        }
        return shards;
    }
}
