package dev.tenfold.replication;

import dev.tenfold.testing.SimulatedWorld;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Database servers that replicate by streaming, as PostgreSQL does with {@code ANY k (*)}: a log in each, a promotion begins a
 * new timeline one above the server's own, a commit waits until k followers have it, a replica streams only from a history
 * that contains its own, whatever was written survives a crash, and a server that comes back is what it was before.
 */
final class SimulatedServers {

    static final long MILLI = 1_000_000;

    /** What a call on a server throws. */
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1;
        final CallFailure kind;

        Failed(CallFailure kind, String message) {
            super(message, null, false, false);
            this.kind = kind;
        }
    }

    /** A write, or the mark of a promotion where the id is below zero. */
    record Entry(int id, long timeline) {}

    /** What a read saw: the ids of all writes. */
    record View(String node, long timeline, int size, Set<Integer> ids) {}

    final class Server {
        final String id;
        List<Entry> log = new ArrayList<>();
        int replayed;
        long timeline = 1;
        int start;
        boolean writable;
        boolean up = true;
        /** Grows with each crash. */
        int incarnation;

        long hungUntil;
        long replayPausedUntil;
        Server upstream;
        long lastReceived = Long.MIN_VALUE / 2;
        final Map<Server, Integer> acknowledged = new HashMap<>();
        /** Who froze it, and may promote it. */
        SimulatedProcess controller;

        /** The highest fencing token in the sessions of each process, which end with either. */
        final Map<SimulatedProcess, Long> tokens = new HashMap<>();

        boolean rejoining;

        /** The highest timeline that it was told is taken. */
        long reserved;

        /** Whether it is being stopped for a switchover; it sends what it has, and hears nobody. */
        boolean closing;

        /** Whether it was stopped so, and has everything on disk. */
        boolean inOrder;

        /** Whether its next start is a replica's. */
        boolean retired;

        Server(String id) {
            this.id = id;
        }

        /** What the sessions of a process held ends with it. */
        void sessionsEnd(SimulatedProcess process) {
            tokens.remove(process);
            if (controller == process) {
                controller = null;
            }
        }

        /** Stops at once; what it is and has it keeps. One that was being stopped in order is still a primary. */
        void crash() {
            writable |= closing;
            closing = false;
            stopped();
        }

        void stopped() {
            up = false;
            incarnation++;
            hungUntil = 0;
            acknowledged.clear();
            controller = null;
            tokens.clear();
        }

        void started() {
            retired = false;
            inOrder = false;
            up = true;
        }

        boolean answers() {
            return up && world.now() >= hungUntil;
        }

        boolean isStreaming() {
            return !writable && upstream != null && world.now() - lastReceived < 400 * MILLI;
        }

        LogPosition received() {
            return new LogPosition(timeline, log.size());
        }

        @Override
        public String toString() {
            return id + (up ? "" : " down") + (retired ? " retired" : "") + (world.now() < hungUntil ? " hung" : "")
                    + (writable ? " primary" : "")
                    + (reserved > 0 ? " reserved " + reserved : "")
                    + " " + timeline + ":" + log.size() + "/" + replayed
                    + (upstream == null ? "" : " <- " + upstream.id);
        }
    }

    final SimulatedWorld world;
    final Random random;
    final int quorum;
    final Map<String, Server> servers = new LinkedHashMap<>();
    /** Pairs of names that cannot reach each other, in both orders. */
    final Set<String> cuts = new HashSet<>();

    final FailoverSimulation simulation;

    SimulatedServers(SimulatedWorld world, Random random, FailoverSimulation simulation, int size, int quorum) {
        this.world = world;
        this.random = random;
        this.simulation = simulation;
        this.quorum = quorum;
        for (int i = 0; i < size; i++) {
            Server server = new Server(String.valueOf((char) ('a' + i)));
            servers.put(server.id, server);
        }
        Server first = servers.get("a");
        first.writable = true;
        servers.values().forEach(s -> s.upstream = s == first ? null : first);
        servers.values().forEach(this::stream);
    }

    boolean linked(String one, String other) {
        return !cuts.contains(one + "-" + other);
    }

    void cut(String one, String other, boolean on) {
        if (on) {
            cuts.add(one + "-" + other);
            cuts.add(other + "-" + one);
        } else {
            cuts.remove(one + "-" + other);
            cuts.remove(other + "-" + one);
        }
    }

    // --- streaming

    private void stream(Server server) {
        receive(server);
        if (server.answers() && world.now() >= server.replayPausedUntil) {
            int behind = server.log.size() - server.replayed;
            server.replayed += server.writable ? behind : behind == 0 ? 0 : 1 + random.nextInt(behind);
        }
        world.step((4 + random.nextInt(20)) * MILLI, () -> stream(server));
    }

    private void receive(Server server) {
        Server from = server.upstream;
        if (from == null
                || server.writable
                || !server.answers()
                || !from.answers()
                || !linked(server.id, from.id)
                || !continues(server, from)) {
            return;
        }
        server.lastReceived = world.now();
        int missing = from.log.size() - server.log.size();
        int take = Math.min(missing, 1 + random.nextInt(8));
        for (int i = 0; i < take; i++) {
            Entry entry = from.log.get(server.log.size());
            server.log.add(entry);
            server.timeline = Math.max(server.timeline, entry.timeline());
        }
        if (server.log.size() == from.log.size()) {
            server.timeline = from.timeline;
        }
        int size = server.log.size();
        int incarnation = from.incarnation;
        world.step(random.nextInt(4) * MILLI, () -> {
            if (from.up && from.incarnation == incarnation && linked(server.id, from.id)) {
                from.acknowledged.merge(server, size, Math::max);
            }
        });
    }

    /** Whether a server's history is a beginning of another's. */
    static boolean continues(Server server, Server from) {
        int size = server.log.size();
        return from.log.size() >= size
                && from.timeline >= server.timeline
                && (size == 0 || from.log.get(size - 1).equals(server.log.get(size - 1)));
    }

    // --- the application's calls

    /** How long a client waits for an answer. */
    private static final long CLIENT_TIMEOUT = 700 * MILLI;

    void write(SimulatedProcess process, Server server, int id) throws Failed {
        reach(process, server);
        long began = world.now();
        int incarnation = server.incarnation;
        while (world.now() < server.hungUntil) {
            process.clock.sleep(20 * MILLI);
            if (world.now() - began > CLIENT_TIMEOUT) {
                // It was sent, and is carried out when the server wakes up.
                world.step(Math.max(0, server.hungUntil - world.now()) + random.nextInt(5) * MILLI, () -> {
                    if (server.up && server.incarnation == incarnation && server.writable) {
                        server.log.add(new Entry(id, server.timeline));
                    }
                });
                throw new Failed(CallFailure.UNKNOWN, server.id + " is silent");
            }
        }
        if (!server.up || server.incarnation != incarnation) {
            throw new Failed(CallFailure.UNKNOWN, server.id + " went away");
        }
        if (!server.writable) {
            throw new Failed(CallFailure.NOT_PRIMARY, server.id + " is read-only");
        }
        long timeline = server.timeline;
        server.log.add(new Entry(id, timeline));
        int position = server.log.size();
        while (quorum > acknowledgements(server, position)) {
            process.clock.sleep((1 + random.nextInt(4)) * MILLI);
            if (!server.up || server.incarnation != incarnation) {
                throw new Failed(CallFailure.UNKNOWN, server.id + " went away");
            }
            if (world.now() - began > CLIENT_TIMEOUT) {
                throw new Failed(CallFailure.UNKNOWN, "nobody has " + id + " yet");
            }
        }
        while (world.now() < server.hungUntil) {
            process.clock.sleep(20 * MILLI);
            if (world.now() - began > CLIENT_TIMEOUT) {
                throw new Failed(CallFailure.UNKNOWN, server.id + " is silent");
            }
        }
        if (!server.up || server.incarnation != incarnation || !linked(process.name, server.id)) {
            throw new Failed(CallFailure.UNKNOWN, "the answer of " + server.id + " was lost");
        }
        simulation.promises().acknowledged(id, server, timeline);
        process.clock.sleep(random.nextInt(3) * MILLI);
    }

    private int acknowledgements(Server server, int position) {
        int count = 0;
        for (int at : server.acknowledged.values()) {
            count += at >= position ? 1 : 0;
        }
        return count;
    }

    View read(SimulatedProcess process, Server server) throws Failed {
        reach(process, server);
        int seen = server.writable ? server.log.size() : server.replayed;
        Set<Integer> ids = new HashSet<>();
        server.log.subList(0, seen).forEach(entry -> ids.add(entry.id()));
        View view = new View(server.id, server.timeline, seen, ids);
        process.clock.sleep(random.nextInt(3) * MILLI);
        return view;
    }

    private void reach(SimulatedProcess process, Server server) throws Failed {
        process.clock.sleep(random.nextInt(3) * MILLI);
        if (!linked(process.name, server.id)) {
            process.clock.sleep(200 * MILLI);
            throw new Failed(CallFailure.NOT_SENT, "no route to " + server.id);
        }
        if (!server.up || server.closing) {
            throw new Failed(CallFailure.NOT_SENT, server.id + " refuses");
        }
    }
}
