package dev.tenfold.replication.memory;

import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Probe;
import dev.tenfold.replication.ReplicationEngine;
import dev.tenfold.replication.memory.MemoryNode.Change;
import dev.tenfold.topology.Endpoint;
import java.io.Serial;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * An engine over nodes in memory, for tests and examples that need a replica set and no database. It does what PostgreSQL does,
 * at once: replicas take what the primary has, a commit fails where fewer than {@code k} replicas have it, a promotion begins a
 * new timeline, a replica receives only from a history that contains its own, and a primary that crashed comes back as a primary.
 *
 * <pre>{@code
 * MemoryReplication memory = new MemoryReplication(1, "a", "b", "c");
 * ReplicaSet<MemoryNode> set = ReplicaSet.<MemoryNode>builder("users")
 *         .primary("a", memory.node("a")).replica("b", memory.node("b")).replica("c", memory.node("c"))
 *         .engine(memory)
 *         .failover(Failover.automatic())
 *         .start();
 * memory.node("a").crash();                                        // and watch it be replaced
 * set.write(deadline, node -> { node.put("k", "v"); return 0; });
 * }</pre>
 *
 * <p>Thread-safe. It never waits: a node that cannot answer fails at once. One engine serves one set at a time; a later set may
 * take it over, as a new process would the servers.
 */
public final class MemoryReplication implements ReplicationEngine<MemoryNode> {

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, MemoryNode> nodes = new LinkedHashMap<>();
    private final List<String> steps = new ArrayList<>();
    private final int synchronousReplicas;

    /**
     * Makes nodes of one history: the first is the primary, the others follow it.
     *
     * @param synchronousReplicas how many replicas must have a write before it is acknowledged; 0 is asynchronous
     * @param ids the nodes
     */
    public MemoryReplication(int synchronousReplicas, String... ids) {
        this.synchronousReplicas = synchronousReplicas;
        for (String id : ids) {
            MemoryNode node = new MemoryNode(this, id);
            node.upstream = nodes.isEmpty() ? null : ids[0];
            node.writable = nodes.isEmpty();
            nodes.put(id, node);
        }
    }

    /** What a node that cannot do what it is asked throws. */
    private static final class Failure extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1;

        private final CallFailure kind;

