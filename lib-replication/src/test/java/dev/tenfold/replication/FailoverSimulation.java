package dev.tenfold.replication;

import dev.tenfold.coordination.LeaseState;
import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.replication.SimulatedServers.Entry;
import dev.tenfold.replication.SimulatedServers.Failed;
import dev.tenfold.replication.SimulatedServers.Server;
import dev.tenfold.replication.SimulatedServers.View;
import dev.tenfold.session.Position;
import dev.tenfold.session.Session;
import dev.tenfold.session.SessionToken;
import dev.tenfold.testing.SimulatedWorld;
import dev.tenfold.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Several processes of an application over some database servers, all of which drive failovers at once, while servers crash and
 * hang, links between any two parties break, replicas lag, clocks drift, and processes stand still and die: router, detector,
 * lease, failover and sessions as they are, everything around them simulated, every choice drawn from one seed.
 *
 * <p>Checked all along: (1) no two servers acknowledge writes in one epoch, and under a quorum of one no two are ever promoted
 * to it; (2) no acknowledged write is missing from a server that acknowledges writes of a later epoch; (3) a session's read
 * shows every write it made that was acknowledged, and every acknowledged write it has read before. At the end, when faults
 * have stopped: (4) within a bounded time one server takes writes and all others follow it, every process writes, and reads
 * from a replica, and (5) every acknowledged write is there.
 *
 * <p>Under a quorum of two or more, two may be promoted to one epoch: a promotion may go unnoticed, since the servers that are
 * left are enough for another, and a server counts its timelines by itself. One of the two never acknowledges anything, but
 * its positions look like the other's: a process that does not know of the other may read from it for a session that has seen
 * more. Such reads are counted and not judged by (3); nothing else is let pass.
 */
