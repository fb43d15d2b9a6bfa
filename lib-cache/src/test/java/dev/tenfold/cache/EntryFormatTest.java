package dev.tenfold.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.Codec;
import dev.tenfold.cache.RemoteTier.Entry;
import dev.tenfold.session.Position;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class EntryFormatTest {

    private static final Position EARLY = new Position("s", 1, 2);
    private static final Position LATE = new Position("s", 1, 3);

    /** Version, no limit, two positions, no tags, a value. */
    private static final String FIRST_FORMAT = "01" + "ffffffffffffffff"
            + "00000001" + "73" + "0000000000000001" + "0000000000000002"
            + "00000001" + "73" + "0000000000000001" + "0000000000000003"
            + "00000000" + "01" + "76";

    @Test
    void readsEntriesThatDoNotNameTheirRead() {
        Entry<String> entry = Entry.decode(HexFormat.of().parseHex(FIRST_FORMAT), Duration.ZERO, Codec.utf8());

        assertThat(entry).isEqualTo(new Entry<>("v", EARLY, LATE, 0, Duration.ZERO, null, List.of()));
    }

    @Test
    void readsWhatItWrites() {
        Entry<String> entry = new Entry<>("v", EARLY, LATE, 77, Duration.ZERO, Duration.ofSeconds(1), List.of("t"));

        assertThat(Entry.decode(entry.encode(Codec.utf8()), Duration.ZERO, Codec.utf8()))
                .isEqualTo(entry);
    }

    @Test
    void refusesAFormatFromTheFuture() {
        byte[] ninth = HexFormat.of().parseHex("09" + FIRST_FORMAT.substring(2));
        assertThatThrownBy(() -> Entry.decode(ninth, Duration.ZERO, Codec.utf8()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasRootCauseMessage("format: 9 (expected: 1 to 2)");
    }
}
