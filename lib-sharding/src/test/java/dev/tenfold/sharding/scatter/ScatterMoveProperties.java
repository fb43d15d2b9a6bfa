package dev.tenfold.sharding.scatter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/**
 * Scatters race with a model of a mover, step by step: rows on the source, on both, on the target, in every phase from
 * capturing to clean-up, and a key being isolated. Writers write all the while. Each key is found exactly once, and not as it
 * was before the scatter began.
 */
class ScatterMoveProperties {

    private static final int KEYS = 60;
    private static final int SLOTS = 16;

    private record Row(long key, int version) {}

    private final Map<String, TreeMap<Long, Row>> databases = new HashMap<>();
    /** What each shard says of a slot it has: whether it may be read there. */
    private final Map<String, Set<Integer>> guards = new HashMap<>();

    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final Map<Long, Integer> acknowledged = new HashMap<>();
    private final Set<Integer> fenced = new HashSet<>();
    private final Deque<Runnable> mover = new ArrayDeque<>();

    private Random random = new Random();
    private @Nullable Sharder<Long, String> sharder;

    @Property(tries = 60)
    void findsEachKeyOnceInEveryPhase(
            @ForAll @IntRange(min = 1, max = 3) int parallelism, @ForAll boolean guarded, @ForAll long seed) {
        random = new Random(seed);
        tasks.clear();
        mover.clear();
        fenced.clear();
        databases.clear();
        guards.clear();
        acknowledged.clear();
        isolatedSince = 0;
        VersionedRegister<ShardMap> register = Registers.inMemory("map");
        Sharder<Long, String> ours = open(register);
        // What scatters route by does not watch, and so is always behind until it refreshes.
        sharder = open(register);
        for (String shard : List.of("one", "two", "three")) {
            databases.put(shard, new TreeMap<>());
            guards.put(shard, new HashSet<>());
            for (int slot : ours.map().slotsOf(shard)) {
                guards.get(shard).add(slot);
            }
        }
        for (long key = 0; key < KEYS; key++) {
            databases.get(ours.route(key).shard()).put(key, new Row(key, 0));
            acknowledged.put(key, 0);
        }
        SimulatedTime time = new SimulatedTime();
        Scatter<Long, String> scatter = Scatter.over(ours)
                .executor(tasks::add)
                .parallelism(parallelism)
                .time(time, time)
                .backoff(Backoff.fixed(Duration.ofMillis(1)))
                .build();
        for (int round = 0; round < 6; round++) {
            ScatterQuery<Long, String, Row> query =
                    scatter.query((db, part) -> read(db)).exactlyOnce(Row::key).within(Duration.ofMinutes(10));
            if (guarded) {
                query = query.afterRead(this::checkGuards);
            }
            boolean sorted = random.nextBoolean();
            Map<Long, Integer> least = Map.copyOf(acknowledged);
            CompletableFuture<Gathered<List<Row>>> gathered = (sorted
                            ? query.sortedBy(Comparator.comparingLong(Row::key))
                            : query)
                    .start()
                    .toCompletableFuture();
            while (!gathered.isDone()) {
                step();
                if (random.nextInt(3) == 0 && !tasks.isEmpty()) {
                    tasks.poll().run();
                } else if (tasks.isEmpty()) {
                    time.advance(Duration.ofMillis(1));
                }
            }
            List<Row> rows = gathered.join().result();
            assertThat(rows).as("seed %d round %d", seed, round).hasSize(KEYS);
            if (sorted) {
                assertThat(rows).isSortedAccordingTo(Comparator.comparingLong(Row::key));
            }
            Set<Long> seen = new HashSet<>();
            for (Row row : rows) {
                assertThat(seen.add(row.key()))
                        .as("seed %d: key %d twice", seed, row.key())
                        .isTrue();
                assertThat(row.version())
                        .as("seed %d: version of key %d", seed, row.key())
                        .isGreaterThanOrEqualTo(least.get(row.key()));
            }
        }
    }

    private static Sharder<Long, String> open(VersionedRegister<ShardMap> register) {
        return Sharder.<Long, String>consistent()
                .slots(SLOTS)
                .shard("one", "one")
                .shard("two", "two")
                .shard("three", "three")
                .register(register)
                .observer(Observer.none())
                .open();
    }

