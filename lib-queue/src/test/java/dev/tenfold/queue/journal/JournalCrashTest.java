package dev.tenfold.queue.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The power fails at every single write, force and rename of a run that begins segments, cleans and reuses them. */
class JournalCrashTest {

    @Test
    void nothingConfirmedIsLostWhereverThePowerFails() throws IOException {
        for (long seed = 1; seed <= 2; seed++) {
            int operations = operations(seed);
            assertThat(operations).isGreaterThan(150);
            for (int crash = 0; crash < operations; crash++) {
                for (int way = 0; way < 4; way++) {
                    crashAt(seed, crash, way);
                }
            }
        }
    }

    private static int operations(long seed) throws IOException {
        SimulatedDisk disk = new SimulatedDisk();
        Workload load = new Workload(seed);
        load.open(disk);
        load.run(150, 20);
        assertThat(load.journal().segments()).as("it is cleaned").isLessThan(8);
        return disk.operations();
    }

    private static void crashAt(long seed, int crash, int way) throws IOException {
        SimulatedDisk disk = new SimulatedDisk();
        disk.crashAt = crash;
        Workload load = new Workload(seed);
        try {
            load.open(disk);
        } catch (IOException crashed) {
            disk = disk.afterPowerFailure(new Random(way));
            load.open(disk);
        }
        load.run(150, 20);
        SimulatedDisk left = way == 0 ? disk.afterKill() : disk.afterPowerFailure(new Random(31L * crash + way));
        try {
            load.open(left);
            load.run(20, 20);
            // And once more, on what recovery itself made.
            load.open(left.afterPowerFailure(new Random(way)));
        } catch (RuntimeException | AssertionError failure) {
            throw new AssertionError("seed " + seed + ", crash at operation " + crash + ", way " + way, failure);
        }
    }
}
