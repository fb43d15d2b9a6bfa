package dev.tenfold.queue.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.UnavailableException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** Writes and forces that fail, and a disk that is full, at every point of a run. */
class JournalFaultTest {

    private static final int STEPS = 120;

    @Test
    void aFailedForceStopsTheJournalAndLosesNothingConfirmed() throws Exception {
        SimulatedDisk healthy = new SimulatedDisk();
        Workload measured = new Workload(1);
        measured.open(healthy);
        measured.run(STEPS, 20);
        for (int failing = 0; failing < healthy.forces(); failing++) {
            SimulatedDisk disk = new SimulatedDisk();
            disk.failingForce = failing;
            survive(disk, "force " + failing);
        }
        for (int failing = 0; failing < healthy.writes(); failing++) {
            SimulatedDisk disk = new SimulatedDisk();
            disk.failingWrite = failing;
            survive(disk, "write " + failing);
        }
    }

    private static void survive(SimulatedDisk disk, String fault) throws IOException {
        Workload load = new Workload(1);
        SimulatedDisk opened = disk;
        try {
            load.open(opened);
        } catch (IOException failed) {
            opened = disk.afterKill();
            load.open(opened);
        }
        load.run(STEPS, 20);
        try {
            // The failed pages are still seen by a new process, and marked as clean: it must not rely on them.
            SimulatedDisk seen = opened.afterKill();
            load.open(seen);
            load.open(seen.afterPowerFailure(new Random(3)));
        } catch (RuntimeException | AssertionError failure) {
            throw new AssertionError(fault, failure);
        }
    }

    @Test
    void afterAFailedForcePendingChangesFailAndNothingIsTakenAnyMore() throws Exception {
        SimulatedDisk disk = new SimulatedDisk();
        Workload load = new Workload(1);
        List<Runnable> tasks = new ArrayList<>();
        Journal journal = Journal.open(disk, load.settings(), tasks::add, (item, bytes) -> {});
        Batch first = new Batch();
        first.put(new byte[10]);
        disk.failingForce = disk.forces();
        CompletableFuture<Void> pending = journal.append(first).toCompletableFuture();
        Thread flusher = new Thread(tasks.get(0));
        flusher.start();
        assertThatThrownBy(pending::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("may be on disk or not");
        Batch second = new Batch();
        second.put(new byte[10]);
        assertThatThrownBy(() -> journal.append(second))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("Input/output error");
        assertThatThrownBy(journal::awaitRoom)
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("has stopped");
        journal.close();
        flusher.join();
        assertThat(load.events).extracting(event -> event.kind()).contains("journal.stopped");
    }

    @Test
    void aFullDiskStopsProducersLetsConsumersGoOnAndResumes() throws Exception {
        for (long capacity = 2 * Workload.SEGMENT; capacity < 9 * Workload.SEGMENT; capacity += 256) {
            SimulatedDisk disk = new SimulatedDisk();
            disk.capacity = capacity;
            Workload load = new Workload(capacity);
            load.open(disk);
            Flusher flusher = Objects.requireNonNull(load.journal().flusher);
            int refused = 0;
            for (int i = 0; i < 450; i++) {
                boolean mayProduce = mayProduce(load.journal());
                refused += mayProduce ? 0 : 1;
                if (mayProduce) {
                    load.change(1_000);
                } else if (load.living() > 3) {
                    load.consume();
                }
                load.time.advance(java.time.Duration.ofMillis(200));
                flusher.turn();
            }
            assertThat(refused).as("refused with %d bytes", capacity).isPositive();
            assertThat(load.events).extracting(event -> event.kind()).contains("journal.full");
            // Consumers alone may have made room; with a larger disk there is room in any case.
            disk.capacity = Long.MAX_VALUE;
            for (int i = 0; i < 60; i++) {
                load.time.advance(java.time.Duration.ofMillis(200));
                flusher.turn();
            }
            assertThat(mayProduce(load.journal())).as("resumed").isTrue();
            assertThat(load.events).extracting(event -> event.kind()).contains("journal.resumed");
            assertThat(load.confirmed()).as("all are confirmed").isEqualTo(load.changes());
            load.open(disk.afterPowerFailure(new Random(capacity)));
        }
    }

    @Test
    void consumersAloneFreeAFullDisk() throws Exception {
        SimulatedDisk disk = new SimulatedDisk();
        disk.capacity = 8 * Workload.SEGMENT;
        Workload load = new Workload(5);
        load.open(disk);
        Flusher flusher = Objects.requireNonNull(load.journal().flusher);
        while (mayProduce(load.journal())) {
            load.change(1_000);
            flusher.turn();
        }
        assertThatThrownBy(() -> load.journal().awaitRoom())
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("No space left on device")
                .hasMessageContaining("goes on by itself");
        int living = load.living();
        while (!mayProduce(load.journal())) {
            assertThat(load.living()).as("of %d", living).isGreaterThan(0);
            load.consume();
            load.time.advance(java.time.Duration.ofMillis(200));
            while (flusher.turn()) {
                // Cleans as well.
            }
        }
        assertThat(load.confirmed()).isEqualTo(load.changes());
        load.open(disk.afterKill());
    }

    private static boolean mayProduce(Journal journal) throws InterruptedException {
        try {
            journal.awaitRoom();
            return true;
        } catch (UnavailableException full) {
            return false;
        }
    }
}
