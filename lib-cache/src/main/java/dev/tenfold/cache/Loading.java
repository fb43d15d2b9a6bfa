package dev.tenfold.cache;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.LostWriteException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs loads: on the caller's thread, in the executor, or as a stage of the user's. {@link Flights} decides who loads and
 * what is kept; this class asks the remote tier first, takes the time, backs off from what fails, and falls back on a copy
 * past its time where the rules allow it.
 */
final class Loading<K, V> {

    private final CacheConfiguration configuration;
    private final Flights<K, V> flights;
    private final Store<K, V> store;
    private final Copies<K, V> copies;
    private final Lifetimes<K, V> lifetimes;
    private final Failures<K> failures;
    private final OtherNodes<K, V> others;
    private final CacheCounters counters;
    private final @Nullable Writer<K, V> writer;
    private final Executor executor;
    private final Scheduler scheduler;
    private final TimeSource time;

    /** Which flight a thread waits for; a cycle of waits among loads would end only with the load timeout. */
    private final ConcurrentHashMap<Thread, Flight<K, V>> waiting = new ConcurrentHashMap<>();

    Loading(CacheOptions<K, V> b, CacheParts<K, V> parts) {
        configuration = parts.configuration();
        flights = parts.flights();
        store = parts.store();
        copies = parts.copies();
        lifetimes = parts.lifetimes();
        others = parts.others();
        counters = parts.counters();
        failures = new Failures<>(b);
        writer = b.writer;
        executor = b.effectiveExecutor();
        scheduler = b.effectiveScheduler();
        time = b.time;
    }

    Failures<K> failures() {
        return failures;
    }

    /** Loads a key on this thread, or waits for who does. */
    Copy<V> miss(K key, Position minimum, Source<K, V> source) {
        Copy<V> instead = insteadOfTrying(key, minimum, source);
        if (instead != null) {
            return instead;
        }
        for (int waits = 0; ; waits++) {
            Flight<K, V> mine = new Flight<>(key, minimum);
            Flight<K, V> taken = flights.board(mine, waits);
            boolean lead = taken == mine && !mine.landing.isDone();
            if (lead && source.stage() == null) {
                return fly(mine, source);
            }
            if (lead) {
                depart(mine, source);
            }
            Copy<V> answer = await(taken);
            if (lead || answer.covers(minimum)) {
                return answer;
            }
        }
    }

    /** Loads a key elsewhere, or finds who does. */
    Flight<K, V> missAsync(K key, Source<K, V> source) {
        Flight<K, V> mine = new Flight<>(key, Position.none());
        try {
            Copy<V> instead = insteadOfTrying(key, Position.none(), source);
            if (instead != null) {
                mine.landing.complete(instead);
                return mine;
            }
        } catch (RuntimeException recent) {
            mine.landing.completeExceptionally(recent);
            return mine;
        }
        Flight<K, V> taken = flights.board(mine, 0);
        if (taken == mine && !mine.landing.isDone()) {
            depart(mine, source);
        }
        return taken;
    }

    /** Returns a copy past its time, or throws what the key failed with, if it failed too recently to be tried again. */
    @Nullable
    Copy<V> insteadOfTrying(K key, Position minimum, Source<K, V> source) {
        RuntimeException recent = source.own() ? failures.recent(key) : null;
        if (recent == null) {
            return null;
        }
        Copy<V> last = lastResort(key, minimum);
        if (last == null) {
            counters.loadsRefused.increment();
            throw recent;
        }
        return last;
    }

    Copy<V> fly(Flight<K, V> flight, Source<K, V> source) {
        try {
            arm(flight);
        } catch (RuntimeException | Error failure) {
            fail(flight, failure);
            throw failure;
        }
        return load(flight, source);
    }

    /** Begins to load elsewhere; whatever comes of it reaches the landing. */
    void depart(Flight<K, V> flight, Source<K, V> source) {
        if (source.stage() != null) {
            depart(flight, source, others.readAsync(flight.key));
            return;
        }
        try {
            arm(flight);
            executor.execute(() -> {
                if (flight.landing.isDone()) {
                    fail(flight, new RejectedExecutionException("its time was up before it began"));
                    return;
                }
                try {
                    load(flight, source);
                } catch (RuntimeException deliveredByLanding) {
                    // those who wait have it; an Error also goes to the executor
                }
            });
        } catch (RuntimeException | Error failure) {
            fail(flight, failure);
        }
    }

