package dev.tenfold.replication;

import dev.tenfold.session.Position;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A node picked for a read or a write, to be used and then reported. It counts as in flight until then.
 *
 * <p>Thread-safe: the first report counts, later ones and {@link #close()} do nothing.
 *
 * @param <N> the kind of node
 */
public final class Route<N> implements Selection<N> {

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<Route> REPORTED =
            AtomicIntegerFieldUpdater.newUpdater(Route.class, "reported");

    private final ReplicaSet<N> set;
    private final NodeState<N> node;
    private final Role role;
    private final long epoch;
    /** Where the node certainly was, on the timeline of the epoch unless {@code elsewhere} says better. */
    private final long offset;

    private final @Nullable Position elsewhere;
    private final boolean fallback;
    /** 0 until it is reported. An updater rather than an atomic object, since a route is made for each call. */
    @SuppressWarnings("UnusedVariable") // read and written by REPORTED
    private volatile int reported;

    private Route(
            ReplicaSet<N> set,
            NodeState<N> node,
            Role role,
            long epoch,
            long offset,
            @Nullable Position elsewhere,
            boolean fallback) {
        this.set = set;
        this.node = node;
        this.role = role;
        this.epoch = epoch;
        this.offset = offset;
        this.elsewhere = elsewhere;
        this.fallback = fallback;
        node.begin();
    }

    static <N> Route<N> to(ReplicaSet<N> set, NodeState<N> node, Role role, long epoch, long offset) {
        return new Route<>(set, node, role, epoch, offset, null, false);
    }

    /** A read on the primary; {@code capped} if it counts as one that a replica should have answered. */
    static <N> Route<N> toPrimary(ReplicaSet<N> set, NodeState<N> node, long epoch, Position position, boolean capped) {
        return new Route<>(set, node, Role.PRIMARY, epoch, 0, position, capped);
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
        return elsewhere != null ? elsewhere : new Position(set.name(), epoch, offset);
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
        if (REPORTED.compareAndSet(this, 0, 1)) {
            node.end();
            if (role == Role.REPLICA) {
                node.readEnded(outcome);
            }
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
