package dev.tenfold.sharding.reshard;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardPlan;
import dev.tenfold.sharding.ShardPlan.Merge;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.reshard.ReshardJournal.Flow;
import dev.tenfold.sharding.reshard.ReshardJournal.Request;
import dev.tenfold.testing.SimulatedTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Some shards in memory, writers, coordinators that die, sleep and wake up, and messages that are lost, repeated and late; one
 * thread, and every choice drawn from one seed.
 *
 * <p>Before each call of a coordinator others act, coordinators included, so calls interleave at every point of a step. After
 * every call the owner of every slot is compared with a model of what was committed.
 */
final class Simulation {

    /** What keeps the protocol from losing writes; each can be taken out. */
    enum Guard {
        /** Mutating calls are refused unless they carry the token claimed last. */
        TOKEN,
        /** Capturing and fencing wait for writers that passed the guard. */
        WAIT_FOR_WRITERS,
        /** Changes are recorded before the first row is read. */
        CAPTURE_FIRST,
        /** Nothing is drained between reading and writing a chunk. */
        SERIAL_COPY,
        /** Only marks that were listed before the rows were read are deleted. */
        FORGET_ONLY_SEEN,
        /** A fence does not end by itself. */
        NO_EXPIRY,
        /** Writers with an old route are refused. */
        STALE_ROUTE,
        /** The taker opens after the map was switched. */
        OPEN_AFTER_SWITCH
    }

    /** What a process does when it is killed: nothing more. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;

        Killed() {
            super("killed", null, false, false);
        }
    }

    private static final int SLOTS = 4;
    private static final int KEYS = 9;
    private static final int STEPS = 260;
    private static final List<String> SHARDS = List.of("s1", "s2", "s3", "s4");

    /** Cheap to make. */
    private record InTurn() implements Placement {
        @Override
        public String name() {
            return "in_turn_v1";
        }

        @Override
        public String parameters() {
            return "";
        }

        @Override
        public ConsistentHash over(List<Shard> shards) {
            throw new UnsupportedOperationException("places slots itself");
        }

        @Override
        public int[] place(List<Shard> shards, int slots) {
            return IntStream.range(0, slots).map(slot -> slot % shards.size()).toArray();
        }
    }

    private static final long[] NO_TOKENS = new long[SLOTS + 2 * KEYS];
    private static final Map<String, Long> HASHES = new TreeMap<>();

    static {
        for (int i = 0; i < KEYS; i++) {
            HASHES.put("k" + i, KeyHash.xxh3().hash("k" + i));
        }
    }

    private final long seed;
    private final Random random;
    private final Set<Guard> without;
    private final boolean blind;
    private final SimulatedTime time = new SimulatedTime();
    private final VersionedRegister<ShardMap> maps = Registers.inMemory("map");
    private final VersionedRegister<ReshardJournal> journals = Registers.inMemory("journal");
    private final Map<String, MemoryShardStore> stores = new TreeMap<>();
    private final Sharder<String, String> sharder;
    private final Resharder operator;
    private final List<SimulatedWriter> writers = new ArrayList<>();
    private final List<Mover> movers = new ArrayList<>();
    private final Deque<Runnable> late = new ArrayDeque<>();
    private final Deque<Supplier<String>> trace = new ArrayDeque<>();
    /** What was committed. */
    private final Map<String, String> model = new HashMap<>();

    private final Map<String, long[]> tokens = new HashMap<>();
    private long epoch;
    private long journalToken;
    private int depth;
    private boolean calm;
    private ShardPlan plan;
    int commits;
    int switches;

    private final class Mover {
        final Reshard reshard;
        boolean busy;
        int asleep;

        Mover() {
            Resharder resharder = resharder(
                    new SimulatedRegister<>(Simulation.this, maps),
                    new SimulatedRegister<>(Simulation.this, journals),
                    name -> new SimulatedStore(Simulation.this, store(name)));
            reshard = resharder.current().orElseThrow();
        }
    }