        Failure(CallFailure kind, String message) {
            super(message);
            this.kind = kind;
        }
    }

    /**
     * Returns a node.
     *
     * @param id its name
     * @return the node
     * @throws IllegalArgumentException if there is none of that name
     */
    public MemoryNode node(String id) {
        MemoryNode node = nodes.get(id);
        if (node == null) {
            throw new IllegalArgumentException("node: " + id + " (expected: one of " + nodes.keySet() + ")");
        }
        return node;
    }

    /**
     * Returns what the engine was told to do, such as {@code "freeze b"} or {@code "follow b -> c"}.
     *
     * @return freezes, promotions, re-pointings and re-joins in their order
     */
    public List<String> steps() {
        return call(() -> List.copyOf(steps));
    }

    <R> R call(Supplier<R> body) {
        lock.lock();
        try {
            return body.get();
        } finally {
            lock.unlock();
        }
    }

    void run(Runnable body) {
        call(() -> {
            body.run();
            return 0;
        });
    }

    void requireUp(MemoryNode node) {
        if (node.down) {
            throw new Failure(CallFailure.NOT_SENT, node.id + " is down");
        }
    }

    void write(MemoryNode node, String key, String value) {
        requireUp(node);
        if (!node.writable) {
            throw new Failure(CallFailure.NOT_PRIMARY, node.id + " is read-only");
        }
        node.log.add(new Change(node.timeline, key, value));
        node.replayed = node.log.size();
        stream();
        long acknowledged = nodes.values().stream()
                .filter(n -> streams(n, node) && n.log.size() == node.log.size())
                .count();
        if (acknowledged < synchronousReplicas) {
            throw new Failure(
                    CallFailure.UNKNOWN,
                    acknowledged + " replicas have '" + key + "' (expected: " + synchronousReplicas + ")");
        }
    }

    void becomePrimary(MemoryNode node) {
        node.start = node.log.size();
        node.timeline = Math.max(node.timeline, node.reserved) + 1;
        node.log.add(new Change(node.timeline, "", ""));
        node.replayed = node.log.size();
        node.writable = true;
        node.upstream = null;
        stream();
    }

    private static boolean streams(MemoryNode node, MemoryNode from) {
        int size = node.log.size();
        boolean reached = !node.down && !node.cut && !from.down && !node.writable && from.id.equals(node.upstream);
        return reached
                && from.writable
                && from.log.size() >= size
                && (size == 0 || from.log.get(size - 1).equals(node.log.get(size - 1)));
    }

    /** Everybody who follows a living primary takes what it lacks, if that continues what it has. */
    void stream() {
        for (MemoryNode node : nodes.values()) {
            MemoryNode from = node.upstream == null ? null : nodes.get(node.upstream);
            if (from != null && streams(node, from)) {
                copy(node, from);
            }
            if (!node.lagging) {
                node.replayed = node.log.size();
            }
        }
    }

    private static void copy(MemoryNode node, MemoryNode from) {
        node.log = new ArrayList<>(from.log);
        node.timeline = from.timeline;
        node.start = from.start;
    }

    @Override
    public Probe probe(Endpoint<MemoryNode> endpoint) {
        MemoryNode node = endpoint.target();
        return call(() -> {
            requireUp(node);
            LogPosition received = new LogPosition(node.timeline, node.log.size());
            if (node.writable) {
                return Probe.primary(received);
            }
            MemoryNode from = node.upstream == null ? null : nodes.get(node.upstream);
            boolean streaming = from != null && streams(node, from);
            return Probe.replica(streaming, received, new LogPosition(node.timeline, node.replayed));
        });
    }

    @Override
    public LogPosition position(Endpoint<MemoryNode> node) {
        return probe(node).replayed();
    }

    @Override
    public LogPosition timelineStart(Endpoint<MemoryNode> primary) {
        MemoryNode node = primary.target();
        return call(() -> {
            requireUp(node);
            return new LogPosition(node.timeline, node.start);
        });
    }

    @Override
    public LogPosition freeze(Endpoint<MemoryNode> replica, long token) {
        MemoryNode node = replica.target();
        return call(() -> {
            requireReplica(node, token);
            if (node.stuck) {
                throw new Failure(CallFailure.UNKNOWN, node.id + " does not freeze");
            }
            node.upstream = null;
            steps.add("freeze " + node.id);
            return new LogPosition(node.timeline, node.log.size());
        });
    }

    @Override
    public long reserve(Endpoint<MemoryNode> endpoint, long timeline, long token) {
        MemoryNode node = endpoint.target();
        return call(() -> {
            requireUp(node);
            fence(node, token);
            node.reserved = Math.max(node.reserved, timeline);
            return node.reserved;
        });
    }

    @Override
    public LogPosition promote(Endpoint<MemoryNode> candidate, long token) {
        MemoryNode node = candidate.target();
        return call(() -> {
            requireReplica(node, token);
            becomePrimary(node);
            steps.add("promote " + node.id);
            return timelineStart(candidate);
        });
    }

    @Override
    public void follow(Endpoint<MemoryNode> replica, Endpoint<MemoryNode> primary, long token) {
        MemoryNode node = replica.target();
        run(() -> {
            requireReplica(node, token);
            node.upstream = primary.id();
            steps.add("follow " + node.id + " -> " + primary.id());
            stream();
        });
    }

    private void requireReplica(MemoryNode node, long token) {
        requireUp(node);
        if (node.writable) {
            throw new Failure(CallFailure.CALLER, node.id + " is a primary (expected: a replica)");
        }
        fence(node, token);
    }

    private static void fence(MemoryNode node, long token) {
        if (token != 0 && token < node.token) {
            throw new Failure(
                    CallFailure.CALLER,
                    "fencing token: " + token + " (expected: >= " + node.token + ", as " + node.id
                            + " was given by another since)");
        }
        node.token = Math.max(node.token, token);
    }

    @Override
    public Set<String> followers(Endpoint<MemoryNode> primary) {
        return call(() -> {
            requireUp(primary.target());
            return nodes.values().stream()
                    .filter(node -> streams(node, primary.target()))
                    .map(MemoryNode::id)
                    .collect(Collectors.toSet());
        });
    }

    @Override
    public Optional<String> obstacleToRejoin(Endpoint<MemoryNode> node) {
        return Optional.empty();
    }

    @Override
    public boolean rejoin(Endpoint<MemoryNode> node, Endpoint<MemoryNode> primary, long token) {
        MemoryNode back = node.target();
        run(() -> {
            requireUp(primary.target());
            fence(back, token);
            if (back.timeline > primary.target().timeline) {
                throw new Failure(
                        CallFailure.CALLER,
                        back.id + " is on timeline " + back.timeline + " (expected: at most "
                                + primary.target().timeline + ", the primary's)");
            }
            copy(back, primary.target());
            back.down = false;
            back.writable = false;
            back.retired = false;
            back.upstream = primary.id();
            steps.add("rejoin " + back.id + " -> " + primary.id());
            stream();
        });
        return true;
    }

    @Override
    public LogPosition retire(Endpoint<MemoryNode> primary, Runnable fence) {
        MemoryNode node = primary.target();
        run(() -> requirePrimary(node));
        fence.run();
        return call(() -> {
            requirePrimary(node);
            stream();
            node.writable = false;
            node.retired = true;
            steps.add("retire " + node.id);
            return new LogPosition(node.timeline, node.log.size());
        });
    }

    private void requirePrimary(MemoryNode node) {
        requireUp(node);
        if (!node.writable) {
            throw new Failure(CallFailure.CALLER, node.id + " is a replica (expected: a primary)");
        }
    }

    @Override
    public void reinstate(Endpoint<MemoryNode> retired) {
        run(() -> {
            if (!retired.target().retired) {
                throw new Failure(CallFailure.CALLER, retired.id() + " is not retired any more");
            }
            retired.target().retired = false;
            retired.target().writable = true;
            steps.add("reinstate " + retired.id());
        });
    }

    @Override
    public CallFailure classify(Throwable failure) {
        return failure instanceof Failure known ? known.kind : CallFailure.CALLER;
    }

    @Override
    public int synchronousReplicas() {
        return synchronousReplicas;
    }

    @Override
    public void close() {
        // nothing was opened, and another set may take the nodes over
    }

    @Override
    public String toString() {
        return "MemoryReplication" + nodes.keySet();
    }
}
