package dev.tenfold;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.LostWriteException;
import dev.tenfold.error.NotAnnouncedException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.session.Marks;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.session.Session;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The stages behind {@link DataPath}, in the order that keeps its promise.
 *
 * <p>A read uses a copy only if its position (the mark taken <i>before</i> it was read) covers what the session has written and
 * what it has seen of the key, or if it is the very value the session was shown last; the session then remembers the copy's
 * later mark, taken <i>after</i>: it may have seen that much. So a copy is never trusted for more than it certainly reflects,
 * and never noted for less than it may reflect. A write commits, advances the session, and drops the copies before it
 * returns; the cache refuses fills that began before the drop. A fill that began after it, by a session that has not seen
 * the write, may come from a lagging replica, but then its position does not cover the writer's session.
 */
final class DataPipeline<K, V, N> {

    private final String name;
    private final Locator<? super K, ? extends Replicas<N>> homes;
    private final Replicas.Reading<N, K, V> reading;
    private final @Nullable WriteStep<N, K, V> writing;
    private final @Nullable WriteStep<N, K, V> removing;
    private final @Nullable ReadThrough<K, V> cache;
    private final @Nullable Invalidation<K> invalidation;
    private final @Nullable Publisher<DataPath.Change<K, V>> publisher;
    private final String routingKey;
    private final @Nullable Runnable relay;
    private final Duration budget;
    private final Observer observer;
    private final TimeSource time;
    private final RandomGenerator random;
    private final SessionKeys<K> keys;
    private final Session everybody = new Session();
    private final Gate gate = new Gate();

    private final LongAdder reads = new LongAdder();
    private final LongAdder storeReads = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final LongAdder rerouted = new LongAdder();
    private final LongAdder unknownOutcomes = new LongAdder();

    DataPipeline(DataPath.Builder<K, V, N> builder) {
        name = builder.name;
        homes = builder.homes;
        reading = Objects.requireNonNull(builder.reading);
        writing = builder.writing;
        removing = builder.removing;
        cache = builder.cache;
        invalidation = builder.invalidation;
        publisher = builder.publisher;
        routingKey = builder.routingKey;
        budget = builder.deadline;
        relay = builder.relay;
        observer = builder.observer.guarded();
        time = builder.time;
        random = builder.random;
        keys = new SessionKeys<>(name, builder.keyForm);
    }

    /** The session of calls that bring none. So many keys are read in it that it tells none of them apart. */
    Session everybody() {
        return everybody;
    }

    @Nullable
    V get(K key, Session session) {
        gate.enter(this);
        try {
            reads.increment();
            Deadline deadline = Deadline.after(budget, time);
            return routed(key, session, deadline, home -> read(home, key, session, deadline));
        } finally {
            gate.leave();
        }
    }

    void put(K key, V value, Session session) {
        enterAndChange(key, value, session, required(writing, "writing"));
    }

    void remove(K key, Session session) {
        enterAndChange(key, null, session, required(removing, "removing"));
    }

    private void enterAndChange(K key, @Nullable V value, Session session, WriteStep<N, K, V> step) {
        gate.enter(this);
        try {
            change(key, value, session, step);
        } finally {
            gate.leave();
        }
    }

    void close() {
        gate.close();
    }

    private @Nullable V read(Replicas<N> home, K key, Session session, Deadline deadline) {
        long hash = session == everybody ? Session.ANY_KEY : keys.hash(key);
        Marks marks = session.marks(home.name(), hash);
        Load load = new Load(home, marks.minimum(), deadline);
        Positioned<@Nullable V> found;
        try {
            found = cache == null ? load.apply(key) : fromCache(cache, key, marks, load);
        } catch (LostWriteException lost) {
            // Told once; from here on the session follows the history that survived.
            session.restart(Position.primaryOnly(home.name()));
            throw lost;
        }
        session.saw(home.name(), hash, marks, found);
        return found.value();
    }

