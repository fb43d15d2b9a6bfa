package dev.tenfold.cache;

import dev.tenfold.session.Position;
import dev.tenfold.session.Positioned;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The loads under way, and the rules by which they, puts and invalidations change the store.
 *
 * <p><b>Invariant.</b> A value is kept only if, from the moment its load was registered to the moment it is written, no
 * invalidation or put of its key began, and only over a copy that is not later.
 *
 * <p><b>How.</b> All changes of a key's copy happen inside {@code flights.compute(key, ...)}, which the map runs one at a
 * time per key; so do registering a load (after looking once more for a copy) and taking it off. An invalidation or put
 * therefore finds every load of its key in one of three states: not registered, so it begins afterwards; registered, so
 * it is marked as overtaken and taken off, and later callers begin a new one; or landed, so its copy is there to be
 * dropped. Nothing in such a section blocks or calls the user's code, except equals and hashCode of the key; loads run
 * outside. Reads of the store take no part: they see it before or after a change.
 *
 * <p><b>Memory.</b> One flight per load under way, none per key: no generations to keep or to forget.
 *
 * <p>{@link Flight#beside} and {@link Flight#overtaken} are read and written inside the sections of the flight's key, and
 * by {@link #overtake} for a chain that has left the map and changes no more.
 */
final class Flights<K, V> {

    /** After this many waits that did not help, a caller loads by itself: a waiter is never starved by others' loads. */
    static final int MAXIMUM_WAITS = 2;

    private final ConcurrentHashMap<K, Flight<V>> flights = new ConcurrentHashMap<>();
    private final Store<K, V> store;
    private final LongAdder refused;
    private final String cache;

    Flights(Store<K, V> store, LongAdder refused, String cache) {
        this.store = store;
        this.refused = refused;
        this.cache = cache;
    }

    /**
     * Finds a flight to wait for, or registers {@code mine} to be flown.
     *
     * @param waits how many flights the caller has waited for in vain
     * @return a flight to wait for; {@code mine} if the caller must load, or already landed if a copy has come meanwhile
     */
    Flight<V> board(K key, Flight<V> mine, int waits) {
        FlightChoice<V> choice = new FlightChoice<>(mine);
        flights.compute(key, (k, newest) -> {
            Positioned<@Nullable V> copy = store.read(k);
            if (copy != null && copy.position().covers(mine.minimum)) {
                mine.landing.complete(copy);
                return newest;
            }
            refuseRecursion(k, newest);
            if (newest != null && worthWaiting(newest, mine.minimum, waits)) {
                choice.flight = newest;
                return newest;
            }
            mine.beside = newest;
            return mine;
        });
        return choice.flight;
    }

    /** Keeps what a flight loaded, unless it was overtaken or is older than what is there, and lets the waiters go. */
    void land(K key, Flight<V> flight, Positioned<@Nullable V> loaded, long lifetime) {
        flights.compute(key, (k, newest) -> {
            if (flight.overtaken || isLater(store.read(k), loaded)) {
                refused.increment();
            } else {
                store.write(k, loaded, lifetime);
            }
            return without(newest, flight);
        });
        flight.landing.complete(loaded);
    }

    /** Takes a flight off and fails its waiters. */
    void fail(K key, Flight<V> flight, Throwable failure) {
        flights.computeIfPresent(key, (k, newest) -> without(newest, flight));
        flight.landing.completeExceptionally(failure);
    }

    /** Writes a copy on the user's word, whatever was there and whatever is being loaded. */
    void put(K key, Positioned<@Nullable V> copy, long lifetime) {
        flights.compute(key, (k, newest) -> {
            overtake(newest);
            store.write(k, copy, lifetime);
            return null;
        });
    }

    void invalidate(K key) {
        flights.compute(key, (k, newest) -> {
            overtake(newest);
            store.remove(k);
            return null;
        });
    }

    /**
     * Drops every copy. The iterator meets each flight registered before it was made and not taken off since; one that
     * was taken off has written its copy already, and the clearing comes after.
     */
    void invalidateAll() {
        for (K key : flights.keySet()) {
            flights.computeIfPresent(key, (k, newest) -> {
                overtake(newest);
                return null;
            });
        }
        store.clear();
    }

    int size() {
        return flights.size();
    }

    private boolean worthWaiting(Flight<V> newest, Position minimum, int waits) {
        if (newest.landing.isDone() || minimum.isPrimaryOnly() || waits >= MAXIMUM_WAITS) {
            return false;
        }
        return waits == 0 || newest.minimum.covers(minimum);
    }

    private void refuseRecursion(K key, @Nullable Flight<V> newest) {
        Thread self = Thread.currentThread();
        for (Flight<V> flight = newest; flight != null; flight = flight.beside) {
            if (flight.pilot == self) {
                throw new IllegalStateException(
                        "cache '" + cache + "': the load of key " + key
                                + " asks the cache for the same key (expected: a loader that reads the store behind the cache)");
            }
        }
    }

    /** An unplaced value claims no history, so it is never later and never replaces a placed one. */
    private static <V> boolean isLater(@Nullable Positioned<@Nullable V> held, Positioned<@Nullable V> loaded) {
        if (held == null || held.position().isNone()) {
            return false;
        }
        Position mine = held.position();
        Position other = loaded.position();
        if (other.isNone()) {
            return true;
        }
        return mine.shard().equals(other.shard())
                && !mine.equals(other)
                && mine.max(other).equals(mine);
    }

    private static <V> void overtake(@Nullable Flight<V> newest) {
        for (Flight<V> flight = newest; flight != null; flight = flight.beside) {
            flight.overtaken = true;
        }
    }

    private static <V> @Nullable Flight<V> without(@Nullable Flight<V> newest, Flight<V> gone) {
        if (newest == gone) {
            return gone.beside;
        }
        for (Flight<V> flight = newest; flight != null; flight = flight.beside) {
            if (flight.beside == gone) {
                flight.beside = gone.beside;
                break;
            }
        }
        return newest;
    }

    /** Carries the choice out of the section. */
    private static final class FlightChoice<V> {
        Flight<V> flight;

        FlightChoice(Flight<V> flight) {
            this.flight = flight;
        }
    }
}
