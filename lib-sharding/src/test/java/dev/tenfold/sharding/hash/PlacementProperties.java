package dev.tenfold.sharding.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class PlacementProperties {

    private static final List<Placement> ALL = List.of(
            Placement.ring(50),
            Placement.ketama(),
            Placement.rendezvous(),
            Placement.maglev(1_009),
            Placement.jump(),
            Placement.jumpBack(),
            Placement.memento(0),
            Placement.boundedLoad(0.1),
            Placement.boundedLoad(0.25, Placement.rendezvous()));

    /** What was stored in maps must never change: fails when somebody touches an algorithm, a name or a parameter. */
    @Example
    void placesAsItAlwaysDid() {
        assertThat(golden(Placement.ring())).isEqualTo("ring_v1(points=1024) 211122222220212222221200");
        assertThat(golden(Placement.ketama())).isEqualTo("ketama_v1() 102212222112221222121002");
        assertThat(golden(Placement.rendezvous())).isEqualTo("rendezvous_v1() 222102220201022222221002");
        assertThat(golden(Placement.maglev(65_537))).isEqualTo("maglev_v1(size=65537) 202220222102222221122212");
        assertThat(golden(Placement.jump())).isEqualTo("jump_v1() 121221210221122120222112");
        assertThat(golden(Placement.jumpBack())).isEqualTo("jumpback_v1() 222022122202221211211221");
        assertThat(golden(Placement.memento(1, 4)))
                .isEqualTo("memento_jumpback_v1(removed=1_4) 212212011221222222220122");
        assertThat(golden(Placement.boundedLoad(0.05)))
                .isEqualTo("bounded_v1(epsilon=0.05,of=ring_v1,points=1024) 211122222220212222001100");
        assertThat(golden(Placement.boundedLoad(0.05, Placement.rendezvous())))
                .isEqualTo("bounded_v1(epsilon=0.05,of=rendezvous_v1) 222102220201022222201001");
    }

    private static String golden(Placement placement) {
        List<Shard> shards = List.of(new Shard("s1", 1), new Shard("s2", 1), new Shard("s3", 2));
        StringBuilder placed = new StringBuilder(placement.name() + "(" + placement.parameters() + ") ");
        Arrays.stream(placement.place(shards, 24)).forEach(placed::append);
        return placed.toString();
    }

    /** What a map stores of it is one word, without what its lines are made of. */
    @Example
    void hasANameThatFitsAMap() {
        for (Placement placement : ALL) {
            assertThat(placement.name()).matches("[a-z0-9_]+");
            assertThat(placement.parameters()).matches("[a-z0-9_.=,]*");
        }
    }

    @Property(tries = 20)
    void theOrderOfTheShardsMakesNoDifference(@ForAll @IntRange(min = 1, max = 10) int size, @ForAll long seed) {
        List<Shard> shards = shards(size, seed);
        List<Shard> shuffled = new ArrayList<>(shards);
        Collections.shuffle(shuffled, new Random(seed));
        for (Placement placement : ALL) {
            int[] one = placement.place(shards, 200);
            int[] other = placement.place(shuffled, 200);
            for (int slot = 0; slot < 200; slot++) {
                assertThat(shuffled.get(other[slot])).as(placement.toString()).isEqualTo(shards.get(one[slot]));
            }
        }
    }

    /**
     * Shards as people name them: no more above their share than the documentation of {@link Placement} promises. The
     * slots are enough for chance among them to show little.
     */
    @Property(tries = 40)
    void isBalancedForNamesThatHardlyDiffer(
            @ForAll("prefixes") String prefix,
            @ForAll @IntRange(min = 2, max = 30) int size,
            @ForAll @IntRange(max = 4) int first,
            @ForAll boolean digits) {
        List<Shard> shards = IntStream.range(first, first + size)
                .mapToObj(i -> new Shard(digits ? prefix + i : prefix + Character.forDigit(i, 36), 1))
                .toList();
        isWithin(1.2, Placement.ring(), shards);
        isWithin(1.4, Placement.ketama(), shards);
        isWithin(1.1, Placement.rendezvous(), shards);
        isWithin(1.1, Placement.maglev(65_537), shards);
        isWithin(1.1, Placement.jump(), shards);
        isWithin(1.1, Placement.jumpBack(), shards);
        isWithin(1.1, Placement.memento(size / 2), shards);
        isWithin(1.06, Placement.boundedLoad(0.05), shards);
    }

    @Provide
    static Arbitrary<String> prefixes() {
        return Arbitraries.of("", "s", "db", "a-", "pg_", "db-0", "shard", "db.a-");
    }

    private static void isWithin(double bound, Placement placement, List<Shard> shards) {
        int slots = 4_096 * shards.size();
        int[] held = new int[shards.size()];
        Arrays.stream(placement.place(shards, slots)).forEach(owner -> held[owner]++);
        assertThat(Arrays.stream(held).max().orElseThrow() / 4_096.0)
                .as("%s of %s", placement.name(), shards)
                .isLessThan(bound);
    }

    @Property(tries = 40)
    void boundedLoadsAreNeverExceeded(@ForAll @IntRange(min = 1, max = 10) int size, @ForAll long seed) {
        List<Shard> shards = shards(size, seed);
        double weights = shards.stream().mapToInt(Shard::weight).sum();
        for (double epsilon : new double[] {0.01, 0.1, 0.25}) {
            int[] owners = Placement.boundedLoad(epsilon).place(shards, 512);
            for (int i = 0; i < size; i++) {
                int shard = i;
                double cap = Math.ceil((1 + epsilon) * 512 * shards.get(i).weight() / weights);
                assertThat((double) Arrays.stream(owners)
                                .filter(owner -> owner == shard)
                                .count())
                        .isLessThanOrEqualTo(cap);
            }
        }
    }

    /** The shard that held the removed bucket goes; nothing moves between the others. */
    @Example
    void aShardInTheMiddleGoesWithItsBucket() {
        List<Shard> before = List.of(new Shard("a", 1), new Shard("b", 1), new Shard("c", 1), new Shard("d", 1));
        List<Shard> after = List.of(before.get(0), before.get(2), before.get(3));
        int[] was = Placement.jumpBack().place(before, 4_096);
        int[] is = Placement.memento(1).place(after, 4_096);
        for (int slot = 0; slot < 4_096; slot++) {
            if (was[slot] != 1) {
                assertThat(after.get(is[slot])).isEqualTo(before.get(was[slot]));
            }
        }
    }

    @Example
    void refusesWhatCannotBeStored() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Shard("a b", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Shard("a", 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Placement.ring(0))
                .withMessage("points: 0 (expected: 1 to 65536)");
        assertThatIllegalArgumentException().isThrownBy(() -> Placement.maglev(65_536));
        assertThatIllegalArgumentException().isThrownBy(() -> Placement.boundedLoad(0));
        assertThatIllegalArgumentException().isThrownBy(() -> Placement.memento());
        assertThatIllegalArgumentException().isThrownBy(() -> Placement.memento(1, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Placement.memento(-1))
                .withMessageStartingWith("removed: [-1]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Placement.memento(7).place(List.of(new Shard("a", 1)), 8))
                .withMessageContaining("bucket: 7 of 2");
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
