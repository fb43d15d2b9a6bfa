package dev.tenfold;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.LostWriteException;
import dev.tenfold.error.NotAnnouncedException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measurement;
import dev.tenfold.observe.Observer;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.session.Session;
import dev.tenfold.time.Deadline;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The stages behind {@link DataPath}, in the order that keeps its promise.
 *
 * <p>A read uses a copy only if the copy's position (the mark taken <i>before</i> it was read) covers what the session has
 * seen, and the session then remembers the copy's later mark, taken <i>after</i>: it may have seen that much. So a copy is
 * never trusted for more than it certainly reflects, and never noted for less than it may reflect. A write commits, advances the session, and drops the copies before it
 * returns; the cache refuses fills that began before the drop. A fill that began after it, by a session that has not seen
 * the write, may come from a lagging replica, but then its position does not cover the writer's session.
 */
final class DataPipeline<K, V, N> {

    private final String name;
    private final Locator<? super K, ? extends Replicas<N>> homes;
    private final DataPath.Builder.Reading<N, K, V> reading;
    private final DataPath.Builder.@Nullable Writing<N, K, V> writing;
    private final DataPath.Builder.@Nullable Removing<N, K> removing;
    private final @Nullable ReadThrough<K, V> cache;
    private final @Nullable Invalidation<K> invalidation;
    private final @Nullable Publisher<DataPath.Change<K, V>> publisher;
    private final String routingKey;
    private final Duration budget;
    private final Observer observer;
    private final TimeSource time;

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
        observer = builder.observer.guarded();
        time = builder.time;
    }

    @Nullable
    V get(K key, Session session) {
        reads.increment();
        Deadline deadline = Deadline.after(budget, time);
        return routed(key, deadline, home -> read(home, key, session, deadline));
    }

    void put(K key, V value, Session session) {
        DataPath.Builder.Writing<N, K, V> write = required(writing, "writing");
        change(key, value, session, node -> write.write(node, key, value));
    }

    void remove(K key, Session session) {
        DataPath.Builder.Removing<N, K> remove = required(removing, "removing");
        change(key, null, session, node -> remove.remove(node, key));
    }

    private @Nullable V read(Replicas<N> home, K key, Session session, Deadline deadline) {
        Position minimum = session.required(home.name());
        Positioned<@Nullable V> found;
        try {
            found = cache == null
                    ? load(home, key, minimum, deadline)
                    : cache.get(key, minimum, missing -> load(home, missing, minimum, deadline));
        } catch (LostWriteException lost) {
            // Told once; from here on the session follows the history that survived.
            session.restart(Position.primaryOnly(home.name()));
            throw lost;
        }
        if (minimum.isPrimaryOnly()) {
            session.settle(found.seen());
        } else {
            session.advance(found.seen());
        }
        return found.value();
    }

    @SuppressWarnings("NullAway") // knows nullable type arguments only when it runs on JDK 22 and later
    private Positioned<@Nullable V> load(Replicas<N> home, K key, Position minimum, Deadline deadline) {
        storeReads.increment();
        try {
            return home.<@Nullable V, Exception>read(minimum, deadline, node -> reading.read(node, key));
        } catch (Exception failure) {
            throw CallFailedException.unchecked("reading of " + this, failure);
        }
    }

    private void change(K key, @Nullable V value, Session session, Commit<N> write) {
        writes.increment();
        Deadline deadline = Deadline.after(budget, time);
        Position committed;
        try {
            committed = routed(key, deadline, home -> commit(home, key, session, deadline, write));
        } finally {
            // Also after a failure: a copy dropped for nothing costs one read, a copy kept in error is a broken
            // promise.
            if (invalidation != null) {
                invalidation.invalidate(key);
            }
        }
        if (publisher != null) {
            announce(publisher, new DataPath.Change<>(name, key, value, committed), deadline);
        }
    }

    private Position commit(Replicas<N> home, K key, Session session, Deadline deadline, Commit<N> write) {
        try {
            Position committed = home.<Boolean, Exception>write(deadline, node -> {
                        write.on(node);
                        return true;
                    })
                    .position();
            session.advance(committed);
            return committed;
        } catch (OutcomeUnknownException unknown) {
            session.requirePrimary(home.name());
            unknownOutcomes.increment();
            report("write.unknown", Level.WARNING, "the outcome of a write is not known", key, unknown);
            throw unknown;
        } catch (Exception failure) {
            throw CallFailedException.unchecked("writing of " + this, failure);
        }
    }

    /** Finds the home and, as long as homes refuse for being asked by an old map and time is left, the next one. */
    private <R extends @Nullable Object> R routed(K key, Deadline deadline, Function<Replicas<N>, R> step) {
        Replicas<N> home = homes.locate(key);
        while (true) {
            try {
                return step.apply(home);
            } catch (StaleEpochException refused) {
                if (deadline.isExpired()) {
                    throw refused;
                }
                rerouted.increment();
                home = homes.relocate(key, refused, deadline);
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
                Measurement.counter(
                        "tenfold.datapath.unknown", "writes whose outcome is unknown", tags, unknownOutcomes::sum));
    }

    @Override
    public String toString() {
        return "data path '" + name + "'";
    }

    /** A write on the node of a key, committed when it returns. */
    @FunctionalInterface
    private interface Commit<N> {
        void on(N node) throws Exception;
    }
}
