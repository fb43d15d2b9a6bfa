package dev.tenfold.replication.testing;

import dev.tenfold.replication.CallFailure;
import dev.tenfold.replication.LogPosition;
import dev.tenfold.replication.Probe;
import dev.tenfold.replication.ReplicationEngine;
import dev.tenfold.topology.Endpoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replication without servers: nodes that hold lists of strings, stream to each other at once, and can be crashed, cut off
 * and delayed. For tests and examples that need a replica set and no database.
 *
 * <p>Thread-safe. It never waits: a node that cannot answer fails at once.
 */
public final class InMemoryReplication implements ReplicationEngine<InMemoryReplication.Node> {

    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final List<String> steps = new ArrayList<>();
    private final int synchronousReplicas;

    /**
     * Makes nodes of one history: the first is the primary, the others follow it.
     *
     * @param synchronousReplicas how many replicas must have a write before it is acknowledged
     * @param ids the nodes
     */
    public InMemoryReplication(int synchronousReplicas, String... ids) {
        this.synchronousReplicas = synchronousReplicas;
        for (String id : ids) {
            Node node = new Node(id);
            node.upstream = nodes.isEmpty() ? null : ids[0];
            node.writable = nodes.isEmpty();
            nodes.put(id, node);
        }
    }

    /** What a node that cannot do what it is asked throws. */
    public static final class Failure extends RuntimeException {
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
     */
    public Node node(String id) {
        Node node = nodes.get(id);
        if (node == null) {
            throw new IllegalArgumentException("node: " + id + " (expected: one of " + nodes.keySet() + ")");
        }
        return node;
    }

    /**
     * Returns what the engine was told to do, such as {@code "freeze b"}.
     *
     * @return freezes, promotions and re-pointings in their order
     */
    public synchronized List<String> steps() {
        return List.copyOf(steps);
    }

    /** A node: a list of strings that only grows, except that a replica takes over its primary's. */
    public final class Node {
        private final String id;
        private List<String> log = new ArrayList<>();
        private int replayed;
        private long timeline = 1;
        private int start;
        private boolean writable;
        private boolean down;
        private boolean cut;
        private boolean delayed;
        private boolean stuck;
        private @Nullable String upstream;

        private Node(String id) {
            this.id = id;
        }

        /** Appends; returns once enough replicas have it. */
        public void write(String value) {
            synchronized (InMemoryReplication.this) {
                requireUp();
                if (!writable) {
                    throw new Failure(CallFailure.NOT_PRIMARY, id + " is read-only");
                }
                log.add(value);
                replayed = log.size();
                stream();
                long acknowledged = nodes.values().stream()
                        .filter(n -> n.streamsFrom(this) && n.log.size() == log.size())
                        .count();
                if (acknowledged < synchronousReplicas) {
                    throw new Failure(CallFailure.UNKNOWN, "too few replicas have '" + value + "'");
                }
            }
        }

        /** Reads what has been replayed. */
        public List<String> read() {
            synchronized (InMemoryReplication.this) {
                requireUp();
                return List.copyOf(log.subList(0, replayed));
            }
        }

        /** Stops answering anybody. */
        public void crash() {
            set(() -> down = true);
        }

        /** Answers again, with the data and the role it had. */
        public void restart() {
            set(() -> down = false);
        }

        /** Receives nothing any more, or again; still answers. */
        public void cutOff(boolean value) {
            set(() -> cut = value);
        }

        /** Keeps what it receives from its readers, or shows it. */
        public void delayReplay(boolean value) {
            set(() -> delayed = value);
        }

        /** Fails when it is told to freeze. */
        public void refuseFreeze() {
            set(() -> stuck = true);
        }

        /** Promotes it behind everybody's back. */
        public void promoteByHand() {
            synchronized (InMemoryReplication.this) {
                becomePrimary();
            }
        }

        private void set(Runnable change) {
            synchronized (InMemoryReplication.this) {
                change.run();
                stream();
            }
        }

        private boolean streamsFrom(Node primary) {
            return !down && !cut && !writable && primary.id.equals(upstream) && !primary.down && primary.writable;
        }

        private void becomePrimary() {
            replayed = log.size();
            start = replayed;
            writable = true;
            upstream = null;
            timeline =
                    1 + nodes.values().stream().mapToLong(n -> n.timeline).max().orElse(0);
            stream();
        }

        private void requireUp() {
            if (down) {
                throw new Failure(CallFailure.NOT_SENT, id + " is down");
            }
        }

        @Override
        public String toString() {
            return id;
        }
    }

    /** Everybody who follows a living primary takes what it lacks, unless it is ahead of where the histories part. */
    private void stream() {
        for (Node node : nodes.values()) {
            Node primary = node.upstream == null ? null : nodes.get(node.upstream);
            if (primary != null && node.streamsFrom(primary)) {
                boolean shared = node.timeline == primary.timeline || node.log.size() <= primary.start;
                if (shared) {
                    node.log = new ArrayList<>(primary.log);
                    node.timeline = primary.timeline;
                    node.start = primary.start;
                }
            }
            if (!node.delayed) {
                node.replayed = node.log.size();
            }
        }
    }

    @Override
    public synchronized Probe probe(Endpoint<Node> node) {
        Node n = node.target();
        n.requireUp();
        LogPosition received = new LogPosition(n.timeline, n.log.size());
        if (n.writable) {
            return Probe.primary(received);
        }
        Node primary = n.upstream == null ? null : nodes.get(n.upstream);
        boolean streaming = primary != null && n.streamsFrom(primary);
        return Probe.replica(streaming, received, new LogPosition(n.timeline, n.replayed));
    }

    @Override
    public LogPosition position(Endpoint<Node> node) {
        return probe(node).replayed();
    }

    @Override
    public synchronized LogPosition timelineStart(Endpoint<Node> primary) {
        primary.target().requireUp();
        return new LogPosition(primary.target().timeline, primary.target().start);
    }

    @Override
    public synchronized LogPosition freeze(Endpoint<Node> replica) {
        Node node = replica.target();
        node.requireUp();
        if (node.stuck) {
            throw new Failure(CallFailure.UNKNOWN, node.id + " does not freeze");
        }
        node.upstream = null;
        steps.add("freeze " + node.id);
        return new LogPosition(node.timeline, node.log.size());
    }

    @Override
    public synchronized LogPosition promote(Endpoint<Node> candidate) {
        Node node = candidate.target();
        node.requireUp();
        node.becomePrimary();
        steps.add("promote " + node.id);
        return timelineStart(candidate);
    }

    @Override
    public synchronized void follow(Endpoint<Node> replica, Endpoint<Node> primary) {
        Node node = replica.target();
        node.requireUp();
        node.upstream = primary.id();
        steps.add("follow " + node.id + " -> " + primary.id());
        stream();
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
        // nothing was opened
    }
}
