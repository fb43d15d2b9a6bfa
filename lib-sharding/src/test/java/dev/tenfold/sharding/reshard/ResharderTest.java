package dev.tenfold.sharding.reshard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.reshard.Reshard.Phase;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Plans carried out on shards in memory, with a clock that tests move. */
class ResharderTest {

    private static final int KEYS = 200;

    private final SimulatedTime time = new SimulatedTime();
    private final VersionedRegister<ShardMap> maps = Registers.inMemory("map");
    private final VersionedRegister<ReshardJournal> journals = Registers.inMemory("journal");
    private final Map<String, MemoryShardStore> stores = new ConcurrentHashMap<>();
    private final List<Event> events = new ArrayList<>();
    private final Sharder<String, MemoryShardStore> sharder = Sharder.<String, MemoryShardStore>consistent()
            .slots(16)
            .targets(this::store)
            .shard("s1", store("s1"))
            .shard("s2", store("s2"))
            .register(maps)
            .observer(Observer.none())
            .open();

    /** What a process does when it is killed: nothing more. */
    private static final class Killed extends Error {}

    private MemoryShardStore store(String shard) {
        return stores.computeIfAbsent(shard, name -> MemoryShardStore.hashed(name, KeyHash.xxh3()));
    }

    private ResharderBuilder builder(Function<String, ShardStore> reach) {
        return Resharder.over(maps)
                .journal(journals)
                .stores(reach)
                .observer(events::add)
                .chunks(20, Duration.ofMillis(100))
                .fencing(
                        Duration.ofMillis(1),
                        Backoff.fixed(Duration.ofMillis(10)).attempts(3))
                .time(time, time);
    }

    private Resharder resharder() {
        return builder(this::store).build();
    }

    private void fill(Resharder resharder) {
        resharder.install();
        for (int i = 0; i < KEYS; i++) {
            write("key-" + i, "value-" + i);
        }
    }

    private void write(String key, String value) {
        sharder.write(key, (store, route) -> {
            store.write(route, tx -> tx.put(key(key), value));
            return null;
        });
    }

    private static Row.Key key(String key) {
        return new Row.Key("item", List.of(key), key);
    }

    /** Steps until the plan is over, or a condition holds. */
    private void drive(Reshard reshard, AtomicBoolean until) {
        for (int step = 0; !until.get(); step++) {
            assertThat(step).isLessThan(100_000);
            Optional<Duration> rest = reshard.step();
            if (rest.isEmpty()) {
                return;
            }
            time.advance(rest.get());
        }
    }

    private void drive(Reshard reshard) {
        drive(reshard, new AtomicBoolean());
    }

    private void driveTo(Reshard reshard, Phase phase) {
        for (int step = 0; reshard.progress().phase() != phase; step++) {
            assertThat(step).as("at %s", reshard.progress()).isLessThan(10_000);
            time.advance(reshard.step().orElseThrow());
        }
    }

    private Map<String, String> contents() {
        sharder.refresh();
        Map<String, String> contents = new TreeMap<>();
        stores.values()
                .forEach(store -> store.rows().forEach(row -> {
                    String key = row.key().shardKey();
                    assertThat(sharder.route(key).shard()).as("home of %s", key).isEqualTo(store.shard());
                    assertThat(contents.put(key, row.content())).isNull();
                }));
        return contents;
    }

    private static Map<String, String> expected() {
        Map<String, String> expected = new TreeMap<>();
        for (int i = 0; i < KEYS; i++) {
            expected.put("key-" + i, "value-" + i);
        }
        return expected;
    }

    private List<String> kinds() {
        return events.stream().map(Event::kind).toList();
    }

