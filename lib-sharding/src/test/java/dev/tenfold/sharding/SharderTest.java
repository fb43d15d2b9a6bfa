package dev.tenfold.sharding;

import static dev.tenfold.sharding.Weight.weight;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.observe.Observer;
import dev.tenfold.session.Position;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharderTest {

    @Test
    void spreadsKeysByWeight() {
        Sharder<Long, String> shards = Sharder.<Long, String>consistent()
                .shard("s1", "db1")
                .shard("s2", "db2")
                .shard("s3", "db3", weight(2))
                .build();
        Map<String, Integer> held = new HashMap<>();
        for (long key = 0; key < 100_000; key++) {
            held.merge(shards.locate(key), 1, Integer::sum);
        }
        assertThat(held.get("db1")).isCloseTo(25_000, withinPercentage(10));
        assertThat(held.get("db2")).isCloseTo(25_000, withinPercentage(10));
        assertThat(held.get("db3")).isCloseTo(50_000, withinPercentage(10));
        assertThat(shards.map().load().get("s1")).isCloseTo(held.get("db1") / 25_000.0, withinPercentage(2));
    }

    @Test
    void routesEveryKindOfNumberAlikeAndPartsOfKeysTogether() {
        Sharder<Object, String> shards = Sharder.<Object, String>consistent()
                .shard("s1", "db1")
                .shard("s2", "db2")
                .build();
        assertThat(shards.route(42)).isEqualTo(shards.route(42L)).isEqualTo(shards.route((short) 42));
        assertThatThrownBy(() -> shards.route(4.2))
                .hasMessageContaining("Double")
                .hasMessageContaining("KeyForm.of");
        Sharder<String, String> tenants = Sharder.<String, String>consistent()
                .key(KeyForm.of(key -> key.substring(0, key.indexOf(':'))))
                .shard("s1", "db1")
                .shard("s2", "db2")
                .build();
        assertThat(tenants.route("acme:1")).isEqualTo(tenants.route("acme:2"));
    }

    @Test
    void findsTheTargetAmongMoreShardsThanTwoBytesCanNumber() {
        SharderBuilder<Integer, Integer> builder =
                Sharder.<Integer, Integer>placedBy(Placement.jump()).slots(1 << 18);
        for (int shard = 0; shard <= Character.MAX_VALUE + 1; shard++) {
            builder.shard("s" + shard, shard);
        }
        Sharder<Integer, Integer> shards = builder.build();
        for (int key = 0; key < 10_000; key++) {
            assertThat("s" + shards.locate(key)).isEqualTo(shards.route(key).shard());
        }
    }

    @Test
    void reportsEveryProblemAtOnce() {
        assertThatThrownBy(() -> Sharder.<Long, String>consistent()
                        .shard("a b", "x", weight(0))
                        .shard("s1", "x")
                        .shard("s1", "y")
                        .slots(0)
                        .writeBudget(Duration.ZERO)
                        .register(Registers.inMemory("map"))
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        problem -> assertThat(problem.problems())
                                .hasSize(5)
                                .anySatisfy(p -> assertThat(p).contains("slots: 0.0 (expected: 1.0 to")))
                .hasMessageContaining("use open()");
        assertThatThrownBy(() ->
                        Sharder.<Long, String>consistent().shard("s1", "x").open())
                .hasMessageContaining("register: null");
    }

    @Test
    void takesTenThousandShardsOrSaysHow() {
        SharderBuilder<Long, Integer> few = many(Sharder.consistent());
        assertThatThrownBy(few::build)
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("slots: 4096 (expected: >= the 10000 shards")
                .hasMessageContaining("slots(160000)");
        assertThatThrownBy(() -> few.slots(160_000).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("points of 10000 nodes: 10240000 (expected: 1 to 4194304")
                .hasMessageContaining("rendezvous");
        Sharder<Long, Integer> shards =
                many(Sharder.placedBy(Placement.jumpBack())).slots(160_000).build();
        assertThat(shards.map().load().values()).allMatch(load -> load > 0 && load < 3);
    }

    private static SharderBuilder<Long, Integer> many(SharderBuilder<Long, Integer> builder) {
        for (int i = 0; i < 10_000; i++) {
            builder.shard("shard-" + i, i);
        }
        return builder;
    }

    /** Where a target cannot be made the routing stays as it is, and the next who learns of the map tries again. */
    @Test
    void goesOnAfterATargetCouldNotBeMade() {
        VersionedRegister<ShardMap> register = Registers.inMemory("map");
        AtomicBoolean down = new AtomicBoolean(true);
        Sharder<Long, String> shards = open(register)
                .shard("s1", "db1")
                .targets(id -> {
                    if (down.get()) {
                        throw new IllegalStateException("no pool for " + id);
                    }
                    return id;
                })
                .open();
        ShardPlan plan = shards.plan(change -> change.add("s2"));
        register.compareAndSet(register.read().orElseThrow().version(), plan.after());
        assertThatThrownBy(shards::refresh).hasMessageContaining("no pool for s2");
        assertThat(shards.map().epoch()).isEqualTo(1);
        down.set(false);
        assertThat(shards.refresh().epoch()).isEqualTo(2);
        assertThat(shards.map()).isEqualTo(plan.after());
    }

    /** A call is recorded once, whoever refuses it. */
    @Test
    void recordsACallOnce() {
        List<String> recorded = new ArrayList<>();
        Sharder<Long, String> shards = Sharder.<Long, String>consistent()
                .shard("s1", "db1")
                .hotSpots((key, slot, calls, cost) -> recorded.add(key + " " + slot + " " + calls + " " + cost))
                .build();
        AtomicInteger tries = new AtomicInteger();
        shards.write(42L, (shard, route) -> {
            if (tries.incrementAndGet() == 1) {
                throw new StaleEpochException("slot", 1, 1);
            }
            return shard;
        });
        shards.locate(42L);
        shards.record(42L, 7);
        int slot = shards.route(42L).slot();
        assertThat(recorded)
                .containsExactly(
                        "42 " + slot + " 1 0", "42 " + slot + " 1 0", "42 " + slot + " 0 7", "42 " + slot + " 1 0");
    }

    @Test
    void followsTheMapThatAllShare() {
        VersionedRegister<ShardMap> register = Registers.inMemory("map");
        List<String> made = new ArrayList<>();
        Sharder<Long, String> first =
                open(register).shard("s1", "db1").shard("s2", "db2").open();
        Sharder<Long, String> second = open(register)
                .shard("other", "ignored: the map is there already")
                .targets(id -> {
                    made.add(id);
                    return "made " + id;
                })
                .open();
        assertThat(second.map()).isEqualTo(first.map());
        assertThat(made).containsExactly("s1", "s2");
        List<Long> epochs = new ArrayList<>();
        second.watch(map -> epochs.add(map.epoch()));

        ShardPlan plan = first.plan(change -> change.add("s3"));
        first.apply(plan);

        assertThat(second.map()).isEqualTo(first.map()).isEqualTo(plan.after());
        assertThat(made).containsExactly("s1", "s2", "s3");
        assertThat(epochs).containsExactly(1L, 2L);
        long moved = 0;
        while (!first.route(moved).shard().equals("s3")) {
            moved++;
        }
        long key = moved;
        assertThat(second.locate(key)).isEqualTo("made s3");
        assertThatThrownBy(() -> first.locate(key))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("shard s3");
        assertThatThrownBy(() -> second.apply(plan))
                .isInstanceOf(StaleEpochException.class)
                .hasMessageContaining("epoch 1 (expected: >= 2)");
        assertThatThrownBy(() ->
                        open(register).hash(KeyHash.xxh3(1)).shard("s1", "x").open())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("seed 0 (expected: xxh3_64_v1 with seed 1");
        second.close();
        first.apply(first.plan(change -> change.remove("s1")));
        assertThat(second.map().epoch()).isEqualTo(2);
        assertThat(second.refresh().epoch()).isEqualTo(3);
    }

    @Test
    void repeatsAWriteThatWasRefusedOnTheNewHome() {
        VersionedRegister<ShardMap> register = Registers.inMemory("map");
        Sharder<Long, String> shards =
                open(register).shard("s1", "db1").targets(id -> "made " + id).open();
        List<String> tried = new ArrayList<>();
        String answer = shards.write(42L, (shard, route) -> {
            tried.add(shard + " " + route.epoch());
            if (tried.size() == 1) {
                shards.apply(shards.plan(change -> change.add("s2").remove("s1")));
                throw new StaleEpochException("slot", 1, 2);
            }
            if (tried.size() == 2) {
                // Fenced, and then unfenced without a change: the old epoch is right again.
                throw new StaleEpochException("slot", 2, 3);
            }
            return "done";
        });
        assertThat(answer).isEqualTo("done");
        assertThat(tried).containsExactly("db1 1", "made s2 2", "made s2 2");
    }

    @Test
    void givesUpAtTheDeadlineAndAtOnceOnOtherFailures() {
        Sharder<Long, String> shards =
                Sharder.<Long, String>consistent().shard("s1", "db1").build();
        AtomicInteger tries = new AtomicInteger();
        Deadline soon = Deadline.after(Duration.ofMillis(60), TimeSource.system());
        assertThatThrownBy(() -> shards.write(42L, soon, (shard, route) -> {
                    tries.incrementAndGet();
                    throw new StaleEpochException("slot", 1, 2);
                }))
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("the shard map to reach epoch 2");
        assertThat(tries.get()).isPositive();
        assertThatThrownBy(() -> shards.write(42L, (shard, route) -> {
                    throw new java.io.IOException("broken");
                }))
                .isInstanceOf(java.io.IOException.class);
    }

    /** Many threads learn of maps in any order, while others route: nobody ever sees the epoch fall, or a mixture. */
    @Test
    void neverRoutesByAnOlderMapThanBefore() throws Exception {
        VersionedRegister<ShardMap> register = Registers.inMemory("map");
        Queue<String> made = new ConcurrentLinkedQueue<>();
        Sharder<Long, String> shards = open(register)
                .slots(64)
                .shard("s0", "s0")
                .targets(id -> {
                    made.add(id);
                    return id;
                })
                .open();
        AtomicBoolean done = new AtomicBoolean();
        CountDownLatch ready = new CountDownLatch(2);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> readers = new ArrayList<>();
            for (int reader = 0; reader < 2; reader++) {
                readers.add(threads.submit(() -> {
                    long seen = 0;
                    for (long key = 0; !done.get() || key < 1_000; key++) {
                        ShardRoute route = shards.route(key);
                        assertThat(route.epoch()).isGreaterThanOrEqualTo(seen);
                        seen = route.epoch();
                        // In each epoch one shard owns everything, and its number says which epoch that is.
                        assertThat(route.shard()).isEqualTo("s" + (route.epoch() - 1));
                        ready.countDown();
                    }
                    return null;
                }));
            }
            ready.await();
            for (int round = 1; round <= 200; round++) {
                int number = round;
                Future<?> racing = threads.submit(shards::refresh);
                shards.apply(shards.plan(change -> change.add("s" + number).remove("s" + (number - 1))));
                racing.get();
                assertThat(shards.map().epoch()).isEqualTo(round + 1);
            }
            done.set(true);
            for (Future<?> reader : readers) {
                reader.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(made).doesNotHaveDuplicates().hasSize(200);
    }

    private static SharderBuilder<Long, String> open(VersionedRegister<ShardMap> register) {
        return Sharder.<Long, String>consistent().register(register).observer(Observer.none());
    }

    @Test
    void tellsSessionsTheEpochOfItsMap() {
        Sharder<Long, String> shards = Sharder.<Long, String>consistent()
                .name("users")
                .shard("s1", "db1")
                .shard("s2", "db2")
                .build();
        assertThat(shards.topology()).isEqualTo(new Position("map users", 0, 1));
        assertThat(shards.topology()).isSameAs(shards.topology());

        shards.apply(shards.plan(change -> change.remove("s2")));
        assertThat(shards.topology())
                .isEqualTo(new Position("map users", 0, shards.map().epoch()));
        assertThat(shards.map().epoch()).isGreaterThan(1);
    }
}
