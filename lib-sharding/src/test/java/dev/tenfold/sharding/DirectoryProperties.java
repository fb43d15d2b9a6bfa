package dev.tenfold.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.observe.Observer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class DirectoryProperties {

    private static final int KEYS = 200;

    /** Whatever is assigned and released while shards come and go: keys are where a HashMap says, or where they hash to. */
    @Property(tries = 100)
    void agreesWithAHashMap(@ForAll long seed) {
        Random random = new Random(seed);
        Sharder<Long, String> shards = shards();
        Map<Long, String> model = new HashMap<>();
        for (int round = 0; round < 12; round++) {
            ShardMap before = shards.map();
            String shard = "s" + random.nextInt(3);
            List<Long> some = random.longs(1 + random.nextInt(20), 0, KEYS)
                    .distinct()
                    .boxed()
                    .toList();
            ShardPlan plan;
            switch (random.nextInt(4)) {
                case 0 -> {
                    plan = shards.plan(change -> change.assign(some, shard));
                    some.forEach(key -> model.put(key, shard));
                }
                case 1 -> {
                    plan = shards.plan(change -> change.isolate(some.get(0), shard));
                    model.put(some.get(0), shard);
                }
                case 2 -> {
                    List<Long> held = some.stream().filter(model::containsKey).toList();
                    plan = shards.plan(change -> held.forEach(change::release));
                    held.forEach(model::remove);
                    assertThat(plan.merges()).hasSameSizeAs(held);
                }
                default -> {
                    String fresh = "new" + round;
                    plan = shards.plan(change -> change.add(fresh).assign(some, fresh));
                    some.forEach(key -> model.put(key, fresh));
                }
            }
            ShardMap after = shards.apply(plan);
            RangeProperties.check(plan, before, after);
            assertThat(after.divisions()).hasSize(model.size());
            for (long key = 0; key < KEYS; key++) {
                HashKeyspace keys = (HashKeyspace) after.keyspace();
                long hash = KeyForm.<Long>whole().hash(key, dev.tenfold.hash.KeyHash.xxh3());
                String expected = model.getOrDefault(key, after.owner(keys.hashedSlot(hash)));
                assertThat(shards.locate(key)).as("seed %d key %d", seed, key).isEqualTo(expected);
            }
        }
    }

    /** As many keys as there may be cost neither quadratic time nor much space, and one more is refused. */
    @Example
    void holdsAHundredThousandKeys() {
        Sharder<Long, String> shards = shards();
        List<Long> all = LongStream.range(0, ShardMap.MAX_OWN_KEYS).boxed().toList();
        ShardPlan plan = shards.plan(change -> change.assign(all, "s1"));
        assertThat(plan.toString()).contains("more").hasSizeLessThan(5_000);
        ShardMap map = shards.apply(plan);
        byte[] bytes = ShardMap.codec().encode(map);
        assertThat(bytes.length).isLessThan(2_000_000);
        ShardMap read = ShardMap.codec().decode(bytes);
        assertThat(read).isEqualTo(map);
        assertThat(map.withOwner(new int[] {1_000}, "s2").divisions()).isEqualTo(map.divisions());
        for (long key : all) {
            assertThat(shards.route(key).shard()).isSameAs("s1");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> shards.plan(change -> change.assign(-1L, "s1")))
                .withMessageContaining("at most 100000");
        ShardMap empty = shards.apply(shards.plan(change -> all.forEach(change::release)));
        assertThat(empty.divisions()).isEmpty();
        assertThat(ShardMap.codec().encode(empty).length).isLessThan(20_000);
        assertThat(ShardMap.codec().decode(ShardMap.codec().encode(empty))).isEqualTo(empty);
        ShardMap again = shards.apply(shards.plan(change -> change.assign(5L, "s2")));
        assertThat(shards.route(5L).slot()).isEqualTo(1_024 + ShardMap.MAX_OWN_KEYS);
        assertThat(again.owner(2_000)).isEmpty();
    }

    @Example
    void keepsNamesOfAFewAndRefusesContradictions() {
        Sharder<Long, String> shards = shards();
        shards.apply(shards.plan(change -> LongStream.range(0, 1_100).forEach(key -> change.isolate(key, "s1"))));
        assertThat(shards.map().divisions().stream().filter(key -> !key.label().isEmpty()))
                .hasSize(HashKeyspace.MAX_LABELS);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> shards.plan(change -> change.release(5L).assign(5L, "s2")));
        assertThatIllegalArgumentException().isThrownBy(() -> shards.plan(change -> change.release(5_000L)));
    }

    private static Sharder<Long, String> shards() {
        return Sharder.<Long, String>consistent()
                .slots(1_024)
                .shard("s0", "s0")
                .shard("s1", "s1")
                .shard("s2", "s2")
                .targets(id -> id)
                .observer(Observer.none())
                .build();
    }
}
