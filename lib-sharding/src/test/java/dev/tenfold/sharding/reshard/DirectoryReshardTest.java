package dev.tenfold.sharding.reshard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Slots are divided, moved and merged while writers write. */
class DirectoryReshardTest {

    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    @Test
    void losesNoWriteWhileKeysAreAssignedAndReleased() throws Exception {
        try (Cluster cluster = new Cluster(8, "s1", "s2")) {
            AtomicBoolean done = new AtomicBoolean();
            ExecutorService threads = Executors.newFixedThreadPool(2);
            try {
                List<Future<?>> writers = new ArrayList<>();
                for (int writer = 0; writer < 2; writer++) {
                    int first = writer;
                    writers.add(threads.submit(() -> {
                        for (long key = first; !done.get(); key = (key + 2) % 20) {
                            cluster.increment(key);
                        }
                        return null;
                    }));
                }
                Resharder resharder = cluster.resharder(step -> {});
                for (int round = 0; round < 3; round++) {
                    resharder.run(cluster.shards.plan(change -> change.assign(List.of(1L, 2L, 3L, 4L), "s3")));
                    resharder.run(
                            cluster.shards.plan(change -> change.release(2L).release(3L)));
                    resharder.run(
                            cluster.shards.plan(change -> change.release(1L).release(4L)));
                }
                done.set(true);
                for (Future<?> writer : writers) {
                    writer.get();
                }
            } finally {
                done.set(true);
                threads.shutdown();
            }
            cluster.verify();
            assertThat(cluster.shards.refresh().divisions()).isEmpty();
            assertThat(cluster.shards.map().slotsOf("s3")).isEmpty();
        }
    }

    /** A run that releases one key and assigns another is killed before each of its steps in turn; the next one finishes. */
    @Test
    void finishesOrUndoesWhateverAKilledMoverLeft() throws Exception {
        int steps = 1;
        for (int killAt = 1; killAt <= steps; killAt++) {
            try (Cluster cluster = new Cluster(4, "s1", "s2")) {
                for (long key = 0; key < 20; key++) {
                    cluster.increment(key);
                }
                cluster.resharder(step -> {}).run(cluster.shards.plan(change -> change.assign(7L, "s3")));
                ShardPlan plan =
                        cluster.shards.plan(change -> change.release(7L).assign(8L, "s3"));
                int fatal = killAt;
                AtomicInteger taken = new AtomicInteger();
                try {
                    cluster.resharder(step -> {
                                if (taken.incrementAndGet() == fatal) {
                                    throw new Killed();
                                }
                            })
                            .run(plan);
                } catch (Killed killed) {
                    steps = killAt + 1;
                }
                for (long key = 5; key < 10; key++) {
                    if (taken.get() == fatal) {
                        continue;
                    }
                    cluster.increment(key);
                }
                ShardMap last = cluster.resharder(step -> {}).run(plan);
                for (long key = 0; key < 20; key++) {
                    cluster.increment(key);
                }
                cluster.verify();
                assertThat(last.divisions()).hasSize(1);
            }
        }
        assertThat(steps).isGreaterThan(15);
    }
}
