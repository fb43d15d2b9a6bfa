package dev.tenfold.replication;

import dev.tenfold.testing.SimulatedWorld;
import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

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
            return id + (up ? "" : " down") + (retired ? " retired" : "") + (world.now() < hungUntil ? " hung" : "") + (writable ? " primary" : "")
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

    // --- the engine of one process

    final class Engine implements ReplicationEngine<Server> {
        private static final long TIMEOUT = 500 * MILLI;
        private final SimulatedProcess process;
        /** Whom it has frozen and has, as far as it knows, control of since. */
        private final Set<Server> held = new HashSet<>();

        Engine(SimulatedProcess process) {
            this.process = process;
        }

        @FunctionalInterface
        private interface Body<R> {
            R run() throws Failed;
        }

        private <R> R call(Server server, Body<R> body) throws Failed {
            process.clock.sleep(random.nextInt(4) * MILLI);
            int incarnation = server.incarnation;
            long began = world.now();
            while (!linked(process.name, server.id) || world.now() < server.hungUntil) {
                process.clock.sleep(20 * MILLI);
                if (world.now() - began >= TIMEOUT) {
                    throw new Failed(CallFailure.UNKNOWN, server.id + " is silent");
                }
            }
            if (!server.up || server.closing || server.incarnation != incarnation) {
                throw new Failed(CallFailure.NOT_SENT, server.id + " refuses");
            }
            R result = body.run();
            process.clock.sleep(random.nextInt(3) * MILLI);
            if (!linked(process.name, server.id) || !server.up || server.incarnation != incarnation) {
                throw new Failed(CallFailure.UNKNOWN, "the answer of " + server.id + " was lost");
            }
            return result;
        }

        @Override
        public Probe probe(Endpoint<Server> node) throws Failed {
            Server server = node.target();
            return call(
                    server,
                    () -> server.writable
                            ? Probe.primary(server.received())
                            : Probe.replica(
                                    server.isStreaming(),
                                    server.received(),
                                    new LogPosition(server.timeline, server.replayed)));
        }

        @Override
        public LogPosition position(Endpoint<Server> node) throws Failed {
            return probe(node).replayed();
        }

        @Override
        public LogPosition timelineStart(Endpoint<Server> primary) throws Failed {
            Server server = primary.target();
            return call(server, () -> new LogPosition(server.timeline, server.start));
        }

        /** What is said on a session that was in control fails with it: another has taken control, or the server crashed. */
        private void requireSession(Server server) throws Failed {
            if (held.remove(server)
                    && server.controller != process
                    && simulation.has(FailoverSimulation.Guard.CONTROL)) {
                simulation.fenced(process, server);
                throw new Failed(CallFailure.UNKNOWN, "the session with " + server.id + " has ended");
            }
        }

        /** Refuses a command that comes too late. */
        private void fence(Server server, long token) throws Failed {
            long highest = server.tokens.values().stream()
                    .mapToLong(each -> each)
                    .max()
                    .orElse(0);
            if (token != 0 && token < highest) {
                simulation.fenced(process, server);
                throw new Failed(CallFailure.CALLER, token + " comes after " + highest);
            }
            server.tokens.merge(process, token, Math::max);
        }

        @Override
        public LogPosition freeze(Endpoint<Server> replica, long token) throws Failed {
            Server server = replica.target();
            simulation.faults().beforeFreezing(process);
            return call(server, () -> {
                if (server.writable) {
                    throw new Failed(CallFailure.CALLER, server.id + " is a primary");
                }
                requireSession(server);
                fence(server, token);
                held.add(server);
                server.controller = process;
                if (simulation.has(FailoverSimulation.Guard.FREEZE)) {
                    server.upstream = null;
                }
                simulation.note(() -> process.name + " froze " + server);
                return simulation.has(FailoverSimulation.Guard.COMPARE)
                        ? server.received()
                        : new LogPosition(server.timeline, 0);
            });
        }

        @Override
        public long reserve(Endpoint<Server> node, long timeline, long token) throws Failed {
            if (!simulation.reserves()) {
                return -1;
            }
            Server server = node.target();
            simulation.faults().beforeReserving(process);
            return call(server, () -> {
                boolean holds = held.contains(server);
                requireSession(server);
                fence(server, token);
                if (holds) {
                    held.add(server);
                }
                server.reserved = Math.max(server.reserved, timeline);
                return server.reserved;
            });
        }

        @Override
        public LogPosition promote(Endpoint<Server> candidate, long token) throws Failed {
            Server server = candidate.target();
            simulation.faults().beforePromotion(process);
            return call(server, () -> {
                held.remove(server);
                if (simulation.has(FailoverSimulation.Guard.CONTROL)) {
                    if (server.controller != process) {
                        throw new Failed(CallFailure.CALLER, server.id + " is controlled by another");
                    }
                    fence(server, token);
                }
                if (server.writable) {
                    throw new Failed(CallFailure.CALLER, server.id + " is a primary");
                }
                server.start = server.log.size();
                server.timeline = Math.max(server.timeline, server.reserved) + 1;
                server.log.add(new Entry(simulation.nextMark(), server.timeline));
                server.replayed = server.log.size();
                server.acknowledged.clear();
                server.upstream = null;
                server.controller = null;
                server.writable = true;
                simulation.promises().promoted(process.name, server);
                simulation.faults().afterPromotion(server);
                return new LogPosition(server.timeline, server.start);
            });
        }

        @Override
        public void follow(Endpoint<Server> replica, Endpoint<Server> primary, long token) throws Failed {
            Server server = replica.target();
            simulation.faults().beforeFollowing(process);
            call(server, () -> {
                if (server.writable) {
                    throw new Failed(CallFailure.CALLER, server.id + " is a primary");
                }
                requireSession(server);
                fence(server, token);
                server.upstream = primary.target();
                server.controller = null;
                simulation.note(() -> process.name + " lets " + server.id + " follow " + primary.id());
                return server;
            });
        }

        @Override
        public Set<String> followers(Endpoint<Server> primary) throws Failed {
            Server server = primary.target();
            return call(
                    server,
                    () -> servers.values().stream()
                            .filter(each -> each.upstream == server && each.isStreaming() && continues(each, server))
                            .map(each -> each.id)
                            .collect(Collectors.toSet()));
        }

        @Override
        public CallFailure classify(Throwable failure) {
            return failure instanceof Failed known ? known.kind : CallFailure.CALLER;
        }

        @Override
        public int synchronousReplicas() {
            return quorum;
        }

        @Override
        public Optional<String> obstacleToRejoin(Endpoint<Server> node) {
            return Optional.empty();
        }

        /** Stops the server and copies the primary's data to it. Once begun it goes on, though its answer be lost. */
        @Override
        public boolean rejoin(Endpoint<Server> node, Endpoint<Server> primary, long token) throws Failed {
            Server server = node.target();
            Server from = primary.target();
            if (server.rejoining) {
                return false;
            }
            call(from, () -> from);
            if (server.retired && !server.up) {
                requireLink(server);
                rejoin(server, from);
            } else {
                call(server, () -> {
                    fence(server, token);
                    rejoin(server, from);
                    return server;
                });
            }
            process.clock.sleep(600 * MILLI);
            return true;
        }

        private void rejoin(Server server, Server from) {
            server.rejoining = true;
            simulation.note(() -> process.name + " lets " + server + " join " + from + " again");
            world.step((50 + random.nextInt(500)) * MILLI, () -> replace(server, from));
        }

        private void replace(Server server, Server from) {
            server.rejoining = false;
            boolean wanted = server != from && server.timeline <= from.timeline && server.upstream != from;
            boolean stoppable = server.up && !server.closing || server.retired;
            if (wanted && stoppable && from.answers() && from.writable) {
                server.stopped();
                server.log = new ArrayList<>(from.log);
                server.replayed = server.log.size();
                server.timeline = from.timeline;
                server.start = from.start;
                server.writable = false;
                server.reserved = 0;
                server.started();
                server.upstream = from;
            }
        }

        /** Power over the machine needs no answer of the server. */
        private void requireLink(Server server) throws Failed {
            process.clock.sleep(random.nextInt(4) * MILLI);
            if (!linked(process.name, server.id)) {
                process.clock.sleep(300 * MILLI);
                throw new Failed(CallFailure.UNKNOWN, "no route to " + server.id);
            }
        }

        /** A shutdown in order: no more writes; what replicas still lack is sent, as far as they take it. */
        @Override
        public LogPosition retire(Endpoint<Server> primary, Runnable fence) throws Failed {
            Server server = primary.target();
            simulation.faults().beforeHandingOver(process);
            int incarnation = call(server, () -> {
                requirePrimary(server);
                return server.incarnation;
            });
            fence.run();
            requireLink(server);
            requireRunning(server, incarnation);
            server.writable = false;
            server.closing = true;
            simulation.note(() -> process.name + " stops " + server);
            world.step(random.nextInt(100) * MILLI, () -> stop(server, world.now() + TIMEOUT));
            simulation.faults().beforeHandingOver(process);
            while (server.closing) {
                process.clock.sleep(20 * MILLI);
            }
            if (!server.inOrder || server.incarnation != incarnation + 1) {
                throw new Failed(CallFailure.UNKNOWN, server.id + " was not stopped in order, or was started again");
            }
            server.writable = false;
            server.retired = true;
            simulation.faults().beforeHandingOver(process);
            return server.received();
        }

        /** Goes on although who asked for it is gone. Until it is told to be a replica, its next start is a primary's. */
        private void stop(Server server, long end) {
            if (!server.closing) {
                return; // it crashed
            }
            if (isReceived(server) && world.now() < end) {
                world.step(20 * MILLI, () -> stop(server, end));
                return;
            }
            server.closing = false;
            server.writable = true;
            server.stopped();
            server.inOrder = true;
            startLater(server);
        }

        private boolean isReceived(Server server) {
            return servers.values().stream()
                    .anyMatch(each -> each.upstream == server
                            && each.isStreaming()
                            && each.log.size() < server.log.size());
        }

        private void requireRunning(Server server, int incarnation) throws Failed {
            if (!server.up || server.incarnation != incarnation) {
                throw new Failed(CallFailure.UNKNOWN, server.id + " went away");
            }
        }

        private void requirePrimary(Server server) throws Failed {
            if (!server.writable) {
                throw new Failed(CallFailure.CALLER, server.id + " is a replica");
            }
        }

        /** Somebody sees that it is down. */
        private void startLater(Server server) {
            int incarnation = server.incarnation;
            world.step((1_000 + random.nextInt(10_000)) * MILLI, () -> {
                if (!server.up && server.incarnation == incarnation) {
                    simulation.note(() -> server.id + " is started as a " + (server.retired ? "replica" : "primary"));
                    server.started();
                }
            });
        }

        @Override
        public void reinstate(Endpoint<Server> retired) throws Failed {
            Server server = retired.target();
            simulation.faults().beforeHandingOver(process);
            requireLink(server);
            if (server.up || !server.retired) {
                simulation.fenced(process, server);
                throw new Failed(CallFailure.CALLER, server.id + " was started since");
            }
            server.writable = true;
            server.started();
            simulation.note(() -> process.name + " reinstates " + server);
        }

        @Override
        public void close() {
            // opened nothing
        }
    }
}
