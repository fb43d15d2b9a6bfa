package dev.tenfold.benchmarks.whole;

import static dev.tenfold.benchmarks.whole.Network.MILLI;

import dev.tenfold.benchmarks.whole.ShardState.Command;
import dev.tenfold.replication.CallFailure;
import dev.tenfold.testing.SimulatedWorld;
import dev.tenfold.testing.SimulatedWorld.Clock;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The servers of one shard, which replicate by streaming as PostgreSQL's do with {@code ANY k (*)}: a commit waits until
 * {@code k} followers have it, replicas lag, a promotion begins a new timeline, and a replica streams only from a history that
 * contains its own.
 */
final class Database {

    /** What a call on a server throws. */
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1;

        final CallFailure kind;

        Failed(CallFailure kind, String message) {
            super(message, null, false, false);
            this.kind = kind;
        }
    }

    /** How long a client waits for an answer. */
    private static final long CLIENT_TIMEOUT = 700 * MILLI;

    final String shard;
    final int quorum;
    final List<DatabaseServer> servers;
    final SimulatedWorld world;
    final Network network;
    final Random random;

    Database(String shard, int size, int quorum, SimulatedWorld world, Network network, Random random) {
        this.shard = shard;
        this.quorum = quorum;
        this.world = world;
        this.network = network;
        this.random = random;
        servers = IntStream.range(0, size)
                .mapToObj(i -> new DatabaseServer(shard, shard + (char) ('a' + i)))
                .toList();
        DatabaseServer first = servers.get(0);
        first.writable = true;
        servers.forEach(server -> server.upstream = server == first ? null : first);
        servers.forEach(this::stream);
    }

    /** Puts a transaction at the beginning of every log. */
    void begin(Command<?> command) {
        DatabaseServer.Entry first = new DatabaseServer.Entry(1, command);
        for (DatabaseServer server : servers) {
            server.log.add(first);
            server.replayed = 1;
            server.committed = 1;
        }
    }

    /** Whether one server takes writes, and the others follow it. */
    boolean isWhole() {
        DatabaseServer primary = primary();
        return primary != null
                && servers.stream()
                        .allMatch(server -> server == primary
                                || (!server.writable && isStreaming(server) && server.log.size() >= primary.start));
    }

    long promotions() {
        return servers.stream().mapToLong(server -> server.timeline).max().orElse(1) - 1;
    }

    /** The server that takes writes, by the latest timeline. */
    @Nullable
    DatabaseServer primary() {
        DatabaseServer latest = null;
        for (DatabaseServer server : servers) {
            if (server.writable && (latest == null || server.timeline > latest.timeline)) {
                latest = server;
            }
        }
        return latest;
    }

    // --- streaming

    private void stream(DatabaseServer server) {
        receive(server);
        if (server.answers(world.now()) && world.now() >= server.replayPausedUntil && !server.writable) {
            int behind = server.log.size() - server.replayed;
            server.replayed += behind == 0 ? 0 : 1 + random.nextInt(behind);
        }
        world.step((4 + random.nextInt(20)) * MILLI, () -> stream(server));
    }

    private void receive(DatabaseServer server) {
        DatabaseServer from = server.upstream;
        if (from == null
                || server.writable
                || !server.answers(world.now())
                || !from.answers(world.now())
                || !network.linked(server.id, from.id)
                || !server.continuesIn(from)) {
            return;
        }
        int missing = from.log.size() - server.log.size();
        if (from.retired && missing == 0) {
            // It has gone when it has sent everything.
            return;
        }
        server.lastReceived = world.now();
        int take = Math.min(missing, 1 + random.nextInt(8));
        for (int i = 0; i < take; i++) {
            DatabaseServer.Entry entry = from.log.get(server.log.size());
            server.log.add(entry);
            server.timeline = Math.max(server.timeline, entry.timeline);
        }
        if (server.log.size() == from.log.size()) {
            server.timeline = from.timeline;
        }
        int size = server.log.size();
        int incarnation = from.incarnation;
        world.step(random.nextInt(4) * MILLI, () -> {
            if (from.up && from.incarnation == incarnation && from.writable && network.linked(server.id, from.id)) {
                from.received.merge(server, size, Math::max);
                from.commit(quorum);
            }
        });
    }

    /** Whether a follower that is connected lacks something. */
    boolean lacks(DatabaseServer primary) {
        return servers.stream()
                .anyMatch(
                        each -> each.upstream == primary && isStreaming(each) && each.log.size() < primary.log.size());
    }

    boolean isStreaming(DatabaseServer server) {
        return !server.writable && server.upstream != null && world.now() - server.lastReceived < 400 * MILLI;
    }

    // --- the calls of processes

    /** Carries out a transaction and returns once it is committed. */
    <R> R execute(Clock clock, String process, DatabaseServer server, Command<R> command) throws Failed {
        reach(clock, process, server);
        long began = world.now();
        int incarnation = server.incarnation;
        while (world.now() < server.hungUntil) {
            clock.sleep(20 * MILLI);
            if (world.now() - began > CLIENT_TIMEOUT) {
                // It was sent, and is carried out when the server wakes up.
                world.step(
                        server.hungUntil - world.now() + random.nextInt(5) * MILLI,
                        () -> late(server, incarnation, command));
                throw new Failed(CallFailure.UNKNOWN, server.id + " is silent");
            }
        }
        requireUp(server, incarnation);
        if (!server.writable) {
            throw new Failed(CallFailure.NOT_PRIMARY, server.id + " is read-only");
        }
        R result = server.write(command);
        int position = server.log.size();
        server.commit(quorum);
        while (server.committed < position) {
            clock.sleep((1 + random.nextInt(4)) * MILLI);
            requireUp(server, incarnation);
            if (world.now() - began > CLIENT_TIMEOUT) {
                throw new Failed(CallFailure.UNKNOWN, "too few have it yet");
            }
        }
        answer(clock, process, server, incarnation, began);
        return result;
    }

    private static void late(DatabaseServer server, int incarnation, Command<?> command) {
        if (server.up && server.incarnation == incarnation && server.writable) {
            try {
                server.write(command);
            } catch (RuntimeException refused) {
                // nobody is there any more to be told that the transaction was rolled back
            }
        }
    }

    /** Reads what the server's readers see. */
    <R extends @Nullable Object> R query(
            Clock clock, String process, DatabaseServer server, Function<ShardState, R> query) throws Failed {
        reach(clock, process, server);
        long began = world.now();
        int incarnation = server.incarnation;
        while (world.now() < server.hungUntil) {
            clock.sleep(20 * MILLI);
            if (world.now() - began > CLIENT_TIMEOUT) {
                throw new Failed(CallFailure.UNKNOWN, server.id + " is silent");
            }
        }
        requireUp(server, incarnation);
        R result = query.apply(server.seen());
        answer(clock, process, server, incarnation, began);
        return result;
    }

    private void reach(Clock clock, String process, DatabaseServer server) throws Failed {
        if (!network.cross(clock, process, server.id)) {
            throw new Failed(CallFailure.NOT_SENT, "no route to " + server.id);
        }
        if (!server.up) {
            throw new Failed(CallFailure.NOT_SENT, server.id + " refuses");
        }
    }

    private void answer(Clock clock, String process, DatabaseServer server, int incarnation, long began) throws Failed {
        while (world.now() < server.hungUntil) {
            clock.sleep(20 * MILLI);
            if (world.now() - began > CLIENT_TIMEOUT) {
                throw new Failed(CallFailure.UNKNOWN, server.id + " is silent");
            }
        }
        if (!network.cross(clock, server.id, process)) {
            throw new Failed(CallFailure.UNKNOWN, "the answer of " + server.id + " was lost");
        }
        requireUp(server, incarnation);
    }

    private static void requireUp(DatabaseServer server, int incarnation) throws Failed {
        if (!server.up || server.incarnation != incarnation) {
            throw new Failed(CallFailure.UNKNOWN, server.id + " went away");
        }
    }

    @Override
    public String toString() {
        return servers.toString();
    }
}
