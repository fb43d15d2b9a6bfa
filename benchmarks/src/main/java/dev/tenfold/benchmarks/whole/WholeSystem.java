package dev.tenfold.benchmarks.whole;

import static dev.tenfold.benchmarks.whole.Network.MILLI;

import dev.tenfold.coordination.LeaseState;
import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.observe.Observer;
import dev.tenfold.session.Session;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.reshard.ReshardJournal;
import dev.tenfold.testing.SimulatedWorld;
import dev.tenfold.topology.Coordinates;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Several processes of an application over two shards of three servers each, a shared cache, a bus and a broker. Everything of
 * Tenfold in the processes is real; the machines, their clocks and the network are simulated, and every choice is drawn from
 * one seed.
 *
 * <p>Checked all along: (0) servers of a shard that carry out the same log come to the same; (1) no session is shown a value
 * that lacks an acknowledged write or removal it made or has been shown before; (4) no process serves a copy that was read before
 * an invalidation of its own began; (5) every call ends within its deadline and the time of its last step; (7) no edge serves a
 * page beyond its time or from before a purge; (8) no write is sent to two processes. At the end, when faults have stopped: (2) no acknowledged write is missing; (3) every acknowledged write was
 * announced, and nothing that is not committed; (4) once copies have outlived their time, every process and edge answers with the
 * newest value; (6) within a bounded time everything answers again; (9) no more was sent than retry and hedge budgets allow.
 */
final class WholeSystem implements AutoCloseable {

    /** What keeps a promise; each can be taken out, and then the checks must find it. */
    enum Guard {
        /** A copy is used only if its position covers the session's. */
        POSITIONS,
        /** The announcement is in the transaction of the write. */
        TRANSACTION,
        /** Commits wait for a quorum. */
        QUORUM,
        /** The session's token goes along from process to process. */
        COOKIE,
        /** A session carries the version of the map it was routed by. */
        EPOCH,
        /** A shard answers for the keys that are at home with it. */
        ROUTE,
        /** A write drops the copies. */
        INVALIDATION,
        /** What the broker confirms is in its files. */
        JOURNAL,
        /** What may be done once only is sent once only. */
        SAFE,
        /** What changed is purged from the edges. */
        PURGE
    }

    static final int SLOTS = 4;
    private static final int KEYS = 5;
    private static final int PEOPLE = 4;
    private static final long SECOND = 1_000 * MILLI;
    private static final int TRACE = Integer.getInteger("tenfold.whole.trace", 200);

    private final long seed;
    private final Set<Guard> without;
    final Tally tally = new Tally();
    final Random random;
    final SimulatedWorld world = new SimulatedWorld();
    final Network network;
    final History history = new History(this::require);
    final VersionedRegister<ShardMap> maps = Registers.inMemory("map");
    final VersionedRegister<ReshardJournal> journals = Registers.inMemory("journal");
    private final Map<String, VersionedRegister<LeaseState>> leases = new HashMap<>();
    final Map<String, Database> databases = new LinkedHashMap<>();
    final SharedTier tier;
    final MessageBus bus;
    final BrokerHost broker;
    final Front front;
    /** When each read of a store began, by the name of the read. */
    final Map<Long, Long> loads = new HashMap<>();

    final List<AppProcess> processes = new ArrayList<>();
    private final List<Person> people = new ArrayList<>();
    private final Map<AppProcess, Long> pausedUntil = new HashMap<>();
    private final Deque<Supplier<String>> trace = new ArrayDeque<>();
    private final boolean tracing = Long.getLong("tenfold.whole.seed") != null;
    private int names;
    private int joining;
    private boolean quiet;
    int reads;
    int moves;

    WholeSystem(long seed, Set<Guard> without) {
        this.seed = seed;
        this.without = without;
        random = new Random(seed * 0x9E3779B97F4A7C15L + 7);
        network = new Network(world, random);
        tier = new SharedTier(world, network);
        bus = new MessageBus(world, network);
        broker = new BrokerHost(this, this::announced);
        front = new Front(this);
        for (String shard : List.of("s1", "s2")) {
            databases.put(shard, new Database(shard, 3, has(Guard.QUORUM) ? 1 : 0, world, network, random));
        }
        install();
    }

    /** The first map, and the guards it asks for, are there before anybody comes. */
    private void install() {
        try (Sharder<String, String> first = Sharder.<String, String>consistent()
                .slots(SLOTS)
                .shard("s1", "s1")
                .shard("s2", "s2")
                .register(maps)
                .observer(Observer.none())
                .open()) {
            ShardMap map = first.map();
            databases
                    .values()
                    .forEach(database -> database.begin(state -> {
                        state.store.install(map);
                        return true;
                    }));
        }
    }

    private void announced(long number) {
        history.announce(number);
        front.purge(history.key(number));
    }

    boolean has(Guard guard) {
        return !without.contains(guard);
    }

    VersionedRegister<LeaseState> lease(String of) {
        return leases.computeIfAbsent(of, Registers::inMemory);
    }

    Database database(String shard) {
        return Objects.requireNonNull(databases.get(shard), shard);
    }

    String anyKey() {
        return "k" + random.nextInt(KEYS);
    }

    @Nullable
    AppProcess anyProcess() {
        return processes.isEmpty() ? null : processes.get(random.nextInt(processes.size()));
    }

    boolean isQuiet() {
        return quiet;
    }

    void note(Supplier<String> what) {
        long at = world.now() / MILLI;
        // Put into words at once where it describes something that changes.
        String words = tracing ? what.get() : null;
        trace.add(() -> at + " ms  " + (words == null ? what.get() : words));
        if (trace.size() > TRACE) {
            trace.remove();
        }
    }

