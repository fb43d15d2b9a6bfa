package dev.tenfold.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenfold.observe.Observer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PlanProperties {

    private static final int SLOTS = 512;

    /** Whatever changes, in whatever order: no slot moves between two shards that the change did not name. */
    @Property(tries = 200)
    void movesNothingBetweenSurvivors(@ForAll @IntRange(min = 2, max = 9) int size, @ForAll long seed) {
        Random random = new Random(seed);
        Sharder<Long, String> shards = shards(size, random);
        for (int round = 0; round < 4; round++) {
            Set<String> named = new HashSet<>();
            ShardPlan plan = shards.plan(change(shards.map(), random, round, named));
            Set<Integer> slots = new HashSet<>();
            for (SlotMove move : plan.moves()) {
                assertThat(named.contains(move.from()) || named.contains(move.to()))
                        .as("seed %d round %d: %s for %s", seed, round, move, named)
                        .isTrue();
                assertThat(slots.add(move.slot())).isTrue();
            }
            ShardMap before = shards.map();
            ShardMap after = shards.apply(plan);
            assertThat(after).isEqualTo(plan.after());
            assertThat(after.epoch()).isEqualTo(before.epoch() + 1);
            for (int slot = 0; slot < before.allSlots(); slot++) {
                assertThat(!after.owner(slot).equals(before.owner(slot))).isEqualTo(slots.contains(slot));
            }
        }
    }

    private static Consumer<ShardChange<Long>> change(ShardMap map, Random random, int round, Set<String> named) {
        String some = map.shards().get(random.nextInt(map.shards().size())).id();
        String fresh = "new" + round;
        named.add(some);
        return switch (random.nextInt(5)) {
            case 0 ->
                change -> {
                    named.add(fresh);
                    change.add(fresh, Weight.weight(1 + random.nextInt(3)));
                };
            case 1 ->
                change -> {
                    named.add(fresh);
                    change.add(fresh).remove(some);
                };
            case 2 -> change -> change.weight(some, Weight.weight(1 + random.nextInt(5)));
            case 3 -> change -> change.split(some, fresh);
            default ->
                change -> {
                    named.add(fresh);
                    change.isolate(random.nextLong(), fresh);
                };
        };
    }

    /** A new shard gets its share to the slot, and not one move more. */
    @Property(tries = 100)
    void fillsANewShardExactly(
            @ForAll @IntRange(min = 1, max = 9) int size,
            @ForAll @IntRange(min = 1, max = 4) int weight,
            @ForAll long seed) {
        Sharder<Long, String> shards = shards(size, new Random(seed));
        long all = weight
                + shards.map().shards().stream().mapToLong(s -> s.weight()).sum();
        ShardPlan plan = shards.plan(change -> change.add("new", Weight.weight(weight)));
        assertThat(plan.moves()).hasSize((int) (SLOTS * (long) weight / all)).allMatch(m -> m.to().equals("new"));
    }

    @Property(tries = 50)
    void emptiesARemovedShardAndLevelsTheRest(@ForAll @IntRange(min = 2, max = 9) int size, @ForAll long seed) {
        Sharder<Long, String> shards = shards(size, new Random(seed));
        int held = shards.map().slotsOf("s0").length;
        ShardPlan plan = shards.plan(change -> change.remove("s0"));
        assertThat(plan.moves()).hasSize(held).allMatch(move -> move.from().equals("s0"));
        assertThat(plan.after().contains("s0")).isFalse();
    }

    @Example
    void splitsOneShardInHalfAndTouchesNoOther() {
        Sharder<Long, String> shards = shards(3, new Random(1));
        int held = shards.map().slotsOf("s1").length;
        ShardPlan plan = shards.plan(change -> change.split("s1", "s9"));
        assertThat(plan.moves()).hasSize(held / 2).allMatch(m -> m.from().equals("s1") && m.to().equals("s9"));
    }

    @Example
    void givesChosenSlotsAndTouchesNoOther() {
        Sharder<Long, String> shards = shards(3, new Random(1));
        shards.apply(shards.plan(change -> change.isolate(42L, "s1")));
        int[] held = shards.map().slotsOf("s1");
        int[] given = {held[0], held[3], SLOTS};
        ShardPlan plan = shards.plan(change -> change.give(given, "s1", "s9"));
        assertThat(plan.moves())
                .containsExactly(
                        new SlotMove(held[0], "s1", "s9"),
                        new SlotMove(held[3], "s1", "s9"),
                        new SlotMove(SLOTS, "s1", "s9"));
        assertThat(plan.after().slotsOf("s9")).containsExactly(given);
        int others = shards.map().slotsOf("s0")[0];
        assertThatIllegalArgumentException()
                .isThrownBy(() -> shards.plan(change -> change.give(new int[] {others}, "s1", "s9")))
                .withMessageContaining("slot " + others);
        assertThatIllegalArgumentException().isThrownBy(() -> shards.plan(change -> change.give(given, "s1", "s1")));
    }

    @Example
    void isolatesAKeyAndTouchesNoOther() {
        Sharder<Long, String> shards = shards(3, new Random(1));
        String home = shards.route(42L).shard();
        ShardPlan plan = shards.plan(change -> change.isolate(42L, "stars"));
        assertThat(plan.moves()).containsExactly(new SlotMove(SLOTS, home, "stars"));
        shards.apply(plan);
        assertThat(shards.locate(42L)).isEqualTo("made stars");
        assertThat(shards.route(42L)).isEqualTo(new ShardRoute("stars", SLOTS, 2));
        for (long key = 0; key < 1_000; key++) {
            assertThat(shards.route(key).slot() == SLOTS).isEqualTo(key == 42);
        }
    }

    @Example
    void printsItselfForAPerson() {
        Sharder<Long, String> shards = shards(2, new Random(1));
        ShardPlan plan = shards.plan(change -> change.add("s9").isolate(42L, "stars"));
        assertThat(plan.toString())
                .startsWith("plan from epoch 1: ")
                .contains(
                        " of 512 slots move (",
                        "s0 -> s9: ",
                        "divided: 42 in slot 512, from slot ",
                        "s9               new ");
    }

    @Example
    void refusesWhatContradictsItself() {
        Sharder<Long, String> shards = shards(2, new Random(1));
        assertThatIllegalArgumentException().isThrownBy(() -> shards.plan(c -> c.add("s0")));
        assertThatIllegalArgumentException().isThrownBy(() -> shards.plan(c -> c.remove("s7")));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> shards.plan(c -> c.remove("s0").remove("s1")));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> shards.plan(c -> c.split("s0", "s9").remove("s0")));
    }

    private static Sharder<Long, String> shards(int size, Random random) {
        SharderBuilder<Long, String> builder = Sharder.<Long, String>consistent()
                .slots(SLOTS)
                .observer(Observer.none())
                .targets(id -> "made " + id);
        for (int i = 0; i < size; i++) {
            builder.shard("s" + i, "db" + i, Weight.weight(1 + random.nextInt(3)));
        }
        return builder.build();
    }
}
