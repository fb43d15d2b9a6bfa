package dev.tenfold.replication;

import dev.tenfold.session.Position;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * A node picked for a read or a write, to be used and then reported. It counts as in flight until then.
 *
 * <p>Thread-safe: the first report counts, later ones and {@link #close()} do nothing.
 *
 * @param <N> the kind of node
 */
public final class Route<N> implements Selection<N> {

    /** Bits of {@link #state}: it was picked as a replica; as the primary in a replica's place; it was reported. */
    private static final int REPLICA = 1;

    private static final int FALLBACK = 2;
    private static final int REPORTED = 4;

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<Route> STATE =
            AtomicIntegerFieldUpdater.newUpdater(Route.class, "state");

    // One is made for each call: so few fields, and bits of one of them rather than an atomic object and flags.
    private final ReplicaSet<N> set;
    private final NodeState<N> node;
    private final ReplicaTopology<N> topology;
    /** How much of the epoch's timeline the node certainly showed. */
    private final long offset;

    private volatile int state;

    private Route(ReplicaSet<N> set, NodeState<N> node, ReplicaTopology<N> topology, long offset, int state) {
        this.set = set;
        this.node = node;
        this.topology = topology;
        this.offset = offset;
        this.state = state;
        node.begin();
    }

    static <N> Route<N> to(ReplicaSet<N> set, NodeState<N> node, Role role, ReplicaTopology<N> topology, long offset) {
        return new Route<>(set, node, topology, offset, role == Role.REPLICA ? REPLICA : 0);
    }

    /** A read on the primary that counts as one that a replica should have answered. */
    static <N> Route<N> instead(ReplicaSet<N> set, NodeState<N> primary, ReplicaTopology<N> topology, long offset) {
        return new Route<>(set, primary, topology, offset, FALLBACK);
    }

    NodeState<N> node() {
        return node;
    }

    ReplicaTopology<N> topology() {
        return topology;
    }

    @Override
    public Endpoint<N> endpoint() {
        return node.endpoint();
    }

    /**
     * Returns what the node was when it was picked.
     *
     * @return {@link Role#PRIMARY} or {@link Role#REPLICA}
     */
    public Role role() {
        return is(REPLICA) ? Role.REPLICA : Role.PRIMARY;
    }

    /**
     * Returns the epoch it was picked in.
     *
     * @return the topology's epoch
     */
    public long epoch() {
        return topology.epoch();
    }

    private boolean is(int bit) {
        return (state & bit) != 0;
    }

    /**
     * Returns how much history the node certainly showed when it was picked, by its last answer.
     *
     * @return a position that its reads have reached for certain; they may be further
     */
    public Position position() {
        return new Position(set.name(), epoch(), offset);
    }

    /**
     * Says whether the node still is what it was picked as: the epoch has not changed since.
     *
     * @return false once another primary was promoted or found
     */
    public boolean isCurrent() {
        return set.topology().epoch() == epoch();
    }

    @Override
    public void report(Outcome outcome) {
        int before = state;
        if ((before & REPORTED) == 0 && STATE.compareAndSet(this, before, before | REPORTED)) {
            node.end();
            if (is(REPLICA)) {
                node.readEnded(outcome);
            }
            if (is(FALLBACK)) {
                set.endFallback();
            }
            if (outcome.countsAgainstEndpoint()) {
                set.suspect(node);
            }
        }
    }

    /**
     * Reports a failed call and says what it means. A failure that is the node's makes it ineligible until it answers a
     * probe again, which is made at once.
     *
     * @param failure what the call threw
     * @return what the failure says
     */
    public CallFailure failed(Throwable failure) {
        CallFailure kind = set.engine().classify(failure);
        report(
                switch (kind) {
                    case NOT_SENT -> Outcome.CONNECT_FAILED;
                    case NOT_PRIMARY, UNKNOWN -> Outcome.FAILED;
                    case CALLER -> Outcome.REJECTED;
                });
        return kind;
    }

    @Override
    public String toString() {
        return "Route[" + role() + " '" + node.endpoint().id() + "', epoch " + epoch() + "]";
    }
}
