package dev.tenfold.sharding.scatter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ScatterTest {

    private final SimulatedTime time = new SimulatedTime();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final Sharder<Long, String> shards = Sharder.<Long, String>consistent()
            .shard("s1", "db1")
            .shard("s2", "db2")
            .shard("s3", "db3")
            .slots(64)
            .observer(Observer.none())
            .build();
    /** Tasks run when the test says so, on its thread. */
    private final Scatter<Long, String> stepwise = Scatter.over(shards)
            .executor(tasks::add)
            .time(time, time)
            .backoff(Backoff.fixed(Duration.ofMillis(10)))
            .build();

    private final Scatter<Long, String> sequential = Scatter.over(shards).build();

    private void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    private static <T> CompletableFuture<T> future(java.util.concurrent.CompletionStage<T> stage) {
        return stage.toCompletableFuture();
    }

    @Test
    void asksEveryShardInTurnOnTheCallersThread() {
        Thread caller = Thread.currentThread();
        Gathered<List<String>> gathered = sequential
                .query((db, part) -> {
                    assertThat(Thread.currentThread()).isSameAs(caller);
                    assertThat(part.slots()).isEqualTo(shards.map().slotsOf(part.shard()));
                    assertThat(part.routes()).hasSize(part.slots().length);
                    assertThat(part.limit()).isEmpty();
                    assertThat(part.keys()).isEmpty();
                    return List.of(db, part.shard());
                })
                .run();
        assertThat(gathered.result()).containsExactly("db1", "s1", "db2", "s2", "db3", "s3");
        assertThat(gathered.isComplete()).isTrue();
        assertThat(gathered.epoch()).isEqualTo(1);
        assertThat(gathered.times()).containsOnlyKeys("s1", "s2", "s3");
    }

    @Test
    void asksOnlyShardsThatAreWantedAndOnesWithKeys() {
        assertThat(sequential
                        .query((db, part) -> List.of(db))
                        .toShards("s2"::equals)
                        .run()
                        .result())
                .containsExactly("db2");
        long key = 7;
        assertThat(sequential
                        .query((db, part) -> List.of(db + part.keys()))
                        .toKeys(List.of(key))
                        .run()
                        .result())
                .containsExactly(shards.locate(key) + "[7]");
        assertThat(sequential
                        .query((db, part) -> List.of(db))
                        .toKeys(List.of())
                        .run()
                        .result())
                .isEmpty();
    }

    @Test
    void getsManyKeysInTheirOrderEachShardsTogether() {
        Map<String, Map<Long, String>> databases = new HashMap<>();
        for (long key = 0; key < 100; key++) {
            databases.computeIfAbsent(shards.locate(key), db -> new HashMap<>()).put(key, "value " + key);
            // Leftovers elsewhere, which are nobody's.
            databases.computeIfAbsent("db1", db -> new HashMap<>()).putIfAbsent(key, "old " + key);
        }
        AtomicInteger asked = new AtomicInteger();
        Gathered<Map<Long, String>> users = sequential.multiGet(List.of(50L, 3L, 99L, 3L, 1_000L, 12L), (db, part) -> {
            asked.incrementAndGet();
            // More than was asked for does no harm.
            return Objects.requireNonNull(databases.get(db)).entrySet();
        });
        assertThat(users.result().keySet()).containsExactly(50L, 3L, 99L, 12L);
        assertThat(users.result().values()).containsExactly("value 50", "value 3", "value 99", "value 12");
        assertThat(asked.get()).isLessThanOrEqualTo(3);
    }

    @Test
    void failsAtOnceOrSaysWhatIsMissing() {
        ScatterQuery<Long, String, String> query = stepwise.query((db, part) -> {
            if (db.equals("db1")) {
                throw new IOException("disk");
            }
            return List.of(db);
        });
        CompletableFuture<Gathered<List<String>>> strict = future(query.start());
        Objects.requireNonNull(tasks.poll()).run();
        assertThat(strict).isCompletedExceptionally();
        runTasks();
        assertThatThrownBy(strict::join)
                .hasCauseInstanceOf(IncompleteResultException.class)
                .hasMessageContaining("no answer from s1 (" + shards.map().slotsOf("s1").length
                        + " slots): java.io.IOException: disk");
        CompletableFuture<Gathered<List<String>>> lenient =
                future(query.partial(0.5).start());
        runTasks();
        assertThat(lenient.join().result()).containsExactly("db2", "db3");
        assertThat(lenient.join().missing()).singleElement().satisfies(missing -> {
            assertThat(missing.shard()).isEqualTo("s1");
            assertThat(missing.reason()).isInstanceOf(IOException.class);
        });
        double held = shards.map().slotsOf("s1").length / 64.0;
        assertThat(lenient.join().coverage()).isEqualTo(1 - held);
        CompletableFuture<Gathered<List<String>>> demanding =
                future(query.partial(0.95).start());
        Objects.requireNonNull(tasks.poll()).run();
        assertThat(demanding).as("cannot be reached any more").isCompletedExceptionally();
    }

    @Test
    void endsAtTheDeadlineWithOrWithoutTheSlow() {
        ScatterQuery<Long, String, String> query =
                stepwise.query((db, part) -> List.of(db)).within(Duration.ofMillis(300));
        CompletableFuture<Gathered<List<String>>> strict = future(query.start());
        CompletableFuture<Gathered<List<String>>> lenient =
                future(query.partial(0).start());
        Queue<Runnable> slow = new ArrayDeque<>();
        for (int i = 0; i < 6; i++) {
            Runnable task = Objects.requireNonNull(tasks.poll());
            if (i % 3 == 1) {
                slow.add(task);
            } else {
                task.run();
            }
        }
        time.advance(Duration.ofMillis(299));
        assertThat(lenient).isNotDone();
        time.advance(Duration.ofMillis(1));
        assertThat(lenient.join().result()).containsExactly("db1", "db3");
        assertThat(lenient.join().missing()).singleElement().satisfies(missing -> {
            assertThat(missing.shard()).isEqualTo("s2");
            assertThat(missing.reason()).isInstanceOf(DeadlineExceededException.class);
        });
        assertThatThrownBy(strict::join)
                .hasCauseInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("PT0.3S")
                .hasMessageContaining("s2");
        slow.forEach(Runnable::run);
        assertThat(time.pending()).isZero();
        Deadline over = Deadline.after(Duration.ZERO, time);
        assertThatThrownBy(() -> future(query.deadline(over).start()).join())
                .hasCauseInstanceOf(DeadlineExceededException.class);
        assertThat(tasks).isEmpty();
    }

    @Test
    void seeksOnlyTheRefusedSlotsAgain() {
        Map<String, Integer> asked = new HashMap<>();
        CompletableFuture<Gathered<List<String>>> gathered = future(stepwise.query((db, part) -> {
                    if (asked.merge(db, 1, Integer::sum) < 4 && db.equals("db2")) {
                        throw new StaleEpochException("slot", part.epoch(), part.epoch() + 1);
                    }
                    return List.of(db);
                })
                .start());
        runTasks();
        for (int retry = 1; retry <= 3; retry++) {
            assertThat(gathered).isNotDone();
            time.advance(Duration.ofMillis(10));
            runTasks();
        }
        assertThat(gathered.join().result()).containsExactly("db1", "db2", "db3");
        assertThat(asked).isEqualTo(Map.of("db1", 1, "db2", 4, "db3", 1));
        CompletableFuture<Gathered<List<String>>> never = future(stepwise.query((db, part) -> List.of(db))
                .afterRead((db, part) -> {
                    if (db.equals("db3")) {
                        throw new StaleEpochException("slot of " + db, part.epoch(), part.epoch() + 1);
                    }
                })
                .within(Duration.ofSeconds(1))
                .partial(0)
                .start());
        while (!never.isDone()) {
            runTasks();
            time.runNext();
        }
        assertThat(never.join().result()).containsExactly("db1", "db2");
        assertThat(never.join().missing())
                .singleElement()
                .satisfies(missing -> assertThat(missing.reason()).hasMessageContaining("slot of db3"));
    }

    @Test
    void neverAsksMoreShardsAtATimeThanAllowed() throws Exception {
        var builder = Sharder.<Long, String>consistent().observer(Observer.none());
        for (int i = 0; i < 30; i++) {
            builder.shard("shard-" + i, "db" + i);
        }
        ExecutorService pool = Executors.newCachedThreadPool();
        try {
            Scatter<Long, String> scatter =
                    Scatter.over(builder.build()).executor(pool).parallelism(3).build();
            AtomicInteger running = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            CountDownLatch three = new CountDownLatch(3);
            Gathered<Long> gathered = scatter.query((db, part) -> {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        three.countDown();
                        three.await();
                        running.decrementAndGet();
                        return List.of(db);
                    })
                    .collect(Aggregates.count());
            assertThat(gathered.result()).isEqualTo(30);
            assertThat(most).hasValue(3);
        } finally {
            pool.shutdownNow();
            assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Cancelled by the user, by another shard's failure, and by the deadline: the threads are free again each time. */
    @Test
    void freesTheThreadsOfWhatNobodyWaitsFor() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(3);
        try {
            Scatter<Long, String> scatter = Scatter.over(shards).executor(pool).build();
            for (String how : List.of("cancel", "fail", "deadline")) {
                CountDownLatch begun = new CountDownLatch(3);
                AtomicInteger stopped = new AtomicInteger();
                CountDownLatch interrupted = new CountDownLatch(how.equals("fail") ? 2 : 3);
                ScatterQuery<Long, String, String> query = scatter.query((db, part) -> {
                    part.onCancel(stopped::incrementAndGet);
                    try {
                        begun.countDown();
                        begun.await();
                        if (how.equals("fail") && db.equals("db2")) {
                            throw new IOException("disk");
                        }
                        new CountDownLatch(1).await();
                    } catch (InterruptedException cancelled) {
                        assertThat(part.isCancelled()).isTrue();
                        interrupted.countDown();
                        throw cancelled;
                    }
                    return List.of(db);
                });
                CompletableFuture<Gathered<List<String>>> gathered =
                        future(query.within(Duration.ofMillis(how.equals("deadline") ? 50 : 60_000))
                                .start());
                begun.await();
                if (how.equals("cancel")) {
                    gathered.cancel(true);
                }
                assertThatThrownBy(gathered::join)
                        .isInstanceOfAny(CompletionException.class, java.util.concurrent.CancellationException.class);
                interrupted.await();
                // All three threads take work again, and none of them is still interrupted.
                CountDownLatch met = new CountDownLatch(3);
                List<CompletableFuture<Void>> free = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    free.add(CompletableFuture.runAsync(
                            () -> {
                                met.countDown();
                                try {
                                    met.await();
                                } catch (InterruptedException leftOver) {
                                    throw new AssertionError(leftOver);
                                }
                            },
                            pool));
                }
                free.forEach(CompletableFuture::join);
                assertThat(stopped).hasValueGreaterThanOrEqualTo(2);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void stopsTheCallersOwnQueryAtTheDeadlineAndLeavesItsThreadAsItWas() {
        AtomicReference<Runnable> deadline = new AtomicReference<>();
        Gathered<List<String>> gathered = Scatter.over(shards)
                .time(time, (delay, task) -> {
                    deadline.set(task);
                    return () -> {};
                })
                .build()
                .query((db, part) -> {
                    if (db.equals("db2")) {
                        new Thread(deadline.get()).start();
                        new CountDownLatch(1).await();
                    }
                    return List.of(db);
                })
                .partial(0)
                .run();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(gathered.result()).containsExactly("db1");
        assertThat(gathered.missing()).extracting(MissingShard::shard).containsExactlyInAnyOrder("s2", "s3");
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> sequential.query((db, part) -> List.of(db)).run())
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("interrupted");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void waitsForAsynchronousQueriesWithoutAThread() {
        Map<String, CompletableFuture<List<String>>> stages = new HashMap<>();
        ScatterQuery<Long, String, String> query = Scatter.over(shards)
                .parallelism(2)
                .time(time, time)
                .build()
                .queryAsync((db, part) -> stages.computeIfAbsent(db, name -> new CompletableFuture<>()));
        CompletableFuture<Gathered<List<String>>> gathered = future(query.start());
        assertThat(stages).containsOnlyKeys("db1", "db2");
        Objects.requireNonNull(stages.get("db2")).complete(List.of("two"));
        assertThat(stages).containsOnlyKeys("db1", "db2", "db3");
        Objects.requireNonNull(stages.get("db3")).complete(List.of("three"));
        Objects.requireNonNull(stages.get("db1")).complete(List.of("one"));
        assertThat(gathered.join().result()).containsExactly("one", "two", "three");
        stages.clear();
        CompletableFuture<Gathered<List<String>>> failing = future(query.start());
        Objects.requireNonNull(stages.get("db2")).completeExceptionally(new IOException("net"));
        assertThatThrownBy(failing::join).hasMessageContaining("s2 (").hasMessageContaining("IOException: net");
        assertThat(stages.get("db1")).isCancelled();
        stages.clear();
        CompletableFuture<Gathered<List<String>>> given = future(query.start());
        given.cancel(true);
        assertThat(stages.get("db1")).isCancelled();
        assertThat(stages.get("db2")).isCancelled();
    }

    @Test
    void reportsAnExecutorThatRefusesAndOneThatIsMissing() {
        assertThatThrownBy(() -> sequential.query((db, part) -> List.of(db)).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("executor(...)");
        Scatter<Long, String> closed = Scatter.over(shards)
                .executor(task -> {
                    throw new RejectedExecutionException("closed");
                })
                .build();
        assertThatThrownBy(() -> closed.query((db, part) -> List.of(db)).run())
                .isInstanceOf(IncompleteResultException.class)
                .hasCauseInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(() -> Scatter.over(shards)
                        .parallelism(0)
                        .budget(Duration.ZERO)
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        invalid -> assertThat(invalid.problems()).hasSize(2));
    }

    /** An executor that runs at once does not grow the stack, however many shards there are. */
    @Test
    void runsOnADirectExecutor() {
        var builder = Sharder.<Long, String>placedBy(Placement.ring(4))
                .observer(Observer.none())
                .slots(8_192);
        for (int i = 0; i < 3_000; i++) {
            builder.shard("shard-" + i, "db" + i);
        }
        Scatter<Long, String> scatter =
                Scatter.over(builder.build()).executor(Runnable::run).build();
        assertThat(scatter.query((db, part) -> List.of(1L))
                        .collect(Aggregates.sum(row -> row))
                        .result())
                .isBetween(1_500L, 3_000L);
    }
}
