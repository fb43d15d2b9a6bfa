package dev.tenfold.cache.edge;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.OverloadedException;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One place where copies are kept and fetches of a key are merged: an edge, or the way to the origin, which keeps nothing.
 *
 * <p><b>Invariant.</b> What a fetch brings is kept only if no purge that concerns it began between its registration and its
 * landing, and only over a copy that is not younger.
 *
 * <p><b>How.</b> Every fetch is in {@code underWay} from before it begins until it has landed; the one that others may wait
 * for is in {@code joinable}, too. A landing writes the copy holding the flight's lock. A purge goes through {@code underWay}
 * first, marks each flight under its lock and takes it out of {@code joinable}, and drops copies afterwards. So it finds a
 * flight unregistered, and then the fetch begins after the purge did; or registered, and then the landing sees the mark; or
 * landed, and then its copy is there to be dropped.
 *
 * <p><b>Waiting.</b> A caller waits for at most {@value #MAXIMUM_WAITS} fetches of others, each for no longer than the
 * collapse timeout, then asks by itself; and once it waited in vain it waits at no tier beyond this one. Whoever finds that the answer is not for it asks by itself at once; and while a
 * key is known for such answers nobody waits ("hit-for-miss"), so they never queue up behind each other.
 *
 * <p>Nothing user-supplied is called holding a lock, except equals and hashCode of keys and the size of a copy.
 */
final class Tier<K, V> {

    /** Where a fetch looks further. */
    interface Next<K, V> {
        /** Fetches; {@code hurried} says that enough time was spent waiting for others. */
        Fetched<K, V> fetch(K key, @Nullable Copy<V> held, boolean hurried);
    }

    static final int MAXIMUM_WAITS = 2;

    /** How many keys are remembered for answers that nobody may share, and for failures. */
    private static final long MAXIMUM_REMEMBERED = 10_000;

    private final String name;
    private final @Nullable CopyStore<K, V> store;
    private final Cache<K, Boolean> passes;
    private final Cache<K, Boolean> failing;
    private final Set<Flight<K, V>> underWay = ConcurrentHashMap.newKeySet();
    private final ConcurrentHashMap<K, Flight<K, V>> joinable = new ConcurrentHashMap<>();
    private final TimeSource time;
    private final Scheduler scheduler;
    private final Duration collapseTimeout;

    Tier(String name, @Nullable CopyStore<K, V> store, EdgeNetworkBuilder<?, ?> builder) {
        this.name = name;
        this.store = store;
        this.time = builder.time;
        this.scheduler = builder.effectiveScheduler();
        this.collapseTimeout = builder.collapseTimeout;
        this.passes = memory(builder.hitForMiss);
        this.failing = memory(builder.retryAfterFailure);
    }

    private Cache<K, Boolean> memory(Duration length) {
        return Caffeine.newBuilder()
                .ticker(time::nanoTime)
                .maximumSize(MAXIMUM_REMEMBERED)
                .expireAfterWrite(length)
                .build();
    }

    /** Says whether a fetch failed so recently that a stale copy is served without another one. */
    boolean isFailing(K key) {
        return failing.getIfPresent(key) != null;
    }

    @Nullable
    Copy<V> read(K key) {
        return store == null ? null : store.read(key);
    }

    boolean isFetching(K key) {
        return joinable.containsKey(key);
    }

    long size() {
        return store == null ? 0 : store.size();
    }

    /** Fetches, or waits for another's fetch of the same key. */
    Fetched<K, V> fetch(EdgeRequest<K, V> request, @Nullable Copy<V> held, boolean hurried, Next<K, V> next) {
        boolean alone = hurried || (held != null && !held.isReusable());
        for (int waits = 0; ; waits++) {
            K key = request.key();
            Flight<K, V> mine = new Flight<>(key);
            underWay.add(mine);
            alone |= waits >= MAXIMUM_WAITS || passes.getIfPresent(key) != null;
            Flight<K, V> other = alone ? null : joinable.putIfAbsent(key, mine);
            if (other == null) {
                return fly(mine, request, held, hurried || waits > 0, next);
            }
            underWay.remove(mine);
            Fetched<K, V> landed = await(other);
            if (landed != null) {
                if (isFor(request, landed)) {
                    return landed;
                }
                // What was learnt meanwhile may have given this request another key; under the same one nobody is like
                // it.
                alone = request.key().equals(key);
            }
        }
    }

    /** Returns how many copies were dropped or softened. */
    long purge(Purge<K> purge) {
        for (Flight<K, V> flight : underWay) {
            if (purge.mayConcern(flight.key)) {
                flight.lock.lock();
                try {
                    flight.overtakenBy(purge);
                } finally {
                    flight.lock.unlock();
                }
                joinable.remove(flight.key, flight);
            }
        }
        if (!purge.isSoft()) {
            passes.asMap().keySet().removeIf(purge::mayConcern);
        }
        return store == null ? 0 : store.purge(purge);
    }

    private Fetched<K, V> fly(
            Flight<K, V> flight, EdgeRequest<K, V> request, @Nullable Copy<V> held, boolean hurried, Next<K, V> next) {
        Fetched<K, V> fetched;
        try {
            Copy<V> landedMeanwhile = read(flight.key);
            if (landedMeanwhile != null
                    && (held == null || landedMeanwhile.bornAt() != held.bornAt())
                    && reuse(request, landedMeanwhile) == EdgeRequest.Reuse.USE) {
                fetched = Fetched.found(flight.key, landedMeanwhile, Served.Source.EDGE);
            } else {
                fetched = orStale(flight.key, request, held, hurried, next);
                keep(flight, fetched);
            }
        } catch (RuntimeException | Error failure) {
            leave(flight);
            flight.crash(failure);
            throw failure;
        }
        leave(flight);
        flight.land(fetched);
        return fetched;
    }

    /** Looks further, and falls back on the copy held where it may stand in for a failure. */
    private Fetched<K, V> orStale(
            K key, EdgeRequest<K, V> request, @Nullable Copy<V> held, boolean hurried, Next<K, V> next) {
        try {
            Fetched<K, V> fetched = next.fetch(key, held, hurried);
            if (!fetched.isFailure() || held == null || !mayUseOnFailure(request, held)) {
                if (fetched.state() == Served.State.STALE) {
                    failing.put(key, true);
                } else {
                    failing.invalidate(key);
                }
                return fetched;
            }
            request.discard(fetched.copy().value());
        } catch (RuntimeException failure) {
            if (held == null || !mayUseOnFailure(request, held)) {
                throw failure;
            }
        }
        failing.put(key, true);
        return Fetched.stale(key, held, Served.Source.EDGE);
    }

    private void keep(Flight<K, V> flight, Fetched<K, V> fetched) {
        Copy<V> copy = fetched.copy();
        if (fetched.state() != Served.State.FRESH) {
            return;
        }
        if (!fetched.isFailure()) {
            if (copy.isReusable()) {
                passes.invalidate(flight.key);
            } else if (copy.value() != null) {
                passes.put(flight.key, true);
            }
        }
        long now = time.nanoTime();
        if (store == null || copy.keptFor(now) <= 0) {
            return;
        }
        flight.lock.lock();
        try {
            Copy<V> kept = flight.keepable(fetched.key(), copy, now);
            if (kept != null) {
                store.write(fetched.key(), kept);
            }
        } finally {
            flight.lock.unlock();
        }
    }

    private void leave(Flight<K, V> flight) {
        joinable.remove(flight.key, flight);
        underWay.remove(flight);
    }

    private boolean isFor(EdgeRequest<K, V> request, Fetched<K, V> landed) {
        Copy<V> copy = landed.copy();
        if (!copy.isShared()) {
            return false;
        }
        return landed.isFailure()
                || copy.value() == null
                || (landed.state() == Served.State.STALE
                        ? mayUseOnFailure(request, copy)
                        : reuse(request, copy) != EdgeRequest.Reuse.ASK);
    }

    private EdgeRequest.Reuse reuse(EdgeRequest<K, V> request, Copy<V> copy) {
        long now = time.nanoTime();
        return request.reuse(copy.value(), copy.age(now), copy.freshFor(now));
    }

    boolean mayUseOnFailure(EdgeRequest<K, V> request, Copy<V> copy) {
        long now = time.nanoTime();
        return request.mayUseOnFailure(copy.value(), copy.age(now), copy.freshFor(now));
    }

    /** Returns what another's fetch brought, or null if it took too long or was not allowed to ask. */
    private @Nullable Fetched<K, V> await(Flight<K, V> flight) {
        if (flight.pilot == Thread.currentThread()) {
            throw new IllegalStateException("edge network '" + name + "': the fetch of key " + flight.key
                    + " asks the network for the same key (expected: one that asks the origin)");
        }
        flight.arm(() -> flight.alarm(scheduler.schedule(collapseTimeout, () -> {
            joinable.remove(flight.key, flight);
            flight.land(null);
        })));
        try {
            scheduler.await(flight.landing);
            return flight.landing.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof OverloadedException) {
                return null;
            }
            throw CallFailedException.unchecked(
                    "another client's fetch of " + flight.key + " by edge network '" + name + "'",
                    e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            throw CallFailedException.unchecked(
                    "wait for another client's fetch of " + flight.key + " by edge network '" + name + "'", e);
        }
    }
}
