package dev.tenfold.benchmarks.whole;

import static dev.tenfold.benchmarks.whole.Network.MILLI;

import dev.tenfold.benchmarks.whole.Database.Failed;
import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Probe;
import dev.tenfold.replication.ReplicationEngine;
import dev.tenfold.testing.SimulatedWorld.Clock;
import dev.tenfold.topology.Endpoint;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The servers of a shard as the replica set of one process sees them. */
final class DatabaseEngine implements ReplicationEngine<DatabaseServer> {

    private static final long TIMEOUT = 500 * MILLI;

    private final Database database;
    private final Clock clock;
    private final String process;

    DatabaseEngine(Database database, Clock clock, String process) {
        this.database = database;
        this.clock = clock;
        this.process = process;
    }

    @FunctionalInterface
    private interface Body<R> {
        R run() throws Failed;
    }

    private <R> R call(DatabaseServer server, Body<R> body) throws Failed {
        clock.sleep(database.network.delay());
        int incarnation = server.incarnation;
        long began = database.world.now();
        while (!database.network.linked(process, server.id) || database.world.now() < server.hungUntil) {
            clock.sleep(20 * MILLI);
            if (database.world.now() - began >= TIMEOUT) {
                throw new Failed(CallFailure.UNKNOWN, server.id + " is silent");
            }
        }
        if (!server.up || server.incarnation != incarnation) {
            throw new Failed(CallFailure.NOT_SENT, server.id + " refuses");
        }
        R result = body.run();
        clock.sleep(database.network.delay());
        if (!database.network.linked(process, server.id) || !server.up || server.incarnation != incarnation) {
            throw new Failed(CallFailure.UNKNOWN, "the answer of " + server.id + " was lost");
        }
        return result;
    }

    @Override
    public Probe probe(Endpoint<DatabaseServer> node) throws Failed {
        DatabaseServer server = node.target();
        return call(
                server,
                () -> server.writable
                        ? Probe.primary(server.end())
                        : Probe.replica(database.isStreaming(server), server.end(), server.readable()));
    }

    @Override
    public LogPosition position(Endpoint<DatabaseServer> node) throws Failed {
        return probe(node).replayed();
    }

    @Override
    public LogPosition timelineStart(Endpoint<DatabaseServer> primary) throws Failed {
        DatabaseServer server = primary.target();
        return call(server, () -> new LogPosition(server.timeline, server.start));
    }

    @Override
    public LogPosition freeze(Endpoint<DatabaseServer> replica, long token) throws Failed {
        DatabaseServer server = replica.target();
        return call(server, () -> {
            requireReplica(server);
            fence(server, token);
            server.controller = this;
            server.upstream = null;
            return server.end();
        });
    }

    @Override
    public LogPosition promote(Endpoint<DatabaseServer> candidate, long token) throws Failed {
        DatabaseServer server = candidate.target();
        return call(server, () -> {
            requireReplica(server);
            if (server.controller != this) {
                throw new Failed(CallFailure.CALLER, server.id + " is controlled by another");
            }
            fence(server, token);
            server.promote();
            return new LogPosition(server.timeline, server.start);
        });
    }

    @Override
    public void follow(Endpoint<DatabaseServer> replica, Endpoint<DatabaseServer> primary, long token) throws Failed {
        DatabaseServer server = replica.target();
        call(server, () -> {
            requireReplica(server);
            fence(server, token);
            server.upstream = primary.target();
            server.retired = false;
            server.controller = null;
            return server;
        });
    }

    @Override
    public LogPosition retire(Endpoint<DatabaseServer> primary, Runnable fence) throws Failed {
        DatabaseServer server = primary.target();
        call(server, () -> {
            fence.run();
            return server;
        });
        if (!server.answers(database.world.now()) || !server.writable) {
            throw new Failed(CallFailure.CALLER, server.id + " is no primary any more");
        }
        server.retire();
        int incarnation = server.incarnation;
        for (int i = 0; i < 20 && database.lacks(server); i++) {
            clock.sleep(20 * MILLI);
        }
        clock.sleep(database.network.delay());
        if (!server.up || server.incarnation != incarnation || !database.network.linked(process, server.id)) {
            throw new Failed(CallFailure.UNKNOWN, "whether " + server.id + " has ended is not known");
        }
        return server.end();
    }

    @Override
    public void reinstate(Endpoint<DatabaseServer> retired) throws Failed {
        DatabaseServer server = retired.target();
        call(server, () -> {
            if (!server.retired) {
                throw new Failed(CallFailure.CALLER, server.id + " is not retired");
            }
            server.reinstate();
            return server;
        });
    }

    @Override
    public Set<String> followers(Endpoint<DatabaseServer> primary) throws Failed {
        DatabaseServer server = primary.target();
        return call(
                server,
                () -> database.servers.stream()
                        .filter(each -> each.upstream == server && each.answers(database.world.now()))
                        .map(each -> each.id)
                        .collect(Collectors.toSet()));
    }

    /** A driver that stood still for longer than its lease is refused by whom another has commanded since. */
    private static void fence(DatabaseServer server, long token) throws Failed {
        if (token != 0 && token < server.token) {
            throw new Failed(CallFailure.CALLER, server.id + " was given token " + server.token);
        }
        server.token = Math.max(server.token, token);
    }

    private static void requireReplica(DatabaseServer server) throws Failed {
        if (server.writable) {
            throw new Failed(CallFailure.CALLER, server.id + " is a primary");
        }
    }

    @Override
    public CallFailure classify(Throwable failure) {
        return failure instanceof Failed known ? known.kind : CallFailure.CALLER;
    }

    @Override
    public int synchronousReplicas() {
        return database.quorum;
    }

    @Override
    public Optional<String> obstacleToRejoin(Endpoint<DatabaseServer> node) {
        return Optional.empty();
    }

    /** Stops the server and copies the primary's data to it. Once begun it goes on, or is begun anew by another. */
    @Override
    public boolean rejoin(Endpoint<DatabaseServer> node, Endpoint<DatabaseServer> primary, long token) throws Failed {
        DatabaseServer server = node.target();
        DatabaseServer from = primary.target();
        if (server.rejoining) {
            return false;
        }
        call(from, () -> from);
        call(server, () -> {
            fence(server, token);
            server.rejoining = true;
            return server;
        });
        database.world.step((50 + database.random.nextInt(500)) * MILLI, () -> {
            server.rejoining = false;
            if (server.up && from.answers(database.world.now()) && from.writable && server != from) {
                server.copy(from);
            }
        });
        clock.sleep(600 * MILLI);
        return true;
    }

    @Override
    public void close() {
        // opened nothing
    }
}
