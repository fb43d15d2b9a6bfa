package dev.tenfold.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShardMapTest {

    private static final long CELEBRITY = KeyHash.xxh3(7).hash("justin bieber");

    private static final ShardMap SMALL = ShardMap.first(
                    List.of(new Shard("s1", 1), new Shard("s2", 1), new Shard("s3", 2)),
                    24,
                    KeyHash.xxh3(7),
                    Placement.ring())
            .withDivided(List.of(key(CELEBRITY, 24, "justin bieber")))
            .withOwner(new int[] {3, 24}, "s2");

    private static final ShardMap DIRECTORY = SMALL.withDivided(IntStream.range(0, 70)
                    .mapToObj(i -> key(KeyHash.xxh3(7).hash((long) i), 25 + i, i == 9 ? "ten per cent: 10 %" : ""))
                    .toList())
            .withOwner(new int[] {24, 30, 31}, "s3");

    private static final ShardMap MERGED = DIRECTORY
            .withOwner(
                    new int[] {40}, DIRECTORY.owner(hashedSlot(KeyHash.xxh3(7).hash(15L))))
            .withMerged(List.of(new Merge(40, hashedSlot(KeyHash.xxh3(7).hash(15L)))));

    private static final ShardMap RANGES = ShardMap.first(
                    List.of(new Shard("a-p", 1), new Shard("q-z", 3)),
                    Ranges.of(KeyOrder.TEXT).from("Q", "q-z").below("Q", "a-p"))
            .withDivided(List.of(new Division(0, 2, "M &\n\0", ""), new Division(1, 3, "\u00e9\ud83d\ude00", "")))
            .withOwner(new int[] {2}, "q-z");

    private static Division key(long hash, int slot, String label) {
        return new Division(hashedSlot(hash), slot, String.format("%016x", hash), label);
    }

    private static int hashedSlot(long hash) {
        return (int) (((hash >>> 32) * 24) >>> 32);
    }

    /** What an earlier version stored must stay readable. */
    @Test
    void readsFormat1() throws IOException {
        assertThat(ShardMap.codec().decode(golden("shard-map-1.txt"))).isEqualTo(SMALL);
    }

    /** What this version stores must stay readable, and equal maps must have equal bytes. */
    @Test
    void isStoredAsItAlwaysWas() throws IOException {
        isStoredAs("shard-map-2.txt", SMALL);
        isStoredAs("shard-map-2-directory.txt", MERGED);
        isStoredAs("shard-map-2-ranges.txt", RANGES);
    }

    private static void isStoredAs(String file, ShardMap map) throws IOException {
        byte[] golden = golden(file);
        assertThat(new String(ShardMap.codec().encode(map), StandardCharsets.UTF_8))
                .isEqualTo(new String(golden, StandardCharsets.UTF_8));
        assertThat(ShardMap.codec().decode(golden)).isEqualTo(map);
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream file = ShardMapTest.class.getResourceAsStream(name)) {
            return file.readAllBytes();
        }
    }

    @Test
    void noticesDamage() {
        noticesDamage(SMALL);
        noticesDamage(MERGED);
        noticesDamage(RANGES);
    }

    private static void noticesDamage(ShardMap map) {
        byte[] bytes = ShardMap.codec().encode(map);
        for (int at = 0; at < bytes.length; at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 1;
            assertThatIllegalArgumentException()
                    .as("byte %d", at)
                    .isThrownBy(() -> ShardMap.codec().decode(damaged));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShardMap.codec().decode(java.util.Arrays.copyOf(bytes, bytes.length / 2)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShardMap.codec().decode(new byte[0]))
                .withMessageContaining("expected: 'tenfold-shard-map 1' or 'tenfold-shard-map 2'");
    }

    @Test
    void givesAKeyItsOwnSlotAndLeavesTheRest() {
        assertThat(SMALL.slotOf(CELEBRITY)).isEqualTo(24);
        assertThat(SMALL.owner(24)).isEqualTo("s2");
        assertThat(SMALL.slotOf(CELEBRITY + 1)).isEqualTo(hashedSlot(CELEBRITY));
        assertThat(SMALL.epoch()).isEqualTo(3);
        assertThat(SMALL.divisions()).containsExactly(key(CELEBRITY, 24, "justin bieber"));
        assertThat(SMALL.has(key(CELEBRITY, 24, ""))).isTrue();
        assertThatIllegalArgumentException().isThrownBy(() -> SMALL.withDivided(List.of(key(CELEBRITY, 25, ""))));
        assertThatIllegalArgumentException().isThrownBy(() -> SMALL.withDivided(List.of(key(CELEBRITY + 1, 26, ""))));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SMALL.withDivided(List.of(new Division(5, 25, "0000000000000000", ""))));
    }

    @Test
    void takesAMergedSlotOutOfUse() {
        assertThat(MERGED.owner(40)).isEmpty();
        assertThat(MERGED.slotOf(KeyHash.xxh3(7).hash(15L)))
                .isEqualTo(hashedSlot(KeyHash.xxh3(7).hash(15L)));
        assertThat(MERGED.allSlots()).isEqualTo(DIRECTORY.allSlots());
        assertThat(MERGED.divisions()).hasSize(70);
        assertThat(MERGED.sameSlots(DIRECTORY)).isFalse();
        assertThat(DIRECTORY.sameSlots(DIRECTORY.withOwner(new int[] {0}, "s1")))
                .isTrue();
        for (Shard shard : MERGED.shards()) {
            assertThat(MERGED.slotsOf(shard.id())).doesNotContain(40);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> MERGED.withOwner(new int[] {40}, "s1"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SMALL.withOwner(new int[] {24}, "s1")
                        .withOwner(new int[] {hashedSlot(CELEBRITY)}, "s2")
                        .withMerged(List.of(new Merge(24, hashedSlot(CELEBRITY)))))
                .withMessageContaining("expected: on one shard");
    }

    @Test
    void keepsRanges() {
        Slotting<Object> text = Slotting.ranges(KeyOrder.TEXT);
        assertThat(text.slotOf(RANGES, "")).isEqualTo(0);
        assertThat(text.slotOf(RANGES, "M &")).isEqualTo(0);
        assertThat(text.slotOf(RANGES, "Paul")).isEqualTo(2);
        assertThat(text.slotOf(RANGES, "Quentin")).isEqualTo(1);
        assertThat(text.slotOf(RANGES, "\uffff")).isEqualTo(3);
        assertThatThrownBy(() -> text.slotOf(RANGES, 42L)).hasMessageContaining("expected: a String");
        assertThatThrownBy(() -> text.slotOf(SMALL, "M")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Slotting.ranges(KeyOrder.INTEGER).check(RANGES))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("range_text_v1 (expected: range_integer_v1");
        assertThatThrownBy(() -> RANGES.slotOf(42)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void spreadsHashesEvenlyOverSlots() {
        assertThat(SMALL.slotOf(0)).isZero();
        assertThat(SMALL.slotOf(-1)).isEqualTo(23);
        assertThat(SMALL.slotOf(Long.MAX_VALUE)).isEqualTo(11);
        assertThat(SMALL.slotOf(Long.MIN_VALUE)).isEqualTo(12);
    }

    @Test
    void keepsShardsThatOwnSomething() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SMALL.withShards(List.of(new Shard("s1", 1))))
                .withMessageContaining("which owns slot");
        assertThatIllegalArgumentException().isThrownBy(() -> SMALL.withOwner(new int[] {1}, "s9"));
    }
}
