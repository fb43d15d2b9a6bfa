package dev.tenfold.replication;

import dev.tenfold.Call;
import dev.tenfold.Replicas;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.TenfoldException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.observe.Measured;
import dev.tenfold.observe.Measurement;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.session.Session;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.SnapshotCell.Watch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A primary and its replicas. Reads go to a healthy replica that has seen enough, writes to the primary of the current
 * epoch; roles and positions are read off the nodes themselves, and with {@link Failover#automatic()} a primary that is
 * gone is replaced.
 *
 * <pre>{@code
 * ReplicaSet<DataSource> users = ReplicaSet.<DataSource>builder("users")
 *         .primary("a", a).replica("b", b).replica("c", c)
 *         .engine(Postgres.streaming())
 *         .start();
 * Positioned<Integer> written = users.write(deadline, db -> insert(db, user));
 * Positioned<User> read = users.read(written.position(), deadline, db -> find(db, id));   // sees that write
 * }</pre>
 *
 * <ul>
 *   <li>A read may run more than once, on different nodes. A write runs again only where it is certain that nothing of
 *       it reached a node (the connection could not be opened, or the node refused to write): so a write's call makes one
 *       transaction.
 *   <li>Reads wait for a replica to reach their position, then ask the primary; writes wait for a primary. Both waits end
 *       with the deadline.
 *   <li>A primary that was replaced and comes back is never used, until it follows the new one.
 * </ul>
 *
 * <p>Thread-safe. A selection takes no lock; it allocates the {@link Route}. Every node is probed at an interval by a
 * thread of the scheduler; that is the only traffic of its own.
 *
 * @param <N> the kind of node
 */
public final class ReplicaSet<N> implements Replicas<N>, Measured, AutoCloseable {

    private final String name;
    private final ReplicaSettings settings;
    private final TimeSource time;
    private final ReplicationEngine<N> engine;
    private final Schedules schedules;
    private final Monitor<N> monitor;
    private final Router<N> router;
    private final Counters counters = new Counters();
    private final ReadChoices<N> choices;
    private final ChoicesByPreference<N> preferences;

    ReplicaSet(ReplicaSetBuilder<N> builder) {
        name = builder.name();
        settings = builder.settings();
        time = builder.time();
        engine = builder.engine();
        schedules = new Schedules(name, builder.scheduler());
        Signal changes = new Signal(schedules.waits());
        monitor = new Monitor<>(builder, schedules, changes);
        router = new Router<>(this, builder, monitor, changes, counters);
        preferences = new ChoicesByPreference<>(name, monitor, settings, time);
        choices = preferences.own();
    }

    /**
     * Starts describing a set named {@code "replicas"}.
     *
     * @param <N> the kind of node
     * @return a builder
     */
    public static <N> ReplicaSetBuilder<N> builder() {
        return builder("replicas");
    }

    /**
     * Starts describing a set.
     *
     * @param <N> the kind of node
     * @param name the shard's name, which its positions carry; not empty
     * @return a builder
     */
    public static <N> ReplicaSetBuilder<N> builder(String name) {
        return new ReplicaSetBuilder<>(name);
    }

    ReplicaSet<N> begin() {
        monitor.begin();
        return this;
    }

    @Override
    public String name() {
        return name;
    }

    /**
     * Returns what the set was told.
     *
     * @return the settings
     */
    public ReplicaSettings settings() {
        return settings;
    }

    /**
     * Returns the engine it was given.
     *
     * @return how it talks to its nodes
     */
    public ReplicationEngine<N> engine() {
        return engine;
    }

    /**
     * Returns who is what now. One volatile read.
     *
     * @return the newest topology
     */
    public ReplicaTopology<N> topology() {
        return monitor.topology().current();
    }

    /**
     * Watches the topology. The listener is told the current one at once and then each newer one; it must be quick.
     *
     * @param listener whom to tell
     * @return stops the watching when closed
     */
    public Watch watch(Consumer<? super ReplicaTopology<N>> listener) {
        return monitor.topology().watch(listener);
    }

    /**
     * {@inheritDoc}
     *
     * <p>The position returned covers {@code minimum}, unless only the primary could answer and cannot tell yet which commits
     * of that moment it shows; the answer shows the minimum even so. A failure that the engine attributes to the node is retried once on
     * each other node; what the call threw of its own passes through.
     *
     * @throws dev.tenfold.error.OverloadedException if only the primary could answer and its share of reads is used up
     */
    @Override
    public <R extends @Nullable Object, X extends Exception> Positioned<R> read(
            Position minimum, Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        return this.<R, X>read(choices, minimum, deadline, call, null, false);
    }

    /**
     * Reads as {@link #read(Position, Deadline, Call)} does, by a preference of its own.
     *
     * @param <R> what the call answers
     * @param <X> what the call throws
     * @param minimum what the node must have seen
     * @param deadline by when to have found one
     * @param preference which nodes may answer; keep it in a constant, up to {@value ChoicesByPreference#REMEMBERED} different
     *     ones are remembered
     * @param call reads from the node
     * @return the answer and a position that covers {@code minimum}
     * @throws X what the call threw of its own
     */
    public <R extends @Nullable Object, X extends Exception> Positioned<R> read(
            Position minimum,
            Deadline deadline,
            ReadPreference preference,
            Call<? super N, ? extends R, ? extends X> call)
            throws X {
        return this.<R, X>read(preferences.of(preference), minimum, deadline, call, null, false);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Asks the node for its position after the read.
     */
    @Override
    public <R extends @Nullable Object, X extends Exception> Positioned<R> readMarked(
            Position minimum, Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        return this.<R, X>read(choices, minimum, deadline, call, null, true);
    }

    /**
     * Reads for a session: the answer shows every write the session made and everything it has read, and the session is
     * advanced by what this read has seen. Exact, at the cost of asking the node for its position after the read; where it
     * cannot be asked any more, the session's next read is the primary's.
     *
     * @param <R> what the call answers
     * @param <X> what the call throws
     * @param session whose read it is; {@link dev.tenfold.session.SessionToken} carries it to another process
     * @param deadline by when to have found a node
     * @param call reads from the node
     * @return the answer
     * @throws X what the call threw of its own
     */
    public <R extends @Nullable Object, X extends Exception> R read(
            Session session, Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        return this.<R, X>read(choices, session.required(name), deadline, call, session, true)
                .value();
    }

    /**
     * Writes for a session, which is advanced by the write; if its outcome is unknown, the session's next read is the primary's.
     *
     * @param <R> what the call answers
     * @param <X> what the call throws
     * @param session whose write it is
     * @param deadline by when to have found the primary
     * @param call writes and commits one transaction
     * @return the answer
     * @throws X what the call threw of its own
     */
    public <R extends @Nullable Object, X extends Exception> R write(
            Session session, Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        try {
            Positioned<R> written = write(deadline, call);
            session.settle(written.position());
            return written.value();
        } catch (OutcomeUnknownException unknown) {
            session.requirePrimary(name);
            throw unknown;
        }
    }

    private <R extends @Nullable Object, X extends Exception> Positioned<R> read(
            ReadChoices<N> by,
            Position minimum,
            Deadline deadline,
            Call<? super N, ? extends R, ? extends X> call,
            @Nullable Session session,
            boolean marked)
            throws X {
        long tried = 0;
        Exception last = null;
        while (true) {
            Route<N> route = router.read(by, minimum, deadline, tried, last);
            try (route) {
                // A session keeps only what it has seen, so an old mark will do for it.
                Position before = session == null ? router.positionBeforeRead(route, minimum) : route.position();
                R answer = call.on(route.target());
                // The node's own position may still be of the timeline before.
                Position seen = marked ? before.max(router.positionAfterRead(route)) : before;
                route.report(Outcome.SUCCESS);
                if (session != null) {
                    note(session, route, seen);
                }
                return new Positioned<>(answer, before, seen);
            } catch (Exception failure) {
                if (route.failed(failure) == CallFailure.CALLER) {
                    throw failure;
                }
                counters.readRetries.increment();
                tried |= router.bit(route);
                last = failure;
            }
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>The call makes one transaction. If the position after the commit cannot be read, the answer comes with {@link
     * Position#primaryOnly}.
     */
    @Override
    public <R extends @Nullable Object, X extends Exception> Positioned<R> write(
            Deadline deadline, Call<? super N, ? extends R, ? extends X> call) throws X {
        Exception last = null;
        while (true) {
            Route<N> route = router.write(deadline, last);
            try (route) {
                R answer = call.on(route.target());
                return new Positioned<>(answer, router.positionAfterWrite(route));
            } catch (Exception failure) {
                switch (route.failed(failure)) {
                    case CALLER -> throw failure;
                    case UNKNOWN -> {
                        counters.unknownOutcomes.increment();
                        throw new OutcomeUnknownException(
                                "replica set '" + name + "': a write sent to the primary '"
                                        + route.endpoint().id() + "' of epoch " + route.epoch()
                                        + " may or may not have happened: " + failure,
                                failure);
                    }
                    case NOT_SENT, NOT_PRIMARY -> {
                        counters.writeRetries.increment();
                        last = failure;
                    }
                }
            }
        }
    }

    /**
     * Picks a node for reads that the caller makes itself, waiting as {@link #read} does.
     *
     * @param minimum what the node must have seen
     * @param deadline by when to have found one
     * @return a node, to be reported or closed
     * @throws UnavailableException if no node may answer
     * @throws dev.tenfold.error.DeadlineExceededException if no node reached the position in time
     * @throws dev.tenfold.error.LostWriteException if a failover lost what the position had seen
     * @throws dev.tenfold.error.OverloadedException if only the primary could answer and its share of reads is used up
     */
    public Route<N> routeRead(Position minimum, Deadline deadline) {
        return router.read(choices, minimum, deadline, 0, null);
    }

    /**
     * Picks a node as {@link #routeRead(Position, Deadline)} does, and makes a deadline only where it has to wait: for callers
     * that count each object.
     *
     * @param minimum what the node must have seen
     * @param patience how long to wait at most
     * @return a node, to be reported or closed
     */
    public Route<N> routeRead(Position minimum, Duration patience) {
        Route<N> now = router.readNow(choices, minimum, 0);
        return now != null ? now : routeRead(minimum, Deadline.after(patience, time));
    }

    /**
     * Picks a node as {@link #routeRead(Position, Deadline)} does, by a preference of its own.
     *
     * @param minimum what the node must have seen
     * @param deadline by when to have found one
     * @param preference which nodes may answer; up to {@value ChoicesByPreference#REMEMBERED} different ones are remembered
     * @return a node, to be reported or closed
     */
    public Route<N> routeRead(Position minimum, Deadline deadline, ReadPreference preference) {
        return router.read(preferences.of(preference), minimum, deadline, 0, null);
    }

    /**
     * Says where a read would go now, without waiting, without counting it as in flight, and without allocating anything.
     *
     * @param minimum what the node must have seen
     * @return the node, or null where a read would wait or ask the primary because no replica can answer
     */
    public @Nullable Endpoint<N> peekRead(Position minimum) {
        NodeState<N> node = router.peek(choices, minimum);
        return node == null ? null : node.endpoint();
    }

    private void note(Session session, Route<N> route, Position seen) {
        if (route.role() == Role.PRIMARY && !seen.isPrimaryOnly()) {
            session.settle(seen);
        } else {
            session.advance(seen);
        }
    }

    /**
     * Picks the primary for a write that the caller makes itself, waiting as {@link #write} does.
     *
     * @param deadline by when to have found it
     * @return the primary, to be reported or closed
     * @throws dev.tenfold.error.DeadlineExceededException if there was none in time; nothing was sent
     * @throws UnavailableException if the set is closed
     */
    public Route<N> routeWrite(Deadline deadline) {
        return router.write(deadline, null);
    }

    /**
     * Picks the primary as {@link #routeWrite(Deadline)} does, and makes a deadline only where it has to wait.
     *
     * @param patience how long to wait at most
     * @return the primary, to be reported or closed
     */
    public Route<N> routeWrite(Duration patience) {
        Route<N> now = router.writeNow();
        return now != null ? now : routeWrite(Deadline.after(patience, time));
    }

    /**
     * Says whether a node that was picked for reads may go on answering them.
     *
     * @param route a node picked earlier
     * @param minimum what it must have seen by now, as far as this process knows
     * @return false if the epoch changed or the node is not known to have reached the position
     */
    public boolean serves(Route<N> route, Position minimum) {
        return router.serves(route, minimum);
    }

    void suspect(NodeState<N> node) {
        monitor.suspect(node);
    }

    void endFallback() {
        router.endFallback();
    }

    /**
     * A switchover that was made.
     *
     * @param from the id of the former primary
     * @param to the id of the primary
     * @param epoch the epoch that began with it
     * @param writeGap for how long this process held writes back
     */
    public record Switchover(String from, String to, long epoch, Duration writeGap) {}

    /**
     * Makes another node the primary while the present one is well, and the present one its replica; loses no write. Writes
     * of this process wait meanwhile; transactions that are under way get a moment to end and are then ended by the server,
     * as are those of other processes. Needs an engine that can {@linkplain ReplicationEngine#retire retire} a primary. Made
     * in either mode of {@link Failover}, under the lease if there is one.
     *
     * @param target the id of a replica that follows
     * @param deadline by when the target must be about to be promoted; a switchover that is late is taken back
     * @return what was done; the former primary follows by then
     * @throws IllegalArgumentException if there is no such node
     * @throws UnsupportedOperationException if the engine lacks what it needs; nothing was done
     * @throws UnavailableException if it was not made, or the former primary does not follow yet; the message says which
     * @throws dev.tenfold.error.DeadlineExceededException if it was taken back because it was late
     */
    public Switchover switchover(String target, Deadline deadline) {
        int node = index(target);
        ReplicaTopology<N> before = topology();
        if (before.primaryIndex() == node) {
            throw new IllegalArgumentException("switchover: " + target + " (expected: a replica, not the primary)");
        }
        try {
            CompletableFuture<Switchover> done = monitor.switchover(node, deadline);
            schedules.waits().await(done);
            Switchover made = done.get();
            monitor.rejoin(index(made.from()), false);
            return made;
        } catch (Exception failure) {
            throw unavailable("switchover to '" + target + "'", failure);
        }
    }

    /**
     * Makes a node follow the primary, whatever it was: a former primary that is down, or that a failover which may have
     * lost data left with writes of its own. Those are gone afterwards; where there is a consumer of {@linkplain
     * ReplicaSetBuilder#recoveryReports recovery reports} it is told of them first. Blocks until the node follows, which may
     * take as long as copying all of the data.
     *
     * @param id the node's
     * @throws IllegalArgumentException if there is no such node, or it is the primary
     * @throws UnsupportedOperationException if the engine lacks what it needs; nothing was done
     * @throws UnavailableException if it failed; it may be tried again
     */
    public void rejoin(String id) {
        int node = index(id);
        if (topology().primaryIndex() == node) {
            throw new IllegalArgumentException("rejoin: " + id + " (expected: not the primary)");
        }
        try {
            monitor.rejoin(node, true);
        } catch (Exception failure) {
            throw unavailable("rejoin of '" + id + "'", failure);
        }
    }

    private int index(String id) {
        for (NodeState<N> node : monitor.nodes()) {
            if (node.endpoint().id().equals(id)) {
                return node.index();
            }
        }
        throw new IllegalArgumentException("node: " + id + " (expected: one of "
                + monitor.nodes().stream().map(node -> node.endpoint().id()).toList() + ")");
    }

    private RuntimeException unavailable(String what, Exception failure) {
        Throwable cause =
                failure instanceof ExecutionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        if (cause instanceof TenfoldException || cause instanceof UnsupportedOperationException) {
            return (RuntimeException) cause;
        }
        return new UnavailableException("replica set '" + name + "': " + what + " failed: " + cause, List.of(), cause);
    }

    @Override
    public List<Measurement> measurements() {
        return counters.measurements(this, monitor.nodes());
    }

    /**
     * Stops probing and ends the threads it started, then closes the engine. Waiting calls fail with {@link
     * UnavailableException}; running ones go on, since the nodes are the caller's. Closing twice does nothing.
     */
    @Override
    public void close() {
        monitor.close();
        schedules.close();
        engine.close();
    }

    @Override
    public String toString() {
        return "ReplicaSet[" + name + ", epoch " + topology().epoch() + ", "
                + topology().members() + "]";
    }
}
