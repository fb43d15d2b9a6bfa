package dev.tenfold.replication;

import dev.tenfold.replication.SimulatedServers.Entry;
import dev.tenfold.replication.SimulatedServers.Failed;
import dev.tenfold.replication.SimulatedServers.Server;
import dev.tenfold.testing.SimulatedWorld;
import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/** The engine of one process over {@link SimulatedServers}: what the process tells them, over its links and in its time. */
final class SimulatedEngine implements ReplicationEngine<Server> {
    private static final long TIMEOUT = 500 * SimulatedServers.MILLI;
    private final SimulatedServers servers;
    private final SimulatedWorld world;
    private final Random random;
    private final FailoverSimulation simulation;
    private final SimulatedProcess process;
    /** Whom it has frozen and has, as far as it knows, control of since. */
    private final Set<Server> held = new HashSet<>();

    SimulatedEngine(SimulatedServers servers, SimulatedProcess process) {
        this.servers = servers;
        this.world = servers.world;
        this.random = servers.random;
        this.simulation = servers.simulation;
        this.process = process;
    }

    @FunctionalInterface
    private interface Body<R> {
        R run() throws Failed;
    }

    private <R> R call(Server server, Body<R> body) throws Failed {
        process.clock.sleep(random.nextInt(4) * SimulatedServers.MILLI);
        int incarnation = server.incarnation;
        long began = world.now();
        while (!servers.linked(process.name, server.id) || world.now() < server.hungUntil) {
            process.clock.sleep(20 * SimulatedServers.MILLI);
            if (world.now() - began >= TIMEOUT) {
                throw new Failed(CallFailure.UNKNOWN, server.id + " is silent");
            }
        }
        if (!server.up || server.closing || server.incarnation != incarnation) {
            throw new Failed(CallFailure.NOT_SENT, server.id + " refuses");
        }
        R result = body.run();
        process.clock.sleep(random.nextInt(3) * SimulatedServers.MILLI);
        if (!servers.linked(process.name, server.id) || !server.up || server.incarnation != incarnation) {
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
        if (held.remove(server) && server.controller != process && simulation.has(FailoverSimulation.Guard.CONTROL)) {
            simulation.fenced(process, server);
            throw new Failed(CallFailure.UNKNOWN, "the session with " + server.id + " has ended");
        }
    }

    /** Refuses a command that comes too late. */
    private void fence(Server server, long token) throws Failed {
        long highest =
                server.tokens.values().stream().mapToLong(each -> each).max().orElse(0);
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
                () -> servers.servers.values().stream()
                        .filter(each -> each.upstream == server
                                && each.isStreaming()
                                && SimulatedServers.continues(each, server))
                        .map(each -> each.id)
                        .collect(Collectors.toSet()));
    }

    @Override
    public CallFailure classify(Throwable failure) {
        return failure instanceof Failed known ? known.kind : CallFailure.CALLER;
    }

    @Override
    public int synchronousReplicas() {
        return servers.quorum;
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
        process.clock.sleep(600 * SimulatedServers.MILLI);
        return true;
    }

    private void rejoin(Server server, Server from) {
        server.rejoining = true;
        simulation.note(() -> process.name + " lets " + server + " join " + from + " again");
        world.step((50 + random.nextInt(500)) * SimulatedServers.MILLI, () -> replace(server, from));
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
        process.clock.sleep(random.nextInt(4) * SimulatedServers.MILLI);
        if (!servers.linked(process.name, server.id)) {
            process.clock.sleep(300 * SimulatedServers.MILLI);
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
        world.step(random.nextInt(100) * SimulatedServers.MILLI, () -> stop(server, world.now() + TIMEOUT));
        simulation.faults().beforeHandingOver(process);
        while (server.closing) {
            process.clock.sleep(20 * SimulatedServers.MILLI);
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
            world.step(20 * SimulatedServers.MILLI, () -> stop(server, end));
            return;
        }
        server.closing = false;
        server.writable = true;
        server.stopped();
        server.inOrder = true;
        startLater(server);
    }

    private boolean isReceived(Server server) {
        return servers.servers.values().stream()
                .anyMatch(each -> each.upstream == server && each.isStreaming() && each.log.size() < server.log.size());
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
        world.step((1_000 + random.nextInt(10_000)) * SimulatedServers.MILLI, () -> {
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
