package dev.tenfold.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShardMapTest {

    private static final ShardMap SMALL = ShardMap.first(
                    List.of(new Shard("s1", 1), new Shard("s2", 1), new Shard("s3", 2)),
                    24,
                    KeyHash.xxh3(7),
                    Placement.ring())
            .withIsolated(KeyHash.xxh3(7).hash("justin bieber"), "justin bieber")
            .withOwner(new int[] {3, 24}, "s2");

    /** What an earlier version stored must stay readable, and equal maps must have equal bytes. */
    @Test
    void isStoredAsItAlwaysWas() throws IOException {
        byte[] golden;
        try (InputStream file = ShardMapTest.class.getResourceAsStream("shard-map-1.txt")) {
            golden = file.readAllBytes();
        }
        assertThat(new String(ShardMap.codec().encode(SMALL), StandardCharsets.UTF_8))
                .isEqualTo(new String(golden, StandardCharsets.UTF_8));
        assertThat(ShardMap.codec().decode(golden)).isEqualTo(SMALL);
    }

    @Test
    void noticesDamage() {
        byte[] bytes = ShardMap.codec().encode(SMALL);
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
                .withMessageContaining("expected: 'tenfold-shard-map 1'");
    }

    @Test
    void givesAnIsolatedKeyItsOwnSlotAndLeavesTheRest() {
        long celebrity = KeyHash.xxh3(7).hash("justin bieber");
        assertThat(SMALL.slotOf(celebrity)).isEqualTo(24);
        assertThat(SMALL.owner(24)).isEqualTo("s2");
        assertThat(SMALL.slotOf(celebrity + 1)).isEqualTo(SMALL.hashedSlot(celebrity));
        assertThat(SMALL.epoch()).isEqualTo(3);
        assertThatIllegalArgumentException().isThrownBy(() -> SMALL.withIsolated(celebrity, "again"));
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
