package dev.tenfold.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.observe.Observer;
import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class RangeProperties {

    private static final int KEYS = 400;

    /**
     * Whatever is split, moved, merged, assigned and released: each key is where a map of bounds says, plans move only slots
     * that change their owner, and the map can be stored and read.
     */
    @Property(tries = 150)
    void agreesWithAMapOfBounds(@ForAll long seed) {
        Random random = new Random(seed);
        Sharder<Integer, String> shards = Sharder.<Integer, String>ranged(Ranges.of(KeyOrder.INTEGER)
                        .below(100, "s0")
                        .range(100, 250, "s1")
                        .from(250, "s0"))
                .shard("s0", "s0")
                .shard("s1", "s1")
                .targets(id -> id)
                .observer(Observer.none())
                .build();
        TreeMap<Integer, String> model = new TreeMap<>(Map.of(Integer.MIN_VALUE, "s0", 100, "s1", 250, "s0"));
        Set<Integer> own = new HashSet<>();
        for (int round = 0; round < 12; round++) {
            ShardMap before = shards.map();
            int key = random.nextInt(KEYS);
            int to = key + 1 + random.nextInt(60);
            String shard = "s" + random.nextInt(4);
            ShardPlan plan;
            switch (random.nextInt(6)) {
                case 0 -> {
                    plan = shards.plan(change -> change.splitRange(key, shard));
                    Integer end = model.higherKey(key);
                    put(model, key, end == null ? Integer.MAX_VALUE : end, shard);
                }
                case 1 -> {
                    plan = shards.plan(change -> change.moveRange(key, to, shard));
                    put(model, key, to, shard);
                }
                case 2 -> {
                    Integer bound = model.higherKey(key);
                    if (bound == null) {
                        continue;
                    }
                    plan = shards.plan(change -> change.mergeRanges(bound));
                    model.remove(bound);
                }
                case 3 -> {
                    plan = shards.plan(change -> change.assign(List.of(key, to), shard));
                    put(model, key, key + 1, shard);
                    put(model, to, to + 1, shard);
                    own.addAll(List.of(key, to));
                }
                case 4 -> {
                    if (own.isEmpty()) {
                        continue;
                    }
                    Integer released = own.iterator().next();
                    own.remove(released);
                    if (!model.containsKey(released) || !model.containsKey(released + 1)) {
                        assertThatIllegalArgumentException()
                                .isThrownBy(() -> shards.plan(change -> change.release(released)));
                        continue;
                    }
                    plan = shards.plan(change -> change.release(released));
                    model.remove(released);
                    if (model.lowerEntry(released).getValue().equals(model.get(released + 1))) {
                        model.remove(released + 1);
                    }
                }
                default -> {
                    String gone = before.shards().get(0).id();
                    if (before.shards().size() == 1) {
                        continue;
                    }
                    plan = shards.plan(change -> change.remove(gone));
                    Slotting<Integer> slots = shards.slotting();
                    ShardMap after = plan.after();
                    model.replaceAll((bound, owner) -> after.owner(slots.slotOf(before, bound)));
                    assertThat(after.contains(gone)).isFalse();
                }
            }
            ShardMap after = shards.apply(plan);
            check(plan, before, after);
            assertThat(after.keyspace().live()).hasSize(model.size());
            for (int at = -1; at <= KEYS + 70; at++) {
                assertThat(shards.locate(at))
                        .as("seed %d round %d key %d", seed, round, at)
                        .isEqualTo(model.floorEntry(at).getValue());
            }
            assertThat(shards.locate(Integer.MAX_VALUE))
                    .isEqualTo(model.lastEntry().getValue());
        }
    }

    private static void put(TreeMap<Integer, String> model, int from, int to, String shard) {
        String above = model.floorEntry(to).getValue();
        if (to != Integer.MAX_VALUE) {
            model.putIfAbsent(to, above);
        }
        model.putIfAbsent(from, shard);
        model.subMap(from, to).replaceAll((bound, owner) -> shard);
    }

    /** What holds for every plan: see also DirectoryProperties. */
    static void check(ShardPlan plan, ShardMap before, ShardMap after) {
        assertThat(after).isEqualTo(plan.after());
        assertThat(after.epoch()).isEqualTo(before.epoch() + 1);
        ShardMap read = ShardMap.codec().decode(ShardMap.codec().encode(after));
        assertThat(read).isEqualTo(after).hasSameHashCodeAs(after);
        assertThat(ShardMap.codec().encode(read)).isEqualTo(ShardMap.codec().encode(after));
        Set<Integer> moved = new HashSet<>();
        for (SlotMove move : plan.moves()) {
            assertThat(moved.add(move.slot())).isTrue();
            assertThat(move.from()).isNotEqualTo(move.to());
        }
        Set<Integer> merged = new HashSet<>();
        plan.merges().forEach(merge -> merged.add(merge.slot()));
        for (int slot = 0; slot < before.allSlots(); slot++) {
            if (!merged.contains(slot)) {
                assertThat(!after.owner(slot).equals(before.owner(slot)))
                        .as("slot %d of %s", slot, plan)
                        .isEqualTo(moved.contains(slot));
            }
        }
        int owned = 0;
        for (var shard : after.shards()) {
            owned += after.slotsOf(shard.id()).length;
        }
        assertThat(owned).isEqualTo(after.keyspace().live().length);
        for (var division : after.divisions()) {
            assertThat(after.has(division)).isTrue();
        }
    }

    /** The order of text is that of its UTF-8 bytes, also beyond U+FFFF. */
    @Property(tries = 300)
    void ordersTextAsItsBytes(@ForAll long seed) {
        Random random = new Random(seed);
        int[] points = {'A', 'z', 0xe9, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x1_0000, 0x1f600, 0x10_ffff};
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(4); length > 0; length--) {
                text.appendCodePoint(points[random.nextInt(points.length)]);
            }
            texts.add(text.toString());
        }
        int expected = Arrays.compareUnsigned(
                texts.get(0).getBytes(StandardCharsets.UTF_8), texts.get(1).getBytes(StandardCharsets.UTF_8));
        assertThat(Integer.signum(KeyOrder.TEXT.compare(texts.get(0), texts.get(1))))
                .isEqualTo(Integer.signum(expected));
    }

    /** In every order: bounds are kept in their text, and nothing is between a key and the next. */
    @Property(tries = 200)
    void keepsBoundsOfEveryKind(@ForAll long high, @ForAll long low, @ForAll String any) {
        String text = any.codePoints()
                .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                .limit(100)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        Map<KeyOrder, Object> keys = Map.of(
                KeyOrder.TEXT,
                text + "x",
                KeyOrder.INTEGER,
                high,
                KeyOrder.UUIDS,
                new UUID(high, low),
                KeyOrder.INSTANT,
                Instant.ofEpochSecond(high % 10_000_000_000L, low % 1_000_000_000));
        keys.forEach((order, key) -> {
            Object bound = order.bound(key);
            assertThat(order.parseCanonical(bound.toString())).isEqualTo(bound);
            Object next = order.next(bound);
            assertThat(next == null ? 1 : order.compare(next, key)).isPositive();
            ShardMap map = Sharder.<Object, String>ranged(
                            Ranges.of(order).below(key, "s1").from(key, "s2"))
                    .shard("s1", "s1")
                    .shard("s2", "s2")
                    .build()
                    .map();
            assertThat(ShardMap.codec().decode(ShardMap.codec().encode(map))).isEqualTo(map);
            assertThat(Slotting.ranges(order).slotOf(map, key)).isEqualTo(1);
        });
    }

    @Example
    void ordersUuidsAsUnsignedBytesAndTakesWhatDriversReturn() {
        UUID low = UUID.fromString("00000000-0000-0000-ffff-ffffffffffff");
        UUID high = UUID.fromString("80000000-0000-0000-0000-000000000000");
        assertThat(KeyOrder.UUIDS.compare(low, high)).isNegative();
        assertThat(KeyOrder.UUIDS.next(low)).isEqualTo(UUID.fromString("00000000-0000-0001-0000-000000000000"));
        assertThat(KeyOrder.UUIDS.next(new UUID(-1, -1))).isNull();
        Instant noon = Instant.parse("2026-01-01T12:00:00Z");
        assertThat(KeyOrder.INSTANT.compare(noon, Timestamp.from(noon))).isZero();
        assertThat(KeyOrder.INSTANT.compare(noon, noon.atOffset(ZoneOffset.ofHours(5))))
                .isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> KeyOrder.INSTANT.bound(new java.sql.Date(0)));
        assertThatIllegalArgumentException().isThrownBy(() -> KeyOrder.TEXT.bound("\ud800"));
        assertThatIllegalArgumentException().isThrownBy(() -> KeyOrder.INTEGER.parseCanonical("+5"));
        assertThatIllegalArgumentException().isThrownBy(() -> KeyOrder.UUIDS.parseCanonical("1-1-1-1-1"));
    }

    @Example
    void listsEveryGapAndOverlap() {
        assertThatThrownBy(() -> Sharder.<String, String>ranged(Ranges.of(KeyOrder.TEXT)
                                .range("A", "H", "s1")
                                .range("F", "L", "s2")
                                .range("M", "Q", "s3"))
                        .shard("s1", "db1")
                        .shard("s2", "db2")
                        .slots(12)
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        problem -> assertThat(problem.problems())
                                .containsExactly(
                                        "slots: 12 (expected: none with ranges, which are the slots)",
                                        "range from M below Q: s3 (expected: one of the shards [s1, s2])",
                                        "lowest range: A (expected: none left out; call below(...))",
                                        "range from F below L: F (expected: no overlap with range from A below H)",
                                        "range from M below Q: M (expected: no gap after L)",
                                        "highest range: Q (expected: none left out; call from(...))"));
        assertThatThrownBy(() -> Sharder.<String, String>ranged(
                                Ranges.of(KeyOrder.TEXT).below(5, "s1").range("Q", "A", "s1"))
                        .shard("s1", "db1")
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        problem -> assertThat(problem.problems()).hasSize(2));
    }

    @Example
    void splitsTheAlphabet() {
        Sharder<String, String> shards = Sharder.<String, String>ranged(
                        Ranges.of(KeyOrder.TEXT).below("Q", "a-p").from("Q", "q-z"))
                .shard("a-p", "db1")
                .shard("q-z", "db2")
                .targets(id -> "made " + id)
                .build();
        assertThat(shards.locate("Ann")).isEqualTo("db1");
        assertThat(shards.locate("Quentin")).isEqualTo("db2");
        ShardPlan plan = shards.plan(change -> change.splitRange("H", "h-p").isolate("Ann", "stars"));
        assertThat(plan.toString()).contains("divided: H in slot ", "a-p -> h-p: 1 slot", "a-p -> stars: 1 slot");
        shards.apply(plan);
        assertThat(List.of("Alan", "Ann", "Anna", "Hugo", "Zoe").stream().map(shards::locate))
                .containsExactly("db1", "made stars", "db1", "made h-p", "db2");
        shards.apply(shards.plan(
                change -> change.release("Ann").mergeRanges("H").remove("stars").remove("h-p")));
        assertThat(shards.map().keyspace().live()).containsExactly(0, 1);
        assertThat(shards.locate("Hugo")).isEqualTo("db1");
        assertThatIllegalArgumentException().isThrownBy(() -> shards.plan(change -> change.release("Ann")));
        assertThatIllegalArgumentException().isThrownBy(() -> shards.plan(change -> change.mergeRanges("H")));
        assertThatIllegalArgumentException().isThrownBy(() -> shards.plan(change -> change.moveRange("H", "C", "x")));
        assertThatIllegalArgumentException().isThrownBy(() -> shards.plan(change -> change.split("a-p", "x")));
        Sharder<String, String> hashed =
                Sharder.<String, String>consistent().shard("s1", "db1").build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> hashed.plan(change -> change.splitRange("H", "x")))
                .withMessageContaining("keys are hashed");
    }

    @Example
    void takesPartsOfKeys() {
        record Order(long number, Instant placed) {}
        Instant newYear = Instant.parse("2026-01-01T00:00:00Z");
        Sharder<Order, String> shards = Sharder.<Order, String>ranged(
                        Ranges.of(KeyOrder.INSTANT).below(newYear, "old").from(newYear, "new"), Order::placed)
                .shard("old", "db1")
                .shard("new", "db2")
                .build();
        assertThat(shards.locate(new Order(1, newYear.minusNanos(1)))).isEqualTo("db1");
        assertThat(shards.locate(new Order(1, newYear))).isEqualTo("db2");
        assertThat(shards.slotting().<Long>of(n -> new Order(n, newYear)).slotOf(shards.map(), 5L))
                .isEqualTo(1);
    }
}
