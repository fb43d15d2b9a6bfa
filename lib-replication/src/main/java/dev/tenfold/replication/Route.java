package dev.tenfold.replication;

import dev.tenfold.session.Position;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A node picked for a read or a write, to be used and then reported. It counts as in flight until then.
 *
 * <p>Thread-safe: the first report counts, later ones and {@link #close()} do nothing.
 *
 * @param <N> the kind of node
 */
public final class Route<N> implements Selection<N> {

    private final ReplicaSet<N> set;
    private final NodeState<N> node;
    private final Role role;
    private final long epoch;
    private final Position position;
    private final boolean fallback;
    private final AtomicBoolean reported = new AtomicBoolean();

    Route(ReplicaSet<N> set, NodeState<N> node, Role role, long epoch, Position position, boolean fallback) {
        this.set = set;
        this.node = node;
        this.role = role;
        this.epoch = epoch;
        this.position = position;
        this.fallback = fallback;
        node.begin();
    }

    NodeState<N> node() {
        return node;
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
        return role;
    }

    /**
     * Returns the epoch it was picked in.
     *
     * @return the topology's epoch
     */
    public long epoch() {
        return epoch;
    }

    /**
     * Returns how much history the node had when it was picked.
     *
     * @return a position that it has reached for certain; it may be further
     */
    public Position position() {
        return position;
    }

    /**
     * Says whether the node still is what it was picked as: the epoch has not changed since.
     *
     * @return false once another primary was promoted or found
     */
    public boolean isCurrent() {
        return set.topology().epoch() == epoch;
    }

    @Override
    public void report(Outcome outcome) {
        if (reported.compareAndSet(false, true)) {
            node.end();
            if (fallback) {
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
        return "Route[" + role + " '" + node.endpoint().id() + "', epoch " + epoch + "]";
    }
}