    /** Begins to load as a stage, with what the remote tier has said or will say. */
    void depart(Flight<K, V> flight, Source<K, V> source, CompletionStage<RemoteTier.@Nullable Reading<V>> asked) {
        try {
            arm(flight);
            departAsStage(flight, source, asked);
        } catch (RuntimeException | Error failure) {
            fail(flight, failure);
        }
    }

    private Copy<V> load(Flight<K, V> flight, Source<K, V> source) {
        flight.pilot = Thread.currentThread();
        try {
            RemoteTier.Reading<V> reading = others.read(flight.key);
            Copy<V> found = fromElsewhere(flight, reading);
            if (found != null) {
                return found;
            }
            counters.loads.increment();
            long began = copies.now();
            Function<? super K, Positioned<@Nullable V>> load = source.load();
            long started = time.nanoTime();
            Positioned<@Nullable V> loaded;
            try {
                loaded = Objects.requireNonNull(
                        load.apply(flight.key),
                        "load returned null (expected: a Positioned, of a null value where there is none)");
            } finally {
                counters.loadNanos.add(time.nanoTime() - started);
            }
            return land(flight, source, loaded, began, reading);
        } catch (RuntimeException | Error failure) {
            return failed(flight, source, failure);
        } finally {
            flight.pilot = null;
            flight.disarm();
        }
    }

    private void departAsStage(
            Flight<K, V> flight, Source<K, V> source, CompletionStage<RemoteTier.@Nullable Reading<V>> asked) {
        var unused = asked.thenCompose(reading -> loadAsStage(flight, source, reading))
                .whenComplete((copy, failure) -> {
                    flight.disarm();
                    if (failure != null) {
                        Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                                ? failure.getCause()
                                : failure;
                        try {
                            failed(flight, source, CallFailedException.unchecked(loadOf(flight.key), cause));
                        } catch (RuntimeException deliveredByLanding) {
                            // those who wait have it
                        }
                    }
                });
    }

    @SuppressWarnings("NullAway") // depart has looked that there is a stage
    private CompletionStage<Copy<V>> loadAsStage(
            Flight<K, V> flight, Source<K, V> source, RemoteTier.@Nullable Reading<V> reading) {
        Copy<V> found = fromElsewhere(flight, reading);
        if (found != null) {
            return CompletableFuture.completedStage(found);
        }
        counters.loads.increment();
        long began = copies.now();
        long started = time.nanoTime();
        return source.stage()
                .apply(flight)
                .whenComplete((value, failure) -> counters.loadNanos.add(time.nanoTime() - started))
                .thenApply(value -> land(flight, source, Copies.unplaced(value), began, reading));
    }

    /** Lands with what waits to be written, or with what the remote tier holds, if either will do. */
    @Nullable
    Copy<V> fromElsewhere(Flight<K, V> flight, RemoteTier.@Nullable Reading<V> reading) {
        Copy<V> found = null;
        Writer.Pending<V> pending = writer == null ? null : writer.pending(flight.key);
        if (pending != null) {
            found = copies.of(flight.key, Copies.unplaced(pending.value()), copies.now());
        } else if (reading != null && reading.entry() != null) {
            Copy<V> copy = copies.of(reading.entry());
            if (copy.covers(flight.minimum)
                    && store.isFresh(copy, copies.now())
                    && (flight.renewed == null || lifetimes.isNews(copy, flight.renewed))) {
                counters.remoteHits.increment();
                found = copy;
            }
        }
        if (found != null) {
            flights.land(flight, found);
        }
        return found;
    }

    Copy<V> land(
            Flight<K, V> flight,
            Source<K, V> source,
            Positioned<@Nullable V> loaded,
            long began,
            RemoteTier.@Nullable Reading<V> reading) {
        Copy<V> copy = copies.of(flight.key, loaded, began);
        boolean kept = flights.land(flight, copy);
        if (source.own()) {
            failures.forget(flight.key);
        }
        if (kept && others.hasRemote() && copy.isKept()) {
            others.fill(flight.key, reading, copies.entry(copy));
        }
        return copy;
    }