final class FailoverSimulation implements AutoCloseable {

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
        /** One process drives at a time. */
        LEASE,
        /** Only who froze a replica last may promote it, or let it follow. */
        CONTROL
    }

    private static final long MILLI = SimulatedServers.MILLI;
    private static final long SECOND = 1_000 * MILLI;
    private static final int SESSIONS = 4;
    private static final SessionToken TOKENS = SessionToken.signedWith(new byte[16]);

    private final long seed;
    private final Random random;
    private final Set<Guard> without;
    private final SimulatedWorld world = new SimulatedWorld();
    private final SimulatedServers servers;
    private final VersionedRegister<LeaseState> register = Registers.inMemory("lease");
    private final List<SimulatedProcess> processes = new ArrayList<>();
    private final Deque<Supplier<String>> trace = new ArrayDeque<>();
    private final Set<Integer> acknowledged = new LinkedHashSet<>();
    private final Map<Long, Server> acknowledgedBy = new HashMap<>();
    private final Map<Server, Long> lastPromoted = new HashMap<>();
    private final Map<Long, Server> promotedTo = new HashMap<>();
    /** Epochs to which two were promoted. */
    private final Set<Long> twice = new HashSet<>();
    /** How often what was done, for a summary of many runs. */
    final Map<String, Integer> counts = new TreeMap<>();

    private int ids;
    private int marks;
    private int names;
    private boolean calm;
    int writes;
    int reads;
    int promotions;

    FailoverSimulation(long seed, Set<Guard> without) {
        this.seed = seed;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
        this.without = without;
        int size = random.nextInt(3) == 0 ? 5 : 3;
        int quorum = has(Guard.QUORUM) ? 1 + random.nextInt(size - 2) : 0;
        this.servers = new SimulatedServers(world, random, this, size, quorum);
    }

    boolean has(Guard guard) {
        return !without.contains(guard);
    }

    int nextMark() {
        return -(++marks);
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

    private static final int TRACE = Integer.getInteger("tenfold.replication.trace", 150);
    private final boolean tracing = Long.getLong("tenfold.replication.seed") != null;

    // --- what is checked

    void acknowledged(int id, Server server, long timeline) {
        writes++;
        acknowledged.add(id);
        Server other = acknowledgedBy.putIfAbsent(timeline, server);
        require(
                other == null || other == server,
                () -> "(1) " + server + " and " + other + " both acknowledge in epoch " + timeline);
        if (!calm && lastPromoted.getOrDefault(server, -1L) != timeline && timeline > 1) {
            lastPromoted.put(server, timeline);
            requireAll(server);
        }
    }

    private void requireAll(Server server) {
        Set<Integer> there = server.log.stream().map(Entry::id).collect(Collectors.toSet());
        Set<Integer> missing = new LinkedHashSet<>(acknowledged);
        missing.removeAll(there);
        require(missing.isEmpty(), () -> "(2) acknowledged writes " + missing + " are not on " + server);
    }

    void promoted(String process, Server server) {
        promotions++;
        note(() -> process + " promoted " + server);
        Server other = promotedTo.putIfAbsent(server.timeline, server);
        if (other != null) {
            twice.add(server.timeline);
            count("epochs to which two were promoted");
            require(
                    servers.quorum != 1,
                    () -> "(1) " + server + " and " + other + " were both promoted to epoch " + server.timeline);
        }
    }

    void fenced(SimulatedProcess process, Server server) {
        count("commands that came late and were refused");
        note(() -> server.id + " refuses what " + process.name + " says too late");
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    /** The worst moment: what was compared may not be true any more, and who promotes may be too late. */
    void beforePromotion(SimulatedProcess process) {
        if (calm) {
            return;
        }
        int choice = random.nextInt(12);
        if (choice < 3) {
            count("returns of all that was away, at the moment of a promotion");
            note(() -> "all that hangs, is cut off or stands still comes back");
            servers.cuts.clear();
            servers.servers.values().forEach(server -> server.hungUntil = 0);
            processes.forEach(each -> each.clock.wake());
            process.clock.sleep(random.nextInt(400) * MILLI);
        } else if (choice < 5) {
            standStill(process, "before it promotes");
        }
    }

    /** Nor may who lets a replica follow do so because of what was so before it stood still. */
    void beforeFollowing(SimulatedProcess process) {
        if (!calm && random.nextInt(10) == 0) {
            standStill(process, "before it lets one follow");
        }
    }

    /** Nor who freezes one, and has frozen others before. */
    void beforeFreezing(SimulatedProcess process) {
        if (!calm && random.nextInt(16) == 0) {
            standStill(process, "before it freezes one");
        }
    }

    /** For a while, or for longer than a lease. */
    private void standStill(SimulatedProcess process, String when) {
        int millis = random.nextBoolean() ? 30_000 + random.nextInt(30_000) : random.nextInt(2_000);
        count("processes that stood still " + when);
        note(() -> process.name + " stands still " + when + " for " + millis + " ms");
        process.clock.pause(millis * MILLI);
    }

    void require(boolean holds, Supplier<String> problem) {
        if (!holds) {
            throw new AssertionError("seed " + seed + ": " + problem.get() + System.lineSeparator()
                    + trace.stream().map(Supplier::get).collect(Collectors.joining(System.lineSeparator()))
                    + System.lineSeparator() + world.now() / MILLI + " ms  " + servers.servers.values() + ", cut "
                    + servers.cuts);
        }
    }

    /** A person who reads and writes, now through this process and now through that. */
    private final class Someone {
        private Session session = new Session();
        private final Set<Integer> mine = new HashSet<>();
        private Set<Integer> seen = new HashSet<>();
        boolean quiet;

        void act() {
            SimulatedProcess process = processes.get(random.nextInt(processes.size()));
            // Carried to whichever process comes next, as a cookie would.
            session = TOKENS.decode(TOKENS.encode(session));
            Deadline deadline = Deadline.after(Duration.ofMillis(200 + random.nextInt(1500)), process.clock);
            try {
                if (random.nextInt(3) == 0) {
                    write(process, deadline);
                } else {
                    read(process, deadline);
                }
            } catch (TenfoldException expected) {
                note(() -> "a call on " + process.name + " failed: "
                        + expected.getClass().getSimpleName());
            } catch (Failed impossible) {
                throw new AssertionError(impossible);
            }
        }

        private void write(SimulatedProcess process, Deadline deadline) throws Failed {
            int id = ++ids;
            process.set.<Integer, Failed>write(session, deadline, server -> {
                servers.write(process, server, id);
                return id;
            });
            mine.add(id);
        }

        private void read(SimulatedProcess process, Deadline deadline) throws Failed {
            Set<Integer> before = Set.copyOf(mine);
            Position asked = session.required("shard");
            View view = process.set.<View, Failed>read(session, deadline, server -> servers.read(process, server));
            reads++;
            Set<Integer> expected = new HashSet<>(before);
            // What nobody acknowledged may be seen on a replica and be gone with it.
            seen.stream().filter(acknowledged::contains).forEach(expected::add);
            expected.removeAll(view.ids());
            if (!expected.isEmpty() && twice.contains(view.timeline())) {
                // The server of the two that acknowledges nothing, through a process that does not know the other yet.
                count("reads of one of two in an epoch that missed something");
                return;
            }
            require(
                    expected.isEmpty(),
                    () -> "(3) a session at " + asked + " did not see " + expected + " on "
                            + servers.servers.get(view.node()) + " through " + process.name + ", which saw "
                            + view.timeline()
                            + ":" + view.size());
            seen = view.ids();
        }

        void loop() {
            if (!quiet) {
                act();
                world.schedule((5 + random.nextInt(120)) * MILLI, this::loop);
            }
        }
    }

    // --- a run

    void run() {
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            join();
        }
        List<Someone> people = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            Someone someone = new Someone();
            people.add(someone);
            world.schedule(random.nextInt(500) * MILLI, someone::loop);
        }
        world.run(SECOND);
        int faults = 4 + random.nextInt(16);
        // Some take so long that a lease ends in between.
        int pause = random.nextInt(4) == 0 ? 8_000 : 1_200;
        for (int i = 0; i < faults; i++) {
            fault();
            world.run((100 + random.nextInt(random.nextInt(4) == 0 ? 4_000 : pause)) * MILLI);
        }
        calm();
        long began = world.now();
        while (!recovered()) {
            servers.cuts.clear();
            require(world.now() - began < 120 * SECOND, () -> "(4) not recovered after 120 s");
            world.run(200 * MILLI);
        }
        people.forEach(someone -> someone.quiet = true);
        world.run(3 * SECOND);
        Server primary = servers.servers.values().stream()
                .filter(server -> server.writable)
                .max(java.util.Comparator.comparingLong(server -> server.timeline))
                .orElseThrow();
        requireAll(primary);
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

    private void fault() {
        Server server = List.copyOf(servers.servers.values()).get(random.nextInt(servers.servers.size()));
        SimulatedProcess process = processes.get(random.nextInt(processes.size()));
        switch (random.nextInt(12)) {
            case 0, 1 -> crash(server, 500 + random.nextInt(8_000));
            case 2 -> {
                for (Server each : servers.servers.values()) {
                    if (each.writable) {
                        crash(each, 500 + random.nextInt(8_000));
                    }
                }
            }
            case 3, 4 -> hang(random.nextBoolean() ? server : primary(server));
            case 5, 6, 7 -> cut();
            case 8 -> {
                count("replicas that stopped replaying");
                note(() -> server.id + " stops replaying");
                server.replayPausedUntil = world.now() + random.nextInt(4_000) * MILLI;
            }
            case 9, 10 -> {
                long length = random.nextInt(4) == 0 ? random.nextInt(50_000) : random.nextInt(3_000);
                count("processes that stood still");
                note(() -> process.name + " stands still for " + length + " ms");
                process.clock.pause(length * MILLI);
            }
            default -> {
                count("processes that died");
                note(() -> process.name + " dies");
                process.clock.die();
                servers.servers.values().forEach(each -> each.sessionsEnd(process));
                processes.remove(process);
                join();
            }
        }
    }

    private Server primary(Server otherwise) {
        return servers.servers.values().stream()
                .filter(server -> server.writable)
                .findFirst()
                .orElse(otherwise);
    }

    private void crash(Server server, int millis) {
        if (!server.up) {
            return;
        }
        count("crashes");
        note(() -> server.id + " crashes");
        server.up = false;
        server.incarnation++;
        server.hungUntil = 0;
        server.acknowledged.clear();
        server.controller = null;
        server.tokens.clear();
        int incarnation = server.incarnation;
        world.step(millis * MILLI, () -> {
            if (!server.up && server.incarnation == incarnation) {
                note(() -> server.id + " comes back");
                server.up = true;
            }
        });
    }

    private void hang(Server server) {
        long length = 100 + random.nextInt(6_000);
        count("hangs");
        note(() -> server.id + " hangs for " + length + " ms");
        server.hungUntil = world.now() + length * MILLI;
    }

    private void cut() {
        List<String> parties = new ArrayList<>(servers.servers.keySet());
        processes.forEach(process -> parties.add(process.name));
        parties.add(SimulatedProcess.REGISTER);
        Set<String> island = new LinkedHashSet<>();
        String first = parties.get(random.nextInt(parties.size()));
        island.add(first);
        if (random.nextInt(3) == 0) {
            island.add(parties.get(random.nextInt(parties.size())));
        }
        boolean all = random.nextBoolean();
        String other = parties.get(random.nextInt(parties.size()));
        count("cuts of links");
        note(() -> all ? island + " is cut off" : first + " and " + other + " are cut");
        List<String[]> pairs = new ArrayList<>();
        for (String one : all ? island : Set.of(first)) {
            for (String two : all ? parties : List.of(other)) {
                if (!one.equals(two) && !(all && island.contains(two))) {
                    pairs.add(new String[] {one, two});
                }
            }
        }
        pairs.forEach(pair -> servers.cut(pair[0], pair[1], true));
        world.step((200 + random.nextInt(6_000)) * MILLI, () -> {
            note(() -> "links of " + first + " are whole");
            pairs.forEach(pair -> servers.cut(pair[0], pair[1], false));
        });
    }

    /** All faults end; who was away must join again by itself. */
    private void calm() {
        note(() -> "calm");
        calm = true;
        servers.cuts.clear();
        for (Server server : servers.servers.values()) {
            server.up = true;
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
        return servers.servers.values().stream().filter(s -> s.writable).count() == 1
                && servers.servers.values().stream()
                        .allMatch(s -> s.writable || s.isStreaming() && s.log.size() >= primary(s).start);
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