    /**
     * Reads through the cache. It knows positions alone: so it is asked for what every read of the shard must have reached,
     * and only if the session may not be shown that copy, for what a read of this key must have reached too.
     */
    private Positioned<@Nullable V> fromCache(ReadThrough<K, V> from, K key, Marks marks, Load load) {
        Positioned<@Nullable V> found = from.get(key, marks.floor(), load);
        if (load.mayShow(found, marks)) {
            return found;
        }
        if (invalidation != null && !load.isAtHome(found)) {
            // It was read where the key lived before, and says nothing of its home.
            invalidation.invalidate(key);
        }
        found = from.get(key, marks.minimum(), load);
        return load.mayShow(found, marks) ? found : load.apply(key);
    }

    private void change(K key, @Nullable V value, Session session, WriteStep<N, K, V> step) {
        writes.increment();
        Deadline deadline = Deadline.after(budget, time);
        DataPath.Change<K, V> change = new DataPath.Change<>(name, key, value, Position.none());
        Positioned<Boolean> committed;
        try {
            committed = routed(key, session, deadline, home -> commit(home, change, session, deadline, step));
        } finally {
            // Also after a failure: a copy dropped for nothing costs one read, a copy kept in error is a broken
            // promise.
            if (invalidation != null) {
                invalidation.invalidate(key);
            }
        }
        if (step.isRecording()) {
            relay(change, committed.value());
        } else if (publisher != null) {
            announce(publisher, new DataPath.Change<>(name, key, value, committed.position()), deadline);
        }
    }

    private Positioned<Boolean> commit(
            Replicas<N> home,
            DataPath.Change<K, V> change,
            Session session,
            Deadline deadline,
            WriteStep<N, K, V> step) {
        try {
            Positioned<Boolean> committed = home.<Boolean, Exception>write(deadline, node -> step.commit(node, change));
            session.advance(committed.position());
            return committed;
        } catch (OutcomeUnknownException unknown) {
            session.requirePrimary(home.name());
            unknownOutcomes.increment();
            report("write.unknown", Level.WARNING, "the outcome of a write is not known", change.key(), unknown);
            throw unknown;
        } catch (Exception failure) {
            throw CallFailedException.unchecked("writing of " + this, failure);
        }
    }

    /** Finds the home and, as long as homes refuse for being asked by an old map and time is left, the next one. */
    private <R extends @Nullable Object> R routed(
            K key, Session session, Deadline deadline, Function<Replicas<N>, R> step) {
        StaleEpochException last = null;
        while (true) {
            try {
                return step.apply(home(key, session, last, deadline));
            } catch (StaleEpochException refused) {
                if (deadline.isExpired()) {
                    throw refused;
                }
                rerouted.increment();
                last = refused;
            }
        }
    }

    /** Finds the home by a topology that is no older than the session's, which it becomes. */
    private Replicas<N> home(K key, Session session, @Nullable StaleEpochException refused, Deadline deadline) {
        Position topology = homes.topology();
        Replicas<N> home = refused == null ? homes.locate(key) : homes.relocate(key, refused, deadline);
        for (Position now = homes.topology(); !now.equals(topology); now = homes.topology()) {
            topology = now;
            home = homes.locate(key);
        }
        if (!topology.isNone()) {
            Position known = session.topology(topology.shard());
            if (!topology.covers(known)) {
                throw new StaleEpochException(
                        "topology '" + topology.shard() + "' of a session", topology.offset(), known.offset());
            }
            session.adopt(topology);
        }
        return home;
    }

    private void relay(DataPath.Change<K, V> change, boolean stored) {
        if (!stored) {
            IllegalStateException forgotten = new IllegalStateException("the function that writes has not called"
                    + " announcement.recordIn(transaction) before it committed");
            report("announcement.failed", Level.ERROR, "a committed write was not announced", change.key(), forgotten);
            throw new NotAnnouncedException(
                    this + ": the write of key " + change.key() + " is committed without its announcement", forgotten);
        }
        if (relay != null) {
            try {
                relay.run();
            } catch (RuntimeException failure) {
                report(
                        "relay.failed",
                        Level.WARNING,
                        "an announcement waits for the relay's next look",
                        change.key(),
                        failure);
            }
        }
    }

