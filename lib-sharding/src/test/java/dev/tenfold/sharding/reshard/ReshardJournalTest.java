package dev.tenfold.sharding.reshard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenfold.Codec;
import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.reshard.Reshard.Phase;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import dev.tenfold.sharding.reshard.ReshardJournal.Request;
import dev.tenfold.sharding.reshard.ReshardJournal.Stage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Journals are read by later versions and by other processes. */
class ReshardJournalTest {

    private static final Codec<ReshardJournal> CODEC = ReshardJournal.codec();

    private static final ReshardJournal FULL = new ReshardJournal(
            3,
            "app-1/5f3a",
            17,
            Set.of(Request.PAUSE, Request.CUT_OVER),
            Stage.MOVING,
            Optional.of(Instant.parse("2030-01-01T00:00:00Z")),
            "key [a b] differs - \u00e4",
            List.of(new Shard("s1", 1), new Shard("s3", 2)),
            List.of("s3"),
            List.of("s2"),
            List.of(new Division(5, 16, "00000000075bcd15", "user 42"), new Division(6, 17, "M r", "")),
            List.of(
                    new Flow("s1", "s3", List.of(0, 1, 2, 3, 9), Phase.COPYING, false, 2_000, 1_200, 48_000),
                    new Flow("s2", "s3", List.of(16), Phase.CATCHING_UP, true, 1, 1, 10)),
            List.of(new Merge(18, 7)));

    private static final ReshardJournal EMPTY = new ReshardJournal(
            1,
            "resharder",
            0,
            Set.of(),
            Stage.BEGUN,
            Optional.empty(),
            "",
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of());

    @Test
    void keepsItsForm() throws IOException {
        byte[] golden;
        try (InputStream file = ReshardJournalTest.class.getResourceAsStream("reshard-journal-1.txt")) {
            golden = file.readAllBytes();
        }
        assertThat(new String(CODEC.encode(FULL), StandardCharsets.UTF_8))
                .isEqualTo(new String(golden, StandardCharsets.UTF_8));
        assertThat(CODEC.decode(golden)).isEqualTo(FULL);
        assertThat(CODEC.decode(CODEC.encode(EMPTY))).isEqualTo(EMPTY);
    }

    @Test
    void noticesDamage() {
        byte[] bytes = CODEC.encode(FULL);
        for (int at = 0; at < bytes.length; at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 1;
            assertThatIllegalArgumentException().as("byte %d", at).isThrownBy(() -> CODEC.decode(damaged));
        }
    }
}
