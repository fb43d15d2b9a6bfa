package dev.tenfold.queue.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** One journal through many lives, each ended by a power failure or a kill somewhere. */
class JournalProperties {

    @Property(tries = 150)
    void everyLifeGoesOnWhereTheLastConfirmedChangeLeftIt(
            @ForAll long seed, @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 0, max = 400) Integer> lives)
            throws IOException {
        Workload load = new Workload(seed);
        SimulatedDisk disk = new SimulatedDisk();
        Random chance = new Random(seed);
        for (int life : lives) {
            disk.crashAt = life;
            try {
                load.open(disk);
                load.run(200, 5 + chance.nextInt(60));
            } catch (IOException crashed) {
                // While it was being opened: the books still say what must be there.
            }
            disk = chance.nextBoolean() ? disk.afterKill() : disk.afterPowerFailure(chance);
        }
        load.open(disk);
    }

    @Property(tries = 30)
    void theLogIsBoundedByWhatLives(@ForAll long seed, @ForAll @IntRange(min = 0, max = 150) int target)
            throws IOException {
        Workload load = new Workload(seed);
        SimulatedDisk disk = new SimulatedDisk();
        load.open(disk);
        Flusher flusher = Objects.requireNonNull(load.journal().flusher);
        for (int i = 0; i < 1_500; i++) {
            load.change(target);
            flusher.turn();
            long needed = 2 * (load.journal().liveBytes() / Workload.SEGMENT + 1) + 4;
            assertThat(load.journal().segments()).isLessThanOrEqualTo((int) needed + 1);
        }
        // The spare, and the note of the newest.
        assertThat(disk.list()).hasSizeLessThanOrEqualTo(load.journal().segments() + 2);
    }
}