    @Test
    void carriesPlansOutWhileThreadsWrite() throws Exception {
        try (var scheduler = Scheduler.start("reshard-test")) {
            Resharder resharder = builder(this::store)
                    .time(TimeSource.system(), scheduler)
                    .fencing(
                            Duration.ofMillis(100),
                            Backoff.fixed(Duration.ofMillis(5)).attempts(100))
                    .build();
            resharder.install();
            Map<String, AtomicInteger> acknowledged = new ConcurrentHashMap<>();
            AtomicBoolean stop = new AtomicBoolean();
            CountDownLatch warm = new CountDownLatch(500);
            ExecutorService threads = Executors.newCachedThreadPool();
            try {
                List<Future<?>> writers = new ArrayList<>();
                for (int writer = 0; writer < 2; writer++) {
                    Random random = new Random(writer);
                    writers.add(threads.submit(() -> {
                        while (!stop.get()) {
                            String key = "key-" + random.nextInt(50);
                            sharder.write(
                                    key,
                                    Deadline.after(Duration.ofSeconds(20), TimeSource.system()),
                                    (store, route) -> {
                                        store.write(route, tx -> tx.update(key(key), ResharderTest::incremented));
                                        return null;
                                    });
                            acknowledged
                                    .computeIfAbsent(key, k -> new AtomicInteger())
                                    .incrementAndGet();
                            warm.countDown();
                        }
                        return null;
                    }));
                }
                warm.await();
                resharder.run(sharder.plan(change -> change.add("s3")));
                Reshard second = resharder.begin(
                        sharder.plan(change -> change.remove("s1").isolate("key-7", "star")));
                second.start(threads).await(Deadline.after(Duration.ofSeconds(20), TimeSource.system()));
                stop.set(true);
                for (Future<?> writer : writers) {
                    writer.get();
                }
                Map<String, String> contents = contents();
                acknowledged.forEach(
                        (key, count) -> assertThat(contents.get(key)).as(key).isEqualTo("" + count));
                assertThat(contents).hasSameSizeAs(acknowledged);
                assertThat(sharder.map().shards()).extracting("id").containsExactly("s2", "s3", "star");
                assertThat(store("star").rows()).extracting(Row::key).contains(key("key-7"));
                assertThat(second.progress().phase()).isEqualTo(Phase.DONE);
                assertThat(events)
                        .filteredOn(event -> event.level().getSeverity() > System.Logger.Level.INFO.getSeverity())
                        .isEmpty();
            } finally {
                stop.set(true);
                threads.shutdownNow();
            }
        }
    }

    private static String incremented(String old) {
        return old == null ? "1" : "" + (Integer.parseInt(old) + 1);
    }