    Simulation(long seed, Set<Guard> without) {
        this.seed = seed;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L);
        this.without = without;
        this.blind = !without.isEmpty() || random.nextBoolean();
        SHARDS.forEach(shard -> stores.put(shard, MemoryShardStore.of(shard, Simulation::slotOf)));
        this.sharder = Sharder.<String, String>placedBy(new InTurn())
                .slots(SLOTS)
                .targets(name -> name)
                .shard("s1", "s1")
                .shard("s2", "s2")
                .register(maps)
                .observer(Observer.none())
                .time(time, time)
                .open();
        this.operator = resharder(maps, journals, stores::get);
        if (random.nextBoolean()) {
            // One that has its own slot from the start, so that it can be released.
            sharder.apply(sharder.plan(
                    change -> change.isolate("k0", sharder.route("k0").shard())));
        }
        operator.install();
        for (int i = 0; i < 3; i++) {
            writers.add(new SimulatedWriter(this, "w" + i));
        }
    }

    private Resharder resharder(
            VersionedRegister<ShardMap> map,
            VersionedRegister<ReshardJournal> journal,
            java.util.function.Function<String, ShardStore> reach) {
        boolean soaks = seed % 2 == 0;
        return Resharder.over(map)
                .journal(journal)
                .stores(reach)
                .observer(event -> note(() -> event.kind() + " " + event.message()))
                .time(time, time)
                .random(random)
                .chunks(2, Duration.ofSeconds(1))
                .slotsTogether(2)
                .maxFence(Duration.ofSeconds(2))
                .fencing(
                        Duration.ofMillis(1),
                        Backoff.fixed(Duration.ofMillis(20)).attempts(30))
                .retries(Backoff.fixed(Duration.ofMillis(10)).attempts(1_000_000))
                .poll(Duration.ofMillis(50))
                .soak(soaks ? Duration.ofMillis(500) : Duration.ZERO)
                .waitForCutOver(seed % 3 == 0)
                .build();
    }

    // --- the world
    // ----------------------------------------------------------------------------------------------------

    boolean without(Guard guard) {
        return without.contains(guard);
    }

    boolean blind() {
        return blind;
    }

    MemoryShardStore store(String shard) {
        return Objects.requireNonNull(stores.get(shard), shard);
    }

    Random random() {
        return random;
    }

    ShardMap map() {
        return maps.read().orElseThrow().value();
    }

    String randomKey() {
        return "k" + random.nextInt(KEYS);
    }

    void note(String what) {
        note(() -> what);
    }

    /** Put into words only when a run fails. */
    void note(Supplier<String> what) {
        trace.add(what);
        if (trace.size() > 80) {
            trace.remove();
        }
    }

    /** A call of a coordinator: others act first, and it may be lost on the way there, or its answer on the way back. */
    <R> R call(Supplier<R> call, boolean changes) {
        if (calm) {
            return call.get();
        }
        if (depth < 3 && random.nextInt(3) == 0) {
            depth++;
            for (int i = random.nextInt(6); i >= 0; i--) {
                act();
            }
            depth--;
        }
        if (changes && without(Guard.NO_EXPIRY) && random.nextInt(3) == 0) {
            expire();
            writers.forEach(SimulatedWriter::act);
        }
        int fate = random.nextInt(150);
        if (fate == 0) {
            note("call lost");
            throw new UnavailableException("lost", List.of(), null);
        }
        if (fate == 1) {
            note("killed");
            throw new Killed();
        }
        if (changes && fate == 2) {
            note("call late");
            late.add(() -> note("the late call gave " + call.get()));
            throw new UnavailableException("late", List.of(), null);
        }
        if (changes && fate == 3) {
            note("killed, call late");
            late.add(() -> note("the late call gave " + call.get()));
            throw new Killed();
        }
        R result = call.get();
        if (changes) {
            check();
            if (fate == 4) {
                note("answer lost");
                throw new UnavailableException("answer lost", List.of(), null);
            }
            if (fate == 5) {
                note("killed after the call");
                throw new Killed();
            }
            if (fate == 6) {
                note("call repeated");
                result = call.get();
            }
        }
        return result;
    }

    /** Perhaps the last moment of the coordinator that is calling. */
    void dieAtTimes() {
        if (!calm && random.nextInt(3) == 0) {
            throw new Killed();
        }
    }

    /** Somebody does something. */
    private void act() {
        if (without(Guard.TOKEN) && random.nextInt(20) == 0 && movers.size() < 5) {
            join();
        }
        int choice = random.nextInt(100);
        if (choice < 60) {
            writers.get(random.nextInt(writers.size())).act();
        } else if (choice < 84) {
            if (!movers.isEmpty()) {
                step(movers.get(random.nextInt(movers.size())));
            }
        } else if (choice < 90) {
            time.advance(Duration.ofMillis(random.nextInt(random.nextInt(20) == 0 ? 3_000 : 60)));
        } else if (choice < 93) {
            deliverLate();
        } else if (choice < 95) {
            if (movers.size() < 3) {
                join();
            }
        } else if (choice < 96) {
            operate();
        } else if (choice < 97 && !movers.isEmpty()) {
            movers.get(random.nextInt(movers.size())).asleep = random.nextInt(60);
        }
    }

    private void join() {
        try {
            if (operator.current().isPresent()) {
                movers.add(new Mover());
            }
        } catch (Killed | RuntimeException unlucky) {
            note("could not join: " + unlucky);
        }
    }

    private void step(Mover mover) {
        if (mover.busy || mover.asleep-- > 0) {
            return;
        }
        mover.busy = true;
        try {
            if (mover.reshard.step().isEmpty()) {
                movers.remove(mover);
            }
        } catch (Killed killed) {
            movers.remove(mover);
        } catch (StaleEpochException superseded) {
            note(superseded::getMessage);
            movers.remove(mover);
        } catch (UnavailableException given) {
            movers.remove(mover);
        } finally {
            mover.busy = false;
        }
    }

    private void deliverLate() {
        Runnable call = late.poll();
        if (call == null) {
            return;
        }
        note("a late call arrives");
        try {
            call.run();
            if (random.nextInt(4) == 0) {
                call.run();
            }
        } catch (TenfoldException | IllegalStateException refused) {
            note("and is refused");
        }
        check();
    }

    private void operate() {
        Optional<Reshard> current = operator.current();
        if (current.isEmpty()) {
            return;
        }
        Reshard handle = current.get();
        int choice = random.nextInt(16);
        try {
            if (choice < 4) {
                handle.pause();
            } else if (choice < 8) {
                handle.resume();
            } else if (choice < 13) {
                handle.cutOver();
            } else if (choice == 13) {
                handle.abort();
            } else if (choice == 14) {
                handle.settle();
            } else {
                handle.rollback();
            }
            note("asked for " + choice);
        } catch (IllegalStateException tooLate) {
            note("too late for " + choice);
        }
    }

    private void expire() {
        for (MemoryShardStore store : stores.values()) {
            store.unsettled().forEach((slot, left) -> {
                if (left.state() == SlotState.FENCED && store.shard().equals(map().owner(slot))) {
                    int[] slots = {slot};
                    store.open(slots, store.token(slots), 0, Optional.of(left.peer()));
                    note("fence of slot " + slot + " expired");
                }
            });
        }
    }

    // --- invariants
    // ---------------------------------------------------------------------------------------------------

    private void check() {
        ShardMap map = map();
        String[] owners = new String[map.allSlots()];
        int at = 0;
        for (MemoryShardStore store : stores.values()) {
            for (int slot = 0; slot < owners.length; slot++, at++) {
                if (store.state(slot).orElse(SlotState.CLOSED) == SlotState.OWNER) {
                    if (owners[slot] != null) {
                        require(false, "(1) slot " + slot + " has two owners: " + owners[slot] + ", " + store.shard());
                    }
                    owners[slot] = store.shard();
                }
                long token = store.token(new int[] {slot});
                if (token < tokens.getOrDefault(store.shard(), NO_TOKENS)[slot]) {
                    require(false, "(5) token of slot " + slot + " on " + store.shard() + " fell to " + token);
                }
                tokens.computeIfAbsent(store.shard(), shard -> new long[SLOTS + 2 * KEYS])[slot] = token;
            }
        }
        require(map.epoch() >= epoch, "(5) an epoch fell");
        epoch = map.epoch();
        long drawn = journals.read().map(known -> known.value().token()).orElse(0L);
        require(drawn >= journalToken, "(5) a token of the journal fell");
        journalToken = drawn;
        Map<String, String> found = new HashMap<>();
        for (MemoryShardStore store : stores.values()) {
            for (Row row : store.owned(map)) {
                if (found.put(row.key().shardKey(), row.content()) != null) {
                    require(false, "(4) key " + row.key().shardKey() + " is found twice");
                }
            }
        }
        for (String key : HASHES.keySet()) {
            if (owners[slotOf(map, key)] != null && !Objects.equals(found.get(key), model.get(key))) {
                require(false, "(2, 3) key " + key + " is " + found.get(key) + " and not " + model.get(key));
            }
        }
    }

    /** What a writer's step can break: where it wrote is not where the key is. */
    private void check(String key) {
        ShardMap map = map();
        int slot = slotOf(map, key);
        for (MemoryShardStore store : stores.values()) {
            if (store.state(slot).orElse(SlotState.CLOSED) == SlotState.OWNER) {
                String found =
                        store.content(new Row.Key("t", List.of(key), key)).orElse(null);
                if (!Objects.equals(found, model.get(key))) {
                    require(false, "(2, 3) key " + key + " is " + found + " and not " + model.get(key));
                }
            }
        }
    }

    static int slotOf(ShardMap map, String key) {
        return map.slotOf(HASHES.get(key));
    }

    /** Once a plan is over: every slot is where the journal and the map say, and nothing of it is left elsewhere. */
    private void checkEnd() {
        ReshardJournal last = journals.read().orElseThrow().value();
        ShardMap map = map();
        require(!last.failure().contains("differs"), "verification failed: " + last.failure());
        Set<Integer> merging = last.merges().stream().map(Merge::slot).collect(Collectors.toSet());
        Set<Integer> planned = new HashSet<>();
        for (Flow flow : last.flows()) {
            for (int slot : flow.slots()) {
                planned.add(slot);
                String owner = slot < map.allSlots() ? map.owner(slot) : flow.from();
                String expected = flow.phase() == Reshard.Phase.DONE ? flow.to() : flow.from();
                require(
                        owner.equals(expected) || (owner.isEmpty() && merging.contains(slot)),
                        "(6) slot " + slot + " is on " + owner + " after " + flow + ", requests " + last.requests());
            }
        }
        for (int slot = 0; slot < plan.before().allSlots(); slot++) {
            require(
                    planned.contains(slot)
                            || merging.contains(slot)
                            || map.owner(slot).equals(plan.before().owner(slot)),
                    "(9) slot " + slot + " moved without being planned to");
        }
        if (last.requests().stream().noneMatch(EnumSet.of(Request.ABORT, Request.ROLL_BACK)::contains)) {
            require(
                    merging.stream().allMatch(slot -> map.owner(slot).isEmpty()),
                    "not all are merged of " + last.merges());
            require(map.shards().equals(plan.shards()), "shards are " + map.shards() + " and not " + plan.shards());
        }
        for (MemoryShardStore store : stores.values()) {
            require(store.unsettled().isEmpty(), "(8) unsettled on " + store.shard() + ": " + store.unsettled());
            for (Row row : store.rows()) {
                String owner = map.owner(slotOf(map, row.key().shardKey()));
                require(owner.equals(store.shard()), "(4) row " + row + " is left on " + store.shard());
            }
            for (int slot = 0; slot < map.allSlots(); slot++) {
                boolean owns = map.owner(slot).equals(store.shard());
                require(
                        owns == store.state(slot).equals(Optional.of(SlotState.OWNER)),
                        "slot " + slot + " on " + store.shard() + " is " + store.state(slot));
            }
        }
        check();
    }

    void committed(String key, String value) {
        commits++;
        if (value == null) {
            model.remove(key);
        } else {
            model.put(key, value);
        }
        check(key);
    }

    void require(boolean holds, String problem) {
        if (!holds) {
            throw new AssertionError("seed " + seed + ": " + problem + System.lineSeparator()
                    + trace.stream().map(Supplier::get).collect(Collectors.joining(System.lineSeparator())));
        }
    }

    // --- a run
    // --------------------------------------------------------------------------------------------------------

    void run() {
        int plans = 1 + random.nextInt(2);
        for (int i = 0; i < plans; i++) {
            sharder.refresh();
            plan = sharder.plan(change -> {
                boolean two = sharder.map().contains("s2");
                boolean three = sharder.map().contains("s3");
                int choice = random.nextInt(6);
                if (choice == 5 && !sharder.map().divisions().isEmpty()) {
                    change.release(sharder.map().divisions().get(0).label());
                    return;
                }
                if (choice == 0 && two) {
                    change.remove("s2");
                } else if (choice == 1 && !three) {
                    change.split("s1", "s3");
                } else if (choice == 2 && !three) {
                    change.add("s3");
                } else if (choice == 3 && two) {
                    change.remove("s2").isolate(randomKey(), "s4");
                } else {
                    change.isolate(randomKey(), random.nextBoolean() ? "s4" : "s1");
                }
            });
            operator.begin(plan);
            note("plan " + plan.moves() + " dividing " + plan.divisions() + " merging " + plan.merges());
            join();
            for (int step = 0; step < STEPS; step++) {
                act();
            }
            finish();
        }
    }

    /** Faults end, whoever slept wakes up, and the plan must come to its end. */
    private void finish() {
        calm = true;
        while (!late.isEmpty()) {
            deliverLate();
        }
        movers.removeIf(mover -> random.nextBoolean());
        movers.forEach(mover -> mover.asleep = 0);
        writers.forEach(SimulatedWriter::finish);
        note("calm");
        operator.current().ifPresent(handle -> {
            handle.resume();
            handle.cutOver();
        });
        for (int step = 0; operator.current().isPresent(); step++) {
            require(
                    step < 3_000,
                    "(7) the plan does not end: "
                            + journals.read().orElseThrow().value());
            if (movers.isEmpty()) {
                join();
            }
            step(movers.get(random.nextInt(movers.size())));
            check();
            time.advance(Duration.ofMillis(20));
        }
        ReshardJournal last = journals.read().orElseThrow().value();
        switches += (int) last.flows().stream()
                .filter(flow -> flow.phase() == Reshard.Phase.DONE || flow.backwards())
                .count();
        // Late sleepers do no harm to a plan that is over.
        for (Mover mover : List.copyOf(movers)) {
            step(mover);
        }
        movers.clear();
        checkEnd();
        for (int i = 0; i < KEYS; i++) {
            writers.get(0).writeNow("k" + i);
        }
        check();
        calm = false;
    }
}