    void require(Promise promise, boolean holds, Supplier<String> problem) {
        tally.checks[promise.number]++;
        if (!holds) {
            throw new Promise.Broken(
                    promise,
                    "seed " + seed + ": " + promise + " " + problem.get() + System.lineSeparator()
                            + trace.stream().map(Supplier::get).collect(Collectors.joining(System.lineSeparator()))
                            + System.lineSeparator() + world.now() / MILLI + " ms  " + databases + ", " + network + ", "
                            + broker);
        }
    }

    // --- processes

    void join() {
        String name = "p" + names++;
        joining++;
        var unused = world.schedule(0, () -> open(name));
    }

    private void open(String name) {
        try {
            AppProcess process = new AppProcess(name, this);
            processes.add(process);
            front.attach(process);
            joining--;
            note(() -> name + " is up");
        } catch (RuntimeException unreachable) {
            note(() -> name + " cannot start yet: " + unreachable);
            world.schedule(300 * MILLI, () -> open(name));
        }
    }

    void pause(AppProcess process, long millis) {
        note(() -> process.name + " stands still for " + millis + " ms");
        pausedUntil.merge(process, world.now() + millis * MILLI, Math::max);
        process.clock.pause(millis * MILLI);
    }

    void kill(AppProcess process) {
        note(() -> process.name + " dies");
        process.die();
        processes.remove(process);
        people.forEach(person -> person.died(process));
    }

    void took(long began, AppProcess process) {
        tally.calls++;
        long nanos = world.now() - began;
        if (pausedUntil.getOrDefault(process, 0L) < began) {
            tally.longest = Math.max(tally.longest, nanos);
            // The deadline, a step that began just before it, and an answer's way through tier, bus and network.
            require(
                    Promise.IN_TIME,
                    nanos < AppProcess.DEADLINE.toNanos() + 3 * SECOND,
                    () -> "a call on " + process.name + " took " + nanos / MILLI + " ms");
        }
    }

    // --- a run

    void run() {
        try {
            play();
        } catch (Promise.Broken broken) {
            throw broken;
        } catch (AssertionError unexpected) {
            throw new AssertionError("seed " + seed + ": " + unexpected.getMessage(), unexpected);
        }
    }

    private void play() {
        int count = 2 + random.nextInt(2);
        for (int i = 0; i < count; i++) {
            join();
        }
        world.run(SECOND);
        for (int i = 0; i < PEOPLE; i++) {
            Person person = new Person("user" + i, this, i < 2 ? null : Front.CLIENTS.get(i % 2));
            people.add(person);
            person.wait(500);
        }
        world.run(SECOND);
        Faults faults = new Faults(this);
        faults.storm();
        faults.end();
        history.mark();
        long began = world.now();
        while (!recovered()) {
            require(
                    Promise.RECOVERY,
                    world.now() - began < 120 * SECOND,
                    () -> "not recovered after 120 s: " + whatIsLeft());
            faults.keepMoving();
            world.run(200 * MILLI);
        }
        tally.recovery = world.now() - began;
        quiet = true;
        world.run(AppProcess.TIME_TO_LIVE.toNanos() + 2 * SECOND);
        require(Promise.IN_TIME, people.stream().noneMatch(Person::isWaiting), () -> "a call has not ended");
        history.check(rows(ShardState::last));
        readAgain(rows(ShardState::values));
        front.check();
        tally.add(this);
    }

    /** Everybody, in a session that has seen nothing, finds what is there. */
    private void readAgain(Map<String, Long> values) {
        for (AppProcess process : processes) {
            world.schedule(
                    0,
                    () -> keys().forEach(key -> {
                        Long found = process.numbers.in(new Session()).get(key);
                        require(
                                Promise.COPIES,
                                Objects.equals(found, values.get(key)),
                                () -> "" + process.name + " still answers " + key + " = " + found + " and not "
                                        + values.get(key));
                    }));
        }
        for (Coordinates client : Front.CLIENTS) {
            world.schedule(
                    0,
                    () -> keys().forEach(key -> {
                        Long found = front.page(client, key).value();
                        require(
                                Promise.COPIES,
                                Objects.equals(found, values.get(key)),
                                () -> "an edge still answers " + key + " = " + found + " and not " + values.get(key));
                    }));
        }
        world.run(3 * SECOND);
    }

    private static Stream<String> keys() {
        return IntStream.range(0, KEYS).mapToObj(key -> "k" + key);
    }

    /** What the shards hold, each of what is at home with it. */
    private Map<String, Long> rows(BiFunction<ShardState, ShardMap, Map<String, Long>> of) {
        ShardMap map = maps.read().orElseThrow().value();
        Map<String, Long> all = new TreeMap<>();
        databases
                .values()
                .forEach(database -> all.putAll(
                        of.apply(Objects.requireNonNull(database.primary()).seen(), map)));
        return all;
    }

    private boolean recovered() {
        return joining == 0
                && pausedUntil.values().stream().allMatch(until -> world.now() >= until)
                && processes.stream().allMatch(AppProcess::hasPrimaries)
                && databases.values().stream().allMatch(Database::isWhole)
                && !isMoving()
                && history.isCaughtUp();
    }

    boolean isMoving() {
        return journals.read().map(journal -> !journal.value().isOver()).orElse(false);
    }

    private String whatIsLeft() {
        return joining + " processes start, "
                + processes.stream()
                        .filter(process -> !process.hasPrimaries())
                        .map(process -> process.name)
                        .toList() + " without a primary, moving " + isMoving() + ", all announced "
                + history.isCaughtUp();
    }

    void failed(boolean unknown, boolean lost) {
        tally.failures++;
        tally.unknown += unknown ? 1 : 0;
        tally.lost += lost ? 1 : 0;
    }

    @Override
    public void close() {
        broker.close();
        world.close();
    }
}