    @Test
    void measuresAPlanAndMovesNothing() {
        Resharder resharder = resharder();
        fill(resharder);
        ShardMap before = sharder.map();
        Resharder.SizedPlan sized =
                resharder.measure(sharder.plan(change -> change.add("s3").isolate("key-7", "star")));
        assertThat(sized.slots()).isEqualTo(sized.plan().moves().size());
        assertThat(sized.rowsBefore().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(KEYS);
        assertThat(sized.rowsAfter().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(KEYS);
        assertThat(sized.rowsAfter()).containsEntry("star", 1L);
        assertThat(sized.rows()).isEqualTo(sized.rowsAfter().get("s3") + 1);
        assertThat(sized.bytes()).isGreaterThan(sized.rows());
        assertThat(sized.toString()).contains("moves " + sized.slots() + " slots, " + sized.rows() + " rows, ", "star");
        resharder.run(sized.plan());
        assertThat(store("s3").rows()).hasSize(Math.toIntExact(sized.rowsAfter().get("s3")));
        assertThat(sharder.refresh().epoch()).isGreaterThan(before.epoch());
        assertThat(contents()).isEqualTo(expected());
    }

    @Test
    void showsItsProgressToEveryProcess() {
        Resharder resharder = resharder();
        fill(resharder);
        Reshard mine = resharder.begin(sharder.plan(change -> change.split("s1", "s3")));
        assertThat(resharder.current().orElseThrow().progress().phase()).isEqualTo(Phase.PLANNED);
        driveTo(mine, Phase.COPYING);
        mine.step();
        time.advance(Duration.ofSeconds(1));
        Reshard.Progress progress = mine.progress();
        assertThat(progress.rows()).isPositive().isLessThan(progress.expectedRows());
        assertThat(progress.rowsPerSecond()).isPositive();
        assertThat(progress.remaining().orElseThrow()).isPositive();
        assertThat(progress.switched()).isZero();
        assertThat(resharder.current().orElseThrow().progress().phase()).isEqualTo(Phase.COPYING);
        assertThatThrownBy(() -> resharder.begin(sharder.plan(change -> change.add("s9"))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("plan 1 is under way");
        drive(mine);
        assertThat(mine.progress().switched())
                .isEqualTo(mine.progress().slots())
                .isPositive();
        assertThat(mine.progress().rows()).isEqualTo(mine.progress().expectedRows());
        assertThat(mine.measurements())
                .allSatisfy(each -> assertThat(each.value().getAsDouble()).isGreaterThanOrEqualTo(0));
        assertThat(resharder.current()).isEmpty();
        assertThat(contents()).isEqualTo(expected());
        assertThat(kinds()).contains("flow.copying", "flow.verifying", "slots.moved", "plan.done");
    }

    @Test
    void keepsToARateAndObeysTheBrake() {
        AtomicInteger asked = new AtomicInteger();
        Resharder resharder = builder(this::store)
                .rowsPerSecond(10)
                .brake(() -> asked.getAndIncrement() % 2 == 0 ? Duration.ofSeconds(1) : Duration.ZERO)
                .build();
        fill(resharder);
        long began = time.nanoTime();
        Reshard reshard = resharder.begin(sharder.plan(change -> change.add("s3")));
        drive(reshard);
        double seconds = (time.nanoTime() - began) / 1e9;
        // Copied and cleared at 10 rows a second each.
        assertThat(seconds).isGreaterThan(reshard.progress().rows() / 10.0);
        assertThat(asked.get()).isGreaterThan(4);
    }

    @Test
    void pausesAndGoesOn() {
        Resharder resharder = resharder();
        fill(resharder);
        Reshard reshard = resharder.begin(sharder.plan(change -> change.add("s3")));
        driveTo(reshard, Phase.COPYING);
        resharder.current().orElseThrow().pause();
        time.advance(ResharderTest.POLL);
        long rows = reshard.progress().rows();
        for (int i = 0; i < 10; i++) {
            time.advance(reshard.step().orElseThrow());
        }
        assertThat(reshard.progress().rows()).isEqualTo(rows);
        write("key-0", "written meanwhile");
        reshard.resume();
        drive(reshard);
        assertThat(contents()).containsEntry("key-0", "written meanwhile").hasSize(KEYS);
    }

    private static final Duration POLL = Duration.ofSeconds(1);

    @Test
    void waitsForAPersonToCutOver() {
        Resharder resharder = builder(this::store).waitForCutOver(true).build();
        fill(resharder);
        Reshard reshard = resharder.begin(sharder.plan(change -> change.split("s1", "s3")));
        driveTo(reshard, Phase.READY);
        assertThat(reshard.awaitReady(Deadline.after(Duration.ZERO, time))).isTrue();
        for (int i = 0; i < 50; i++) {
            write("key-" + i, "value-" + i);
            time.advance(reshard.step().orElseThrow());
        }
        assertThat(reshard.progress().switched()).isZero();
        reshard.cutOver();
        drive(reshard);
        assertThat(reshard.progress().phase()).isEqualTo(Phase.DONE);
        assertThat(contents()).isEqualTo(expected());
    }

    @Test
    void abortsWithTheSourceUntouched() {
        for (Phase phase : List.of(Phase.PLANNED, Phase.COPYING, Phase.VERIFYING, Phase.READY, Phase.FENCING)) {
            Resharder resharder = builder(this::store).waitForCutOver(true).build();
            fill(resharder);
            ShardMap before = sharder.refresh();
            Reshard reshard = resharder.begin(sharder.plan(change -> change.split("s1", "s3")));
            if (phase == Phase.FENCING) {
                reshard.cutOver();
            }
            driveTo(reshard, phase);
            reshard.abort();
            drive(reshard);
            assertThat(reshard.progress().phase()).isEqualTo(Phase.ABORTED);
            assertThat(sharder.refresh().shards()).isEqualTo(before.shards());
            assertThat(contents()).as("aborted when %s", phase).isEqualTo(expected());
            assertThat(store("s3").rows()).isEmpty();
            stores.values().forEach(store -> assertThat(store.unsettled()).isEmpty());
        }
    }

    @Test
    void rollsBackWithWhatWasWrittenSince() {
        Resharder resharder = builder(this::store).soak(Duration.ofHours(1)).build();
        fill(resharder);
        ShardMap before = sharder.map();
        Reshard reshard = resharder.begin(sharder.plan(change -> change.split("s1", "s3")));
        driveTo(reshard, Phase.SOAKING);
        assertThat(sharder.refresh().slotsOf("s3")).isNotEmpty();
        Map<String, String> expected = expected();
        for (int i = 0; i < 50; i++) {
            write("key-" + i, "newer");
            expected.put("key-" + i, "newer");
        }
        reshard.rollback();
        drive(reshard);
        assertThat(contents()).isEqualTo(expected);
        assertThat(sharder.map().shards()).isEqualTo(before.shards());
        for (int slot = 0; slot < before.slots(); slot++) {
            assertThat(sharder.map().owner(slot)).isEqualTo(before.owner(slot));
        }
        assertThat(store("s3").rows()).isEmpty();
    }

    @Test
    void cleansUpOnceItHasSoaked() {
        Resharder resharder = builder(this::store).soak(Duration.ofHours(1)).build();
        fill(resharder);
        Reshard reshard = resharder.begin(sharder.plan(change -> change.split("s1", "s3")));
        driveTo(reshard, Phase.SOAKING);
        write("key-0", "newer");
        time.advance(Duration.ofMinutes(50));
        assertThat(reshard.step()).isPresent();
        assertThat(reshard.progress().phase()).isEqualTo(Phase.SOAKING);
        reshard.settle();
        drive(reshard);
        assertThat(contents()).containsEntry("key-0", "newer").hasSize(KEYS);
        assertThatThrownBy(reshard::rollback).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void takesAFenceDownThatLastsTooLong() {
        AtomicInteger slow = new AtomicInteger(1);
        Resharder resharder = builder(name -> new ForwardingStore(store(name)) {
                    @Override
                    public boolean fence(int[] slots, long token, String peer, Duration wait) {
                        boolean fenced = super.fence(slots, token, peer, wait);
                        if (slow.getAndDecrement() > 0) {
                            time.advance(Duration.ofSeconds(3));
                        }
                        return fenced;
                    }
                })
                .build();
        fill(resharder);
        drive(resharder.begin(sharder.plan(change -> change.add("s3"))));
        assertThat(kinds()).contains("fence.taken.down", "plan.done");
        assertThat(contents()).isEqualTo(expected());
    }

    @Test
    void givesUpWhereATransactionNeverEnds() {
        Resharder resharder = resharder();
        fill(resharder);
        ShardPlan plan = sharder.plan(change -> change.remove("s1"));
        Reshard reshard = resharder.begin(plan);
        driveTo(reshard, Phase.READY);
        int slot = plan.moves().get(0).slot();
        ShardMap map = sharder.refresh();
        try (var endless = store("s1").begin(new ShardRoute("s1", slot, map.epoch()))) {
            drive(reshard);
            assertThatThrownBy(() -> reshard.await(Deadline.after(Duration.ofSeconds(1), TimeSource.system())))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("could not be fenced in 3 attempts");
        }
        assertThat(contents()).isEqualTo(expected());
        assertThat(resharder.current()).isEmpty();
    }

    @Test
    void sendsAgainWhatGotLostOnTheWay() {
        Resharder resharder = builder(name -> new ForwardingStore(store(name)) {
                    @Override
                    public void copy(int[] slots, long token, RowChunk chunk) {
                        List<Row> some = chunk.rows().stream()
                                .filter(row -> !row.key().shardKey().endsWith("3"))
                                .toList();
                        super.copy(slots, token, new RowChunk(some, chunk.from(), chunk.next(), chunk.schema()));
                    }
                })
                .build();
        fill(resharder);
        drive(resharder.begin(sharder.plan(change -> change.remove("s1"))));
        assertThat(kinds()).contains("rows.resent", "plan.done");
        assertThat(contents()).isEqualTo(expected());
    }

    @Test
    void givesUpNamingTheKeyThatStaysDifferent() {
        String changed = "key-3";
        resharder().install();
        String home = sharder.route(changed).shard();
        Resharder resharder = builder(name -> new ForwardingStore(store(name)) {
                    @Override
                    public void copy(int[] slots, long token, RowChunk chunk) {
                        super.copy(
                                slots,
                                token,
                                new RowChunk(bent(chunk.rows()), chunk.from(), chunk.next(), chunk.schema()));
                    }

                    @Override
                    public void apply(int[] slots, long token, Changes some) {
                        super.apply(
                                slots, token, new Changes(some.marks(), some.keys(), bent(some.rows()), some.schema()));
                    }

                    private List<Row> bent(List<Row> rows) {
                        return rows.stream()
                                .map(row -> row.key().shardKey().equals(changed)
                                        ? new Row(row.key(), row.content() + "!")
                                        : row)
                                .toList();
                    }
                })
                .build();
        fill(resharder);
        Reshard reshard = resharder.begin(sharder.plan(change -> change.remove(home)));
        drive(reshard);
        assertThatThrownBy(() -> reshard.await(Deadline.after(Duration.ofSeconds(1), TimeSource.system())))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("key [key-3] of table item differs");
        assertThat(contents()).isEqualTo(expected());
    }

    @Test
    void refusesStoresThatCannotTakePart() {
        Resharder resharder = builder(name -> new ForwardingStore(store(name)) {
                    @Override
                    public Preflight preflight() {
                        return name.equals("s3")
                                ? new Preflight(List.of("table item: no primary key (expected: one)"), "")
                                : super.preflight();
                    }
                })
                .build();
        fill(resharder);
        ShardMap before = sharder.map();
        Reshard reshard = resharder.begin(sharder.plan(change -> change.add("s3")));
        assertThatThrownBy(() -> {
                    drive(reshard);
                    reshard.run();
                })
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("shard s3 cannot take part: table item: no primary key");
        assertThat(reshard.progress().journal().failure()).contains("no primary key");
        assertThat(sharder.refresh().shards()).isEqualTo(before.shards());
        // The next plan is not in its way.
        drive(resharder().begin(sharder.plan(change -> change.add("s4"))));
        assertThat(contents()).isEqualTo(expected());
    }

    /** A coordinator is killed before each of its calls in turn; another finishes, or undoes what the first was to undo. */
    @Test
    void anotherFinishesWhatAKilledOneLeft() {
        for (boolean back : new boolean[] {false, true}) {
            int killed = 0;
            for (int killAt = 1; killAt == killed + 1; killAt++) {
                stores.values().forEach(store -> assertThat(store.unsettled()).isEmpty());
                int fatal = killAt;
                AtomicInteger calls = new AtomicInteger();
                Resharder mortal = builder(name -> new ForwardingStore(store(name)) {
                            @Override
                            void before(String call) {
                                if (calls.incrementAndGet() == fatal) {
                                    throw new Killed();
                                }
                            }
                        })
                        .soak(back ? Duration.ofHours(1) : Duration.ZERO)
                        .build();
                fill(resharder());
                boolean three = sharder.refresh().contains("s3");
                ShardPlan plan = sharder.plan(change -> {
                    if (three) {
                        change.remove("s3");
                    } else {
                        change.add("s3");
                    }
                });
                Reshard first = mortal.begin(plan);
                try {
                    if (back) {
                        driveTo(first, Phase.SOAKING);
                        first.rollback();
                    }
                    drive(first);
                } catch (Killed expected) {
                    killed = killAt;
                }
                write("key-0", "value-0");
                resharder().current().ifPresent(second -> {
                    second.settle();
                    drive(second);
                });
                assertThat(contents()).as("killed at %d", killAt).isEqualTo(expected());
                assertThat(sharder.map().shards())
                        .isEqualTo(
                                journals.read().orElseThrow().value().stage() == ReshardJournal.Stage.DONE
                                        ? plan.shards()
                                        : plan.before().shards());
            }
            assertThat(killed).isGreaterThan(40);
        }
    }

    @Test
    void theOneThatWasTakenOverStops() {
        Resharder resharder = resharder();
        fill(resharder);
        Reshard first = resharder.begin(sharder.plan(change -> change.add("s3")));
        driveTo(first, Phase.COPYING);
        Reshard second = resharder.current().orElseThrow();
        driveTo(second, Phase.VERIFYING);
        assertThatThrownBy(() -> drive(first)).isInstanceOf(StaleEpochException.class);
        assertThat(first.step()).isEmpty();
        drive(second);
        assertThat(contents()).isEqualTo(expected());
    }

    @Test
    void saysEverythingThatIsMissing() {
        assertThatThrownBy(() -> Resharder.over(maps)
                        .maxFence(Duration.ZERO)
                        .rowsPerSecond(0)
                        .chunks(0, Duration.ZERO)
                        .build())
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContainingAll("stores", "journal", "scheduler", "maxFence", "rowsPerSecond", "maxRows");
    }
}
