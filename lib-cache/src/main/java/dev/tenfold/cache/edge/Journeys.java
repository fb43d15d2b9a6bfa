package dev.tenfold.cache.edge;

import dev.tenfold.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/** The way of a request through an edge, its neighbours, the shield and the origin. Thread-safe. */
final class Journeys<K, V> {

    /** The last stop. */
    interface Origin<K, V> {
        Fetched<K, V> fetch(EdgeRequest<K, V> request, @Nullable Copy<V> held, boolean hurried);
    }

    private final EdgeMap<K, V> map;
    private final Purges<K> purges;
    private final Origin<K, V> origin;
    private final int neighbours;
    private final @Nullable Executor executor;
    private final @Nullable ToLongBiFunction<? super K, ? super V> sizeOf;
    private final TimeSource time;

    Journeys(EdgeMap<K, V> map, EdgeNetworkBuilder<K, V> builder, Purges<K> purges, Origin<K, V> origin) {
        this.map = map;
        this.purges = purges;
        this.origin = origin;
        this.neighbours = builder.neighbours;
        this.executor = builder.executor;
        this.sizeOf = builder.sizeOf;
        this.time = builder.time;
    }

    /** Answers a client of an edge. */
    Served<V> at(EdgeSite<K, V> site, EdgeRequest<K, V> request) {
        site.counters.requests.increment();
        Tier<K, V> tier = site.tier();
        K key = request.key();
        Copy<V> held = tier.read(key);
        if (held != null) {
            Served<V> hit = hit(site, tier, request, key, held);
            if (hit != null) {
                return hit;
            }
        }
        Fetched<K, V> fetched;
        try {
            fetched = tier.fetch(request, held, false, way(site, request));
        } catch (RuntimeException | Error failure) {
            site.counters.failures.increment();
            throw failure;
        }
        if (fetched.state() != Served.State.FRESH) {
            site.counters.staleHits.increment();
        }
        count(site, key, fetched.copy(), fetched.source());
        return fetched.servedBy(site.name(), time.nanoTime());
    }

    /** Answers from a copy at the edge, a neighbour or the shield, or not at all. */
    @Nullable
    Served<V> find(EdgeSite<K, V> site, EdgeRequest<K, V> request) {
        Tier<K, V> tier = site.tier();
        K key = request.key();
        Copy<V> held = tier.read(key);
        Served<V> served = held == null ? null : hit(site, tier, request, key, held);
        if (served == null) {
            Copy<V> found = fromNeighbours(site, request, key, false);
            Served.Source source = Served.Source.NEIGHBOUR;
            EdgeSite<K, V> shield = map.shield();
            if (found == null && shield != null) {
                Copy<V> shields = shield.tier().read(key);
                found = shields != null && isFreshFor(request, shields) ? shields : null;
                source = Served.Source.SHIELD;
            }
            if (found == null) {
                return null;
            }
            count(site, key, found, source);
            served = found.servedBy(site.name(), source, Served.State.FRESH, time.nanoTime());
        }
        site.counters.requests.increment();
        return served;
    }

    private @Nullable Served<V> hit(
            EdgeSite<K, V> site, Tier<K, V> tier, EdgeRequest<K, V> request, K key, Copy<V> held) {
        long now = time.nanoTime();
        Duration freshFor = held.freshFor(now);
        EdgeRequest.Reuse reuse = request.reuse(held.value(), held.age(now), freshFor);
        Served.State state = Served.State.FRESH;
        if (reuse == EdgeRequest.Reuse.ASK) {
            if (!tier.isFailing(key) || !tier.mayUseOnFailure(request, held)) {
                return null;
            }
            state = Served.State.STALE;
        }
        if (reuse == EdgeRequest.Reuse.USE_WHILE_REVALIDATING) {
            state = Served.State.REVALIDATING;
            revalidate(site, tier, request, key, held);
        } else if (freshFor.isNegative() || freshFor.isZero()) {
            state = Served.State.STALE;
        }
        (state == Served.State.FRESH ? site.counters.hits : site.counters.staleHits).increment();
        count(site, key, held, Served.Source.EDGE);
        return held.servedBy(site.name(), Served.Source.EDGE, state, now);
    }

