package dev.tenfold.replication;

import dev.tenfold.coordination.LeaseState;
import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.replication.SimulatedServers.Server;
import dev.tenfold.session.Position;
import dev.tenfold.testing.SimulatedWorld;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Several processes of an application over some database servers, all of which drive failovers at once, while servers crash and
 * hang, links between any two parties break, replicas lag, clocks drift and tick coarsely, processes stand still and die, and
 * somebody asks for switchovers: router, detector, lease, failover, switchover and sessions as they are, everything around them
 * simulated, every choice drawn from one seed.
 *
 * <p>Checked all along: (1) no two servers are ever promoted to one epoch, and none but one acknowledges writes in it; (2) no
 * acknowledged write is missing from a server that acknowledges writes of a later epoch; (3) a session's read shows every write
 * it made that was acknowledged, and every acknowledged write it has read before. At the end, when faults have stopped: (4)
 * within a bounded time one server takes writes and all others follow it, every process writes, and reads from a replica, and
 * (5) every acknowledged write is there.
 *
 * <p>Under an engine that does not {@linkplain ReplicationEngine#reserve reserve} timelines ({@link Scenario#UNRESERVED}) and a
 * quorum of two or more, two may be promoted to one epoch: a promotion may go unnoticed, since the servers that are left are
 * enough for another, and a server counts its timelines by itself. One of the two never acknowledges anything, but its
 * positions look like the other's: a process that does not know of the other may read from it for a session that has seen more.
 * Such reads are counted there and not judged by (3); nothing else is let pass.
 */
final class FailoverSimulation implements AutoCloseable {

    /** What there is more of than of the rest. */
    enum Scenario {
        /** Everything alike. */
        MIXED,
        /** Switchovers, with faults in the middle of them. */
        SWITCHOVERS,
        /** Drivers that stand still for longer than their lease before they let a replica follow, and primaries that go. */
        LATE,
        /** Times at which all processes die, and others begin that know nothing. */
        RESTARTS,
        /** The same, and an engine that keeps no reservation of timelines. */
        UNRESERVED
    }

    /**
     * What keeps writes from being lost; each can be taken out. Not the comparison of fencing tokens: without it, 4,000 seeds
     * lose nothing, since control alone refuses nearly all that comes late. What is left for it (a driver that stands still between
     * freezing two replicas) is tested step by step in the engines' contract.
     */
    enum Guard {
        /** Commits wait for a quorum. */
        QUORUM,
        /** Replicas stop receiving before they are compared. */
        FREEZE,
        /** The most advanced is promoted. */
        COMPARE,
        /**
         * One process drives at a time. 1,000 seeds without it break nothing, since control and the reservation refuse what a
         * second driver does; it keeps drivers from hindering each other.
         */
        LEASE,
        /** Only who froze a replica last may promote it, or let it follow. */
        CONTROL,
        /** A promotion takes a timeline that nobody else has taken. */
        RESERVATION;

        /** Where its absence shows soonest. */
        Scenario scenario() {
            return switch (this) {
                case QUORUM, FREEZE, COMPARE -> Scenario.MIXED;
                case LEASE, CONTROL -> Scenario.LATE;
                case RESERVATION -> Scenario.RESTARTS;
            };
        }
    }

    private static final long MILLI = SimulatedServers.MILLI;
    private static final long SECOND = 1_000 * MILLI;
    private static final int SESSIONS = 4;
    private static final int TRACE = Integer.getInteger("tenfold.replication.trace", 150);

    private final long seed;
    private final Random random;
    private final Scenario scenario;
    private final Set<Guard> without;
    private final SimulatedWorld world;
    private final SimulatedServers servers;
    private final SimulatedFaults faults;
    private final SimulatedPromises promises = new SimulatedPromises(this);
    private final VersionedRegister<LeaseState> register = Registers.inMemory("lease");
    private final List<SimulatedProcess> processes = new ArrayList<>();
    private final Deque<Supplier<String>> trace = new ArrayDeque<>();
    private final boolean tracing = Long.getLong("tenfold.replication.seed") != null;
    /** How often what was done, for a summary of many runs. */
    private final Map<String, Integer> counts = new TreeMap<>();

    private int ids;
    private int marks;
    private int names;
    private boolean calm;

    FailoverSimulation(long seed, Scenario scenario, Set<Guard> without) {
        this.seed = seed;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L + 1 + scenario.ordinal());
        this.scenario = scenario;
        this.without = without;
        // Where two might be promoted to one epoch it takes more servers than three.
        boolean large = scenario == Scenario.RESTARTS || scenario == Scenario.UNRESERVED;
        int size = large || random.nextInt(3) == 0 ? 4 + random.nextInt(4) : 3;
        int quorum = has(Guard.QUORUM) ? 1 + random.nextInt(size - 2) : 0;
        // In some worlds everything takes a moment, so that hardly two things happen in the same one.
        int pace = random.nextInt(4);
        this.world = new SimulatedWorld(pace == 0 ? 0 : pace == 1 ? 2 : 1 + random.nextInt(5_000));
        this.servers = new SimulatedServers(world, random, this, size, quorum);
        this.faults = new SimulatedFaults(this, servers, random, scenario);
    }

    boolean has(Guard guard) {
        return !without.contains(guard);
    }

    /** Whether servers keep in mind which timelines are taken. */
    boolean reserves() {
        return has(Guard.RESERVATION) && scenario != Scenario.UNRESERVED;
    }

    /** Whether two promotions to one epoch are no fault of the library: with no reservation, and more than one to be asked. */
    boolean mayPromoteTwice() {
        return scenario == Scenario.UNRESERVED && servers.quorum != 1;
    }

    int nextMark() {
        return -(++marks);
    }

    int nextId() {
        return ++ids;
    }

    boolean isCalm() {
        return calm;
    }

    SimulatedFaults faults() {
        return faults;
    }

    SimulatedPromises promises() {
        return promises;
    }

    List<SimulatedProcess> processes() {
        return processes;
    }

    Server server(String id) {
        return servers.servers.get(id);
    }

    Map<String, Integer> counts() {
        return counts;
    }

    void count(String what) {
        counts.merge(what, 1, Integer::sum);
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

    void require(boolean holds, Supplier<String> problem) {
        if (!holds) {
            throw new AssertionError(scenario + ", seed " + seed + ": " + problem.get() + System.lineSeparator()
                    + trace.stream().map(Supplier::get).collect(Collectors.joining(System.lineSeparator()))
                    + System.lineSeparator() + world.now() / MILLI + " ms  " + servers.servers.values() + ", quorum "
                    + servers.quorum + ", cut " + servers.cuts);
        }
    }

    void fenced(SimulatedProcess process, Server server) {
        count("commands that came late and were refused");
        note(() -> server.id + " refuses what " + process.name + " says too late");
    }

    // --- a run

    void run() {
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            join();
        }
        List<SimulatedPerson> people = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            SimulatedPerson someone = new SimulatedPerson(this, servers, random);
            people.add(someone);
            world.schedule(random.nextInt(500) * MILLI, someone::loop);
        }
        world.run(SECOND);
        int number = 4 + random.nextInt(16);
        // Some take so long that a lease ends in between.
        int pause = random.nextInt(4) == 0 ? 8_000 : 1_200;
        for (int i = 0; i < number; i++) {
            faults.happen();
            world.run((100 + random.nextInt(random.nextInt(4) == 0 ? 4_000 : pause)) * MILLI);
        }
        calm();
        long began = world.now();
        while (!recovered()) {
            servers.cuts.clear();
            require(world.now() - began < 120 * SECOND, () -> "(4) not recovered after 120 s");
            world.run(200 * MILLI);
        }
        people.forEach(SimulatedPerson::stop);
        world.run(3 * SECOND);
        Server primary = servers.servers.values().stream()
                .filter(server -> server.writable)
                .max(Comparator.comparingLong(server -> server.timeline))
                .orElseThrow();
        promises.requireAll(primary);
    }

    /** How long it takes a process that has watched for a while to have another primary once the first hangs. */
    Duration replaceHungPrimary() {
        join();
        calm = true; // but for this
        world.run((30_000 + random.nextInt(500)) * MILLI);
        long began = world.now();
        servers.servers.get("a").hungUntil = Long.MAX_VALUE;
        while (processes
                .get(0)
                .set
                .topology()
                .primary()
                .map(endpoint -> endpoint.id().equals("a"))
                .orElse(true)) {
            require(world.now() - began < 10 * SECOND, () -> "the primary is not replaced");
            world.run(5 * MILLI);
        }
        return Duration.ofNanos(world.now() - began);
    }

    private void join() {
        processes.add(new SimulatedProcess("p" + names++, servers, register, this));
    }

    /** A process that has died; another begins. */
    void replace(SimulatedProcess dead) {
        processes.remove(dead);
        join();
    }

    /** All faults end; who was away must join again by itself. */
    private void calm() {
        note(() -> "calm");
        calm = true;
        servers.cuts.clear();
        for (Server server : servers.servers.values()) {
            if (!server.up) {
                server.started();
            }
            server.hungUntil = 0;
            server.replayPausedUntil = 0;
        }
    }

    private boolean recovered() {
        for (SimulatedProcess process : processes) {
            ReplicaTopology<Server> topology = process.set.topology();
            boolean leads = topology.primary()
                    .filter(endpoint -> endpoint.target().writable)
                    .isPresent();
            boolean read = process.set.peekRead(Position.none()) != null;
            if (!leads || !read || topology.members().stream().anyMatch(m -> m.role() == Role.ZOMBIE)) {
                return false;
            }
        }
        List<Server> primaries = servers.servers.values().stream()
                .filter(server -> server.writable)
                .toList();
        return primaries.size() == 1
                && servers.servers.values().stream()
                        .allMatch(s -> s.writable || s.isStreaming() && s.log.size() >= primaries.get(0).start);
    }

    /** How much time has passed in it, in nanoseconds. */
    long elapsed() {
        return world.now();
    }

    @Override
    public void close() {
        world.close();
    }
}
