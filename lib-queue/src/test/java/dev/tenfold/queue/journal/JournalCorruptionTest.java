package dev.tenfold.queue.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.CorruptDataException;
import dev.tenfold.queue.journal.SimulatedDisk.Node;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Every bit flipped, every file cut at every byte, every file missing: nothing of it goes unnoticed. */
class JournalCorruptionTest {

    private final SimulatedDisk disk = new SimulatedDisk();
    private final Workload load = new Workload(7);

    @Test
    void aFlippedBitIsHarmlessOrReported() throws IOException {
        fill();
        Map<Long, String> all = read(disk);
        assertThat(all).hasSizeGreaterThan(10);
        int[] outcomes = flipEveryBit(1, 0, (found, torn) -> found.equals(all));
        assertThat(outcomes[0]).as("reported").isGreaterThan(outcomes[1] / 4);
    }

    @Test
    void aFlippedBitInALastFrameThatIsNotSealedLooksTornWhichIsTold() throws IOException {
        fill();
        Map<Long, String> before = read(disk);
        int frame = load.journal().ask((segments, living) -> segments.getLast()).end;
        load.change(10);
        Objects.requireNonNull(load.journal().flusher).turn();
        Map<Long, String> all = read(disk);
        assertThat(all).isNotEqualTo(before);
        Segment last = load.journal().ask((segments, living) -> segments.getLast());
        int[] outcomes = flipEveryBit(
                last.header.number(), frame, (found, torn) -> found.equals(all) || found.equals(before) && torn);
        assertThat(outcomes[1]).isGreaterThan(100);
    }

    @Test
    void aFileCutAnywhereIsReported() throws IOException {
        fill();
        for (String name : segments(disk)) {
            int length = Objects.requireNonNull(disk.names.get(name)).seen.length;
            for (int cut = 0; cut < length; cut++) {
                SimulatedDisk copy = disk.copy();
                Node node = Objects.requireNonNull(copy.names.get(name));
                node.seen = Arrays.copyOf(node.seen, cut);
                assertThatThrownBy(() -> read(copy))
                        .isInstanceOfSatisfying(
                                CorruptDataException.class,
                                reported -> assertThat(reported.source()).endsWith(name));
            }
        }
    }

    @Test
    void aMissingFileIsReported() throws IOException {
        fill();
        assertThat(segments(disk)).hasSizeGreaterThan(1);
        for (String name : segments(disk)) {
            SimulatedDisk copy = disk.copy();
            copy.names.remove(name);
            assertThatThrownBy(() -> read(copy))
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("missing")
                    .hasMessageContaining(name);
        }
    }

    @Test
    void aSegmentOfAnotherJournalIsReported() throws IOException {
        fill();
        String name = segments(disk).get(1);
        SimulatedDisk other = new SimulatedDisk();
        for (long seed = 8; !other.names.containsKey(name); seed++) {
            other = new SimulatedDisk();
            Workload foreign = new Workload(seed);
            foreign.open(other);
            foreign.run(40, 25);
        }
        disk.names.put(name, Objects.requireNonNull(other.names.get(name)));
        assertThatThrownBy(() -> read(disk))
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("another journal");
    }

    @Test
    void anOldSegmentRenamedIsReported() throws IOException {
        fill();
        List<String> names = segments(disk);
        disk.names.put(names.get(1), Objects.requireNonNull(disk.names.get(names.get(0))));
        assertThatThrownBy(() -> read(disk))
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("renamed");
    }

    private void fill() throws IOException {
        load.open(disk);
        load.run(40, 25);
        Flusher flusher = Objects.requireNonNull(load.journal().flusher);
        while (flusher.turn()) {
            // Until all is written.
        }
        flusher.seal();
    }

    private static List<String> segments(SimulatedDisk disk) {
        return disk.list().stream()
                .filter(name -> SegmentHeader.number(name) >= 0)
                .toList();
    }

    private interface Acceptable {
        boolean test(Map<Long, String> found, boolean torn);
    }

    /** From a segment and an offset on. Returns how often it was reported, and how often not. */
    private int[] flipEveryBit(long first, int offset, Acceptable acceptable) throws IOException {
        int[] outcomes = new int[2];
        for (String name : segments(disk)) {
            if (SegmentHeader.number(name) < first) {
                continue;
            }
            Node node = Objects.requireNonNull(disk.names.get(name));
            int length = node.seen.length;
            while (node.seen[length - 1] == 0 && length > offset + 64) {
                length--; // the rest is all alike
            }
            for (int bit = 8 * offset; bit < 8 * Math.min(length + 64, node.seen.length); bit++) {
                node.seen[bit / 8] ^= (byte) (1 << bit % 8);
                load.events.clear();
                try {
                    Map<Long, String> found = read(disk);
                    boolean torn =
                            load.events.stream().anyMatch(event -> event.kind().equals("journal.torn"));
                    assertThat(acceptable.test(found, torn))
                            .as("bit %d of byte %d of %s: %s", bit % 8, bit / 8, name, load.events)
                            .isTrue();
                    outcomes[1]++;
                } catch (CorruptDataException reported) {
                    assertThat(reported.source()).contains("simulated/");
                    outcomes[0]++;
                }
                node.seen[bit / 8] ^= (byte) (1 << bit % 8);
            }
        }
        return outcomes;
    }

    private Map<Long, String> read(SimulatedDisk from) throws IOException {
        Map<Long, String> found = new TreeMap<>();
        Journal.open(
                from.copy(),
                load.settings(),
                task -> {},
                (item, bytes) -> found.put(item.number, new String(bytes, StandardCharsets.US_ASCII)));
        return found;
    }
}