    /** Fetches in the background unless that is under way; whoever is too late finds the renewed copy and asks nobody. */
    private void revalidate(EdgeSite<K, V> site, Tier<K, V> tier, EdgeRequest<K, V> request, K key, Copy<V> held) {
        if (executor == null || tier.isFetching(key)) {
            return;
        }
        try {
            executor.execute(() -> {
                if (tier.isFetching(key)) {
                    return;
                }
                site.counters.revalidations.increment();
                try {
                    Fetched<K, V> renewed = tier.fetch(request, held, false, way(site, request));
                    if (renewed.state() != Served.State.FRESH) {
                        site.counters.revalidationFailures.increment();
                    } else if (!renewed.copy().isShared()) {
                        request.discard(renewed.copy().value());
                    }
                } catch (RuntimeException failed) {
                    // The client has its answer, and the next one tries again.
                    site.counters.revalidationFailures.increment();
                }
            });
        } catch (RejectedExecutionException full) {
            site.counters.revalidationFailures.increment();
        }
    }

    private Tier.Next<K, V> way(EdgeSite<K, V> site, EdgeRequest<K, V> request) {
        return (key, held, hurried) -> beyond(site, request, key, held, hurried);
    }

    private Fetched<K, V> beyond(
            EdgeSite<K, V> site, EdgeRequest<K, V> request, K key, @Nullable Copy<V> held, boolean hurried) {
        Copy<V> found = fromNeighbours(site, request, key, false);
        if (found != null) {
            site.counters.neighbourHits.increment();
            return Fetched.found(key, found, Served.Source.NEIGHBOUR);
        }
        try {
            EdgeSite<K, V> shield = map.shield();
            if (shield != null && shield != site) {
                return fromShield(site, shield, request, key, held, hurried);
            }
            site.counters.originFetches.increment();
            return origin.fetch(request, held, hurried);
        } catch (RuntimeException failure) {
            Copy<V> better = held == null ? fromNeighbours(site, request, key, true) : null;
            if (better == null) {
                throw failure;
            }
            return Fetched.stale(key, better, Served.Source.NEIGHBOUR);
        }
    }

    private Fetched<K, V> fromShield(
            EdgeSite<K, V> site,
            EdgeSite<K, V> shield,
            EdgeRequest<K, V> request,
            K key,
            @Nullable Copy<V> held,
            boolean hurried) {
        Tier<K, V> tier = shield.tier();
        Copy<V> shields = tier.read(key);
        if (shields != null && isFreshFor(request, shields)) {
            site.counters.shieldHits.increment();
            return Fetched.found(key, shields, Served.Source.SHIELD);
        }
        site.counters.originFetches.increment();
        return tier.fetch(
                request, later(held, shields), hurried, (missing, copy, late) -> origin.fetch(request, copy, late));
    }

    private @Nullable Copy<V> fromNeighbours(EdgeSite<K, V> site, EdgeRequest<K, V> request, K key, boolean stale) {
        List<Purge<K>> underWay = purges.current();
        int asked = 0;
        for (EdgeSite<K, V> neighbour : map.others(site)) {
            if (asked == neighbours) {
                break;
            }
            if (neighbour.isUp()) {
                asked++;
                Tier<K, V> tier = neighbour.tier();
                Copy<V> copy = tier.read(key);
                if (copy != null
                        && (stale ? tier.mayUseOnFailure(request, copy) : isFreshFor(request, copy))
                        && underWay.stream().noneMatch(purge -> purge.concerns(key, copy))) {
                    return copy;
                }
            }
        }
        return null;
    }

    private boolean isFreshFor(EdgeRequest<K, V> request, Copy<V> copy) {
        long now = time.nanoTime();
        return copy.isFresh(now)
                && request.reuse(copy.value(), copy.age(now), copy.freshFor(now)) == EdgeRequest.Reuse.USE;
    }

    private static <V> @Nullable Copy<V> later(@Nullable Copy<V> one, @Nullable Copy<V> other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.bornAt() - other.bornAt() >= 0 ? one : other;
    }

    private void count(EdgeSite<K, V> site, K key, Copy<V> copy, Served.Source source) {
        V value = copy.value();
        if (sizeOf != null && value != null) {
            long bytes = sizeOf.applyAsLong(key, value);
            site.counters.bytesServed.add(bytes);
            if (source != Served.Source.ORIGIN) {
                site.counters.bytesSaved.add(bytes);
            }
        }
    }
}
