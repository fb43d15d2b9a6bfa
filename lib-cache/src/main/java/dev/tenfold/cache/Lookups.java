package dev.tenfold.cache;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which copy answers a lookup, counted. A fresh hit takes no lock. */
final class Lookups<K, V> {

    private final String cache;
    private final Store<K, V> store;
    private final Flights<K, V> flights;
    private final Copies<K, V> copies;
    private final Lifetimes<K, V> lifetimes;
    private final CacheCounters counters;
    private final Refreshing<K, V> refreshing;
    private final boolean ageing;

    Lookups(CacheParts<K, V> parts, Refreshing<K, V> refreshing) {
        cache = parts.configuration().name();
        store = parts.store();
        flights = parts.flights();
        copies = parts.copies();
        lifetimes = parts.lifetimes();
        counters = parts.counters();
        this.refreshing = refreshing;
        ageing = copies.areAgeing();
    }

    /** Finds a copy that answers, and has it loaded anew if that is due; see below. */
    @Nullable
    Copy<V> find(
            K key,
            Position minimum,
            @Nullable Source<K, V> source,
            @Nullable Function<? super K, Positioned<@Nullable V>> load) {
        return find(key, store.table.get(key), minimum, source, null, load);
    }

    /**
     * Finds a copy that answers, and has it loaded anew if that is due.
     *
     * @param held what the table holds of the key
     * @param source what loads it anew; null where the lookup brought one of the other two, from which a source is made
     *     only when it is needed
     */
    @Nullable
    Copy<V> find(
            K key,
            @Nullable Object held,
            Position minimum,
            @Nullable Source<K, V> source,
            @Nullable Loader<? super K, ? extends V> loader,
            @Nullable Function<? super K, Positioned<@Nullable V>> load) {
        Copy<V> copy = held == null ? null : Copy.of(held);
        if (copy == null || !copy.covers(minimum)) {
            counters.misses.increment();
            return null;
        }
        if (ageing && copy instanceof TrackedCopy<V> tracked) {
            long now = copies.now();
            Lifetimes.Age age = lifetimes.of(tracked, now);
            if (age.compareTo(Lifetimes.Age.STALE) > 0) {
                counters.misses.increment();
                return null;
            }
            lifetimes.use(tracked, now);
            if (age != Lifetimes.Age.FRESH) {
                if (age == Lifetimes.Age.STALE) {
                    counters.staleAnswers.increment();
                }
                refreshing.request(key, copy, source != null ? source : Sources.brought(cache, loader, load));
            }
        }
        counters.hit();
        return copy;
    }

    /** Finds out whether what the table holds of a key is within its lifetime; drops it if it is of no more use. */
    @Nullable
    Copy<V> findFresh(K key, @Nullable Object held) {
        Copy<V> copy = held == null ? null : Copy.of(held);
        if (copy == null || (ageing && !isFresh(key, copy))) {
            counters.misses.increment();
            return null;
        }
        counters.hit();
        return copy;
    }

    private boolean isFresh(K key, Copy<V> copy) {
        long now = copies.now();
        if (!(copy instanceof TrackedCopy<V> tracked) || lifetimes.isFresh(tracked, now)) {
            if (copy instanceof TrackedCopy<V> tracked) {
                lifetimes.use(tracked, now);
            }
            return true;
        }
        if (lifetimes.of(tracked, now) == Lifetimes.Age.GONE) {
            flights.drop(key, copy, Removal.Cause.EXPIRED);
        }
        return false;
    }

    /** Says what an answer is worth. */
    Lookup<V> describe(Copy<V> copy, Lookup.State state) {
        if (!(copy instanceof TrackedCopy<V> tracked)) {
            return new Lookup<>(copy.value, state, null);
        }
        long now = copies.now();
        boolean stale = tracked.isKept() && !lifetimes.isFresh(tracked, now);
        return new Lookup<>(
                copy.value, stale ? Lookup.State.STALE : state, Duration.ofNanos(Math.max(0, now - tracked.written)));
    }
}
