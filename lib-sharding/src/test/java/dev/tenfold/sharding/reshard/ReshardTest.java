package dev.tenfold.sharding.reshard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.Weight;
import dev.tenfold.sharding.jdbc.ShardGuard;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Slots moved between real databases. */
class ReshardTest {

    private static final int KEYS = 60;

    private final ExecutorService threads = Executors.newCachedThreadPool();

    /** What a process does when it is killed: nothing more. */
    private static final class Killed extends Error {
        Killed(String step) {
            super(step);
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void losesAndRepeatsNoWriteWhileShardsComeAndGo() throws Exception {
        try (Cluster cluster = new Cluster(32, "s1", "s2")) {
            AtomicBoolean done = new AtomicBoolean();
            CountDownLatch warm = new CountDownLatch(200);
            List<Future<Integer>> writers = new ArrayList<>();
            for (int writer = 0; writer < 3; writer++) {
                Random random = new Random(writer);
                writers.add(threads.submit(() -> {
                    int written = 0;
                    for (; !done.get(); written++) {
                        cluster.increment(random.nextInt(KEYS));
                        warm.countDown();
                    }
                    return written;
                }));
            }
            warm.await();
            Resharder resharder = cluster.resharder(step -> {});
            resharder.run(cluster.shards.plan(change -> change.add("s3", Weight.weight(2))));
            resharder.run(cluster.shards.plan(change -> change.split("s3", "s4").isolate(7L, "s5")));
            ShardMap last = resharder.run(cluster.shards.plan(change -> change.remove("s1")));
            done.set(true);
            for (Future<Integer> writer : writers) {
                assertThat(writer.get()).isPositive();
            }
            cluster.verify();
            assertThat(last.shards()).extracting("id").containsExactly("s2", "s3", "s4", "s5");
            assertThat(last.slotsOf("s5")).contains(32);
            assertThat(cluster.shards.refresh()).isEqualTo(last);
        }
    }

    /** A run is killed before each of its steps in turn; the next is killed while it recovers; the third finishes. */
    @Test
    void finishesOrUndoesWhateverAKilledMoverLeft() throws Exception {
        int steps = 1;
        for (int killAt = 1; killAt <= steps; killAt++) {
            try (Cluster cluster = new Cluster(8, "s1", "s2")) {
                fill(cluster);
                ShardPlan plan = plan(cluster);
                int fatal = killAt;
                AtomicInteger taken = new AtomicInteger();
                List<String> seen = new ArrayList<>();
                try {
                    cluster.resharder(step -> {
                                seen.add(step);
                                if (taken.incrementAndGet() == fatal) {
                                    throw new Killed(step);
                                }
                            })
                            .run(plan);
                } catch (Killed killed) {
                    steps = killAt + 1;
                }
                try {
                    cluster.resharder(step -> {
                                if (step.equals("settle")) {
                                    throw new Killed(step);
                                }
                            })
                            .run(plan);
                } catch (Killed again) {
                    cluster.resharder(step -> {}).run(plan);
                }
                fill(cluster);
                try {
                    cluster.verify();
                } catch (AssertionError failure) {
                    throw new AssertionError("killed before the last of " + seen, failure);
                }
                assertThat(cluster.shards.refresh().shards()).isEqualTo(plan.shards());
                assertThat(cluster.shards.map().slotsOf("s4"))
                        .as("killed before the last of %s", seen)
                        .containsExactly(8);
            }
        }
        assertThat(steps).isGreaterThan(15);
    }

    /** A mover sleeps before a step while another takes over and does everything; then it wakes up. */
    @Test
    void aMoverThatWakesUpLateChangesNothing() throws Exception {
        for (String asleepBefore : List.of("prepare", "fence", "copy", "commit", "open", "clear", "divide")) {
            try (Cluster cluster = new Cluster(8, "s1", "s2")) {
                fill(cluster);
                ShardPlan plan = plan(cluster);
                CountDownLatch asleep = new CountDownLatch(1);
                CountDownLatch wake = new CountDownLatch(1);
                Future<?> zombie = threads.submit(() -> cluster.resharder(step -> {
                            if (step.equals(asleepBefore) && asleep.getCount() == 1) {
                                asleep.countDown();
                                await(wake);
                            }
                        })
                        .run(plan));
                asleep.await();
                cluster.resharder(step -> {}).run(plan);
                fill(cluster);
                wake.countDown();
                assertThatThrownBy(zombie::get)
                        .as("asleep before %s", asleepBefore)
                        .hasCauseInstanceOf(StaleEpochException.class);
                fill(cluster);
                cluster.verify();
            }
        }
    }

    /** A mover is about to commit when another undoes its work, and writers write again where they always did. */
    @Test
    void aMoverThatWasUndoneCannotCommit() throws Exception {
        try (Cluster cluster = new Cluster(8, "s1", "s2")) {
            fill(cluster);
            ShardPlan plan = plan(cluster);
            ShardMap before = cluster.shards.map();
            Resharder other = cluster.resharder(step -> {});
            AtomicInteger recovered = new AtomicInteger(-1);
            assertThatThrownBy(() -> cluster.resharder(step -> {
                                if (step.equals("commit")) {
                                    recovered.set(other.recover());
                                    fillUnchecked(cluster);
                                }
                            })
                            .run(plan))
                    .isInstanceOf(StaleEpochException.class);
            assertThat(recovered.get()).isPositive();
            cluster.verify();
            for (int slot = 0; slot < before.slots(); slot++) {
                assertThat(cluster.shards.refresh().owner(slot)).isEqualTo(before.owner(slot));
            }
        }
    }

    @Test
    void undoesABatchThatCannotBeCopiedWithinTheFence() throws Exception {
        try (Cluster cluster = new Cluster(8, "s1", "s2")) {
            fill(cluster);
            ShardPlan plan = plan(cluster);
            assertThatThrownBy(() -> cluster.builder()
                            .maxFence(Duration.ofNanos(1))
                            .build()
                            .run(plan))
                    .isInstanceOf(DeadlineExceededException.class);
            fill(cluster);
            cluster.verify();
            cluster.resharder(step -> {}).run(plan);
            fill(cluster);
            cluster.verify();
        }
    }

    @Test
    void aFenceWaitsForWritersThatPassedTheGuardAndOthersGoOn() throws Exception {
        try (Cluster cluster = new Cluster(8, "s1", "s2")) {
            fill(cluster);
            ShardPlan plan = cluster.shards.plan(change -> change.remove("s1"));
            long key = keyOn(cluster, "s1");
            ShardRoute route = cluster.shards.route(key);
            try (Connection writer = cluster.database("s1").getConnection()) {
                writer.setAutoCommit(false);
                ShardGuard.check(writer, route);
                Cluster.increment(writer, key);
                assertThatThrownBy(() -> cluster.builder()
                                .fencing(
                                        Duration.ofMillis(50),
                                        dev.tenfold.retry.Backoff.fixed(Duration.ofMillis(1))
                                                .attempts(2))
                                .build()
                                .run(plan))
                        .isInstanceOf(DeadlineExceededException.class)
                        .hasMessageContaining("writers to end on s1 (2 attempts)");
                writer.commit();
                cluster.acknowledge(key);
            }
            cluster.resharder(step -> {}).run(plan);
            cluster.verify();
        }
    }

    @Test
    void refusesRoutesThatAreNotOfThisPlaceAndTime() throws Exception {
        try (Cluster cluster = new Cluster(8, "s1", "s2")) {
            fill(cluster);
            long key = keyOn(cluster, "s1");
            ShardRoute old = cluster.shards.route(key);
            try (Connection frozen = cluster.database("s1").getConnection();
                    Connection other = cluster.database("s2").getConnection()) {
                frozen.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                frozen.setAutoCommit(false);
                other.setAutoCommit(false);
                // The snapshot is older than the fence: a plain read of the guard would still show an open slot.
                frozen.createStatement().executeQuery("SELECT count(*) FROM tenfold_slot_v1");
                assertThatThrownBy(() -> ShardGuard.check(other, old)).isInstanceOf(StaleEpochException.class);
                other.rollback();
                cluster.resharder(step -> {}).run(cluster.shards.plan(change -> change.remove("s1")));
                assertThatThrownBy(() -> ShardGuard.check(frozen, old))
                        .isInstanceOf(StaleEpochException.class)
                        .hasMessageContaining("changed during the transaction");
                frozen.rollback();
                assertThatThrownBy(() -> ShardGuard.check(frozen, old))
                        .isInstanceOf(StaleEpochException.class)
                        .hasMessageContaining("is CLOSED");
                assertThatThrownBy(() -> ShardGuard.checkRead(frozen, old)).isInstanceOf(StaleEpochException.class);
                ShardRoute renewed = cluster.shards.refresh() == null ? old : cluster.shards.route(key);
                ShardGuard.check(other, renewed);
                other.rollback();
                other.setAutoCommit(true);
                ShardGuard.checkRead(other, renewed);
                assertThatThrownBy(() -> ShardGuard.check(other, renewed)).isInstanceOf(IllegalStateException.class);
            }
        }
    }

    private static ShardPlan plan(Cluster cluster) {
        return cluster.shards.plan(change -> change.add("s3").isolate(7L, "s4"));
    }

    private static void fill(Cluster cluster) throws Exception {
        for (long key = 0; key < KEYS; key += 4) {
            cluster.increment(key);
        }
        cluster.increment(7);
    }

    private static void fillUnchecked(Cluster cluster) {
        try {
            fill(cluster);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    private static long keyOn(Cluster cluster, String shard) {
        long key = 0;
        while (!cluster.shards.route(key).shard().equals(shard)) {
            key += 4;
        }
        return key;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}