    /** Half of the rows, a few steps of others, and the other half. */
    private List<Row> read(String db) {
        List<Row> rows = new ArrayList<>();
        long middle = random.nextInt(KEYS);
        rows.addAll(databases.get(db).headMap(middle).values());
        for (int steps = random.nextInt(16); steps > 0; steps--) {
            step();
        }
        rows.addAll(databases.get(db).tailMap(middle).values());
        return rows;
    }

    private void checkGuards(String db, ShardPart<Long> part) {
        for (int slot : part.slots()) {
            if (!guards.get(db).contains(slot)) {
                throw new StaleEpochException("slot " + slot + " of " + db, part.epoch(), part.epoch() + 1);
            }
        }
        // As the epoch at the shard, which isolation raises: the slot's number means other keys now.
        if (part.epoch() < isolatedSince) {
            throw new StaleEpochException("slots of " + db, part.epoch(), isolatedSince);
        }
    }

    private long isolatedSince;

    private void step() {
        if (random.nextInt(3) == 0) {
            write(random.nextInt(KEYS));
        } else {
            if (mover.isEmpty()) {
                planNext();
            }
            mover.poll().run();
        }
    }

    private void write(long key) {
        ShardMap map = now().map();
        int slot = now().route(key).slot();
        String owner = map.owner(slot);
        if (fenced.contains(slot) || !guards.get(owner).contains(slot)) {
            return;
        }
        int version = acknowledged.get(key) + 1;
        databases.get(owner).put(key, new Row(key, version));
        acknowledged.put(key, version);
    }

    private Sharder<Long, String> now() {
        return java.util.Objects.requireNonNull(sharder);
    }

    /** The steps of moving some slots, or of isolating a key. */
    private void planNext() {
        ShardMap map = now().map();
        if (random.nextInt(6) == 0 && map.divisions().size() < 3) {
            long key = random.nextInt(KEYS);
            if (now().route(key).slot() < map.slots()) {
                String home = now().route(key).shard();
                mover.add(() -> {
                    now().apply(now().plan(change -> change.isolate(key, home)));
                    guards.get(home).add(now().route(key).slot());
                    isolatedSince = now().map().epoch();
                    String other = home.equals("one") ? "two" : "one";
                    move(Set.of(now().route(key).slot()), home, other);
                });
                return;
            }
        }
        List<String> names = List.of("one", "two", "three");
        String from = map.owner(random.nextInt(map.allSlots()));
        String onto = names.get(random.nextInt(3));
        if (from.equals(onto)) {
            mover.add(() -> {});
            return;
        }
        int[] owned = map.slotsOf(from);
        Set<Integer> moving = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            moving.add(owned[random.nextInt(owned.length)]);
        }
        move(moving, from, onto);
    }

    private void move(Set<Integer> moving, String from, String onto) {
        List<Long> keys = new ArrayList<>();
        for (long key = 0; key < KEYS; key++) {
            if (moving.contains(now().route(key).slot())) {
                keys.add(key);
            }
        }
        mover.add(() -> {}); // CAPTURING
        keys.forEach(key -> mover.add(() -> copy(key, from, onto))); // COPYING
        keys.forEach(key -> mover.add(() -> copy(key, from, onto))); // CATCHING_UP, VERIFYING
        mover.add(
                () -> { // FENCING
                    fenced.addAll(moving);
                    moving.forEach(guards.get(from)::remove);
                });
        keys.forEach(key -> mover.add(() -> copy(key, from, onto)));
        mover.add(() -> now().apply(now().plan(
                        change -> // SWITCHED
                        change.give(moving.stream().mapToInt(Integer::intValue).toArray(), from, onto))));
        mover.add(
                () -> { // OPEN
                    guards.get(onto).addAll(moving);
                    fenced.removeAll(moving);
                });
        for (int i = 0; i < 5; i++) { // SOAKING
            mover.add(() -> keys.forEach(key -> {
                if (random.nextBoolean()) {
                    copy(key, onto, from);
                }
            }));
        }
        keys.forEach(key -> mover.add(() -> databases.get(from).remove(key))); // CLEANUP
    }

    private void copy(long key, String from, String onto) {
        databases.get(onto).put(key, databases.get(from).get(key));
    }
}