    private void announce(Publisher<DataPath.Change<K, V>> to, DataPath.Change<K, V> change, Deadline deadline) {
        Throwable failure;
        try {
            to.publish(routingKey, change).toCompletableFuture().get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
            return;
        } catch (ExecutionException refused) {
            failure = refused.getCause() == null ? refused : refused.getCause();
        } catch (TimeoutException | RuntimeException failed) {
            failure = failed;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            failure = interrupted;
        }
        report("announcement.failed", Level.ERROR, "a committed write was not announced", change.key(), failure);
        throw new NotAnnouncedException(
                this + ": the write of key " + change.key() + " is committed at " + change.position() + ", but '"
                        + routingKey + "' was not confirmed within " + budget,
                failure);
    }

    private void report(String kind, Level level, String message, K key, Throwable cause) {
        observer.on(new Event(
                time.now(),
                "datapath/" + name,
                kind,
                level,
                message,
                Map.of("key", String.valueOf(key), "cause", String.valueOf(cause))));
    }

    private <T> T required(@Nullable T step, String option) {
        if (step == null) {
            throw new IllegalStateException(
                    this + " was built without " + option + "; add ." + option + "(...) to its builder");
        }
        return step;
    }

    List<Measurement> measurements() {
        Map<String, String> tags = Map.of("path", name);
        return List.of(
                Measurement.counter("tenfold.datapath.reads", "values asked for", tags, reads::sum),
                Measurement.counter("tenfold.datapath.store.reads", "reads that reached a node", tags, storeReads::sum),
                Measurement.counter("tenfold.datapath.writes", "writes and removals asked for", tags, writes::sum),
                Measurement.counter(
                        "tenfold.datapath.rerouted", "calls refused by an old home and sent on", tags, rerouted::sum),
                Measurement.gauge("tenfold.datapath.active", "1", "calls under way", tags, gate::underWay),
                Measurement.counter(
                        "tenfold.datapath.unknown", "writes whose outcome is unknown", tags, unknownOutcomes::sum));
    }

    String describe() {
        List<String> stages = new ArrayList<>();
        if (cache != null) {
            stages.add("cached in " + cache);
        }
        Position topology = homes.topology();
        stages.add(
                topology.isNone()
                        ? "kept by " + homes
                        : "kept by " + topology.shard() + " of epoch " + topology.offset());
        boolean recorded = (writing != null && writing.isRecording()) || (removing != null && removing.isRecording());
        if (recorded || publisher != null) {
            stages.add(recorded ? "announced by an outbox" : "announced as '" + routingKey + "' after the commit");
        }
        stages.add((writing == null ? "read only, " : "") + "within " + budget);
        return this + ": " + String.join(", ", stages);
    }

    @Override
    public String toString() {
        return "data path '" + name + "'";
    }

    /** Reads a key on its home, for one call, and names the read. Confined to one call; the cache may run it elsewhere. */
    private final class Load implements Function<K, Positioned<@Nullable V>> {

        private final Replicas<N> home;
        private final Position minimum;
        private final Deadline deadline;
        private volatile long read;

        Load(Replicas<N> home, Position minimum, Deadline deadline) {
            this.home = home;
            this.minimum = minimum;
            this.deadline = deadline;
        }

        @Override
        @SuppressWarnings("NullAway") // knows nullable type arguments only when it runs on JDK 22 and later
        public Positioned<@Nullable V> apply(K key) {
            storeReads.increment();
            Positioned<@Nullable V> found;
            try {
                found = home.<@Nullable V, Exception>readMarked(minimum, deadline, node -> reading.read(node, key));
            } catch (Exception failure) {
                throw CallFailedException.unchecked("reading of " + DataPipeline.this, failure);
            }
            read = random.nextLong() | 1;
            // Where the primary could not say where it was, nothing is claimed of a copy.
            Position certain = found.position().isPrimaryOnly() ? Position.none() : found.position();
            return new Positioned<>(found.value(), certain, found.seen(), read);
        }

        /** What this call has read itself is as fresh as it was asked to be, on whatever timeline. */
        boolean mayShow(Positioned<@Nullable V> found, Marks marks) {
            return (found.read() != 0 && found.read() == read) || (isAtHome(found) && marks.allow(found));
        }

        boolean isAtHome(Positioned<@Nullable V> found) {
            return found.seen().isNone() || found.seen().shard().equals(home.name());
        }
    }
}