    /** Lands on a copy past its time where that is allowed; else fails those who wait and throws. */
    Copy<V> failed(Flight<K, V> flight, Source<K, V> source, Throwable failure) {
        if (failure instanceof RuntimeException tolerable && !asksForAction(tolerable)) {
            if (source.own() && !Thread.currentThread().isInterrupted()) {
                failures.note(flight.key, tolerable);
            }
            Copy<V> last = lastResort(flight.key, flight.minimum);
            if (last != null) {
                counters.loadFailures.increment();
                flights.settle(flight, last);
                return last;
            }
        }
        fail(flight, failure);
        if (failure instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) failure;
    }

    /** These tell the caller what to do next; an old value instead would hide it. */
    private static boolean asksForAction(RuntimeException failure) {
        return failure instanceof StaleEpochException || failure instanceof LostWriteException;
    }

    private @Nullable Copy<V> lastResort(K key, Position minimum) {
        if (!lifetimes.canSurviveErrors()
                || !(store.peek(key) instanceof TrackedCopy<V> copy)
                || !copy.covers(minimum)
                || lifetimes.of(copy, copies.now()) == Lifetimes.Age.GONE) {
            return null;
        }
        counters.staleAnswers.increment();
        return copy;
    }

    void fail(Flight<K, V> flight, Throwable failure) {
        counters.loadFailures.increment();
        flight.disarm();
        flights.fail(flight, failure);
    }

    /** Waits for another's load, unless it waits, perhaps by way of others, for one of this thread's own. */
    Copy<V> await(Flight<K, V> flight) {
        if (flight.landing.isDone()) {
            return landed(flight);
        }
        Thread self = Thread.currentThread();
        waiting.put(self, flight);
        try {
            refuseCycle(self, flight);
            return landed(flight);
        } finally {
            waiting.remove(self);
        }
    }

    private Copy<V> landed(Flight<K, V> flight) {
        try {
            if (!flight.landing.isDone()) {
                scheduler.await(flight.landing);
            }
            return flight.landing.get();
        } catch (ExecutionException e) {
            throw CallFailedException.unchecked(loadOf(flight.key), Objects.requireNonNullElse(e.getCause(), e));
        } catch (InterruptedException e) {
            throw CallFailedException.unchecked("wait for another caller's " + loadOf(flight.key), e);
        }
    }

    /**
     * Follows who waits for whom. Each thread notes its own wait before it looks, so of those that close a cycle at the
     * same time at least the last one sees all of it. A flight that has landed meanwhile was no part of it.
     */
    private void refuseCycle(Thread self, Flight<K, V> first) {
        StringBuilder path = new StringBuilder().append(first.key);
        for (Flight<K, V> each = first; each != null; ) {
            Thread pilot = each.pilot;
            if (pilot == null) {
                return;
            }
            if (pilot == self) {
                if (!first.landing.isDone()) {
                    throw new IllegalStateException("cache '" + configuration.name()
                            + "': loads wait for each other in a circle: " + path
                            + " (expected: a loader that reads the store behind the cache)");
                }
                return;
            }
            each = waiting.get(pilot);
            if (each == null || each == first || each.landing.isDone()) {
                return;
            }
            path.append(" waits for ").append(each.key);
        }
    }

    /** Called before the flight is handed to whoever flies it, so that its alarm needs no ordering of its own. */
    void arm(Flight<K, V> flight) {
        Duration timeout = configuration.loadTimeout();
        if (timeout != null) {
            flight.alarm = scheduler.schedule(timeout, () -> {
                DeadlineExceededException late = new DeadlineExceededException(loadOf(flight.key), timeout, null);
                if (flight.landing.completeExceptionally(late)) {
                    others.tell(
                            "load.overdue",
                            Level.WARNING,
                            "a load has not returned within " + timeout,
                            Map.of("timeout", timeout));
                }
            });
        }
    }

    String loadOf(Object key) {
        return "load of key " + key + " by cache '" + configuration.name() + "'";
    }
}
