package dev.tenfold.cache;

import dev.tenfold.session.Position;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The loads under way, and the rules by which they, puts and invalidations change the store.
 *
 * <p><b>Invariant.</b> A value is kept only if, from the moment its load was registered to the moment it is written, no
 * invalidation (of its key, of a tag it has, of everything) and no put of its key began, and only over a copy that is not
 * later.
 *
 * <p><b>How.</b> All changes of a key's copy happen inside {@code flights.compute(key, ...)}, which the map runs one at a
 * time per key: the <i>section</i> of the key; so do registering a load (after looking once more for a copy) and taking it
 * off. An invalidation or put therefore finds every load of its key in one of three states: not registered, so it begins
 * afterwards; registered, so it is marked as overtaken and taken off, and later callers begin a new one; or landed, so its
 * copy is there to be dropped. Nothing in a section blocks or calls the user's code, except equals and hashCode of the key
 * and the weigher; loads run outside. Reads of the store take no part: they see it before or after a change.
 *
 * <p><b>Tags.</b> Which tags a load's value has is not known before it lands. So invalidating a tag first adds it to the
 * suspects of every load under way, then drops the copies that the index names. A load either meets its suspects as it
 * lands, or has landed before they were added and is in the index by then. No caller waits for a load with suspects.
 *
 * <p><b>Memory.</b> One flight per load under way, none per key: no generations to keep or to forget. Suspects live as
 * long as their flight.
 *
 * <p>{@link Flight#beside}, {@link Flight#overtaken} and {@link Flight#suspects} are read and written inside the sections
 * of the flight's key.
 */
final class Flights<K, V> {

    /** After this many waits that did not help, a caller loads by itself: a waiter is never starved by others' loads. */
    static final int MAXIMUM_WAITS = 2;

    private final ConcurrentHashMap<K, Flight<K, V>> flights = new ConcurrentHashMap<>();
    private final Store<K, V> store;
    private final Executor executor;
    private final LongAdder refused;
    private final String cache;

    Flights(Store<K, V> store, Executor executor, LongAdder refused, String cache) {
        this.store = store;
        this.executor = executor;
        this.refused = refused;
        this.cache = cache;
    }

    /**
     * Finds a flight to wait for, or registers {@code mine} to be flown.
     *
     * @param waits how many flights the caller has waited for in vain
     * @return a flight to wait for; {@code mine} if the caller must load, or already landed if a copy has come meanwhile
     */
    Flight<K, V> board(Flight<K, V> mine, int waits) {
        Choice<K, V> choice = new Choice<>(mine);
        flights.compute(mine.key, (k, newest) -> {
            Copy<V> copy = store.peekFresh(k);
            if (copy != null && copy != mine.renewed && copy.covers(mine.minimum)) {
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

    /**
     * Keeps what a flight loaded, unless it was overtaken or is older than what is there, and lets the waiters go.
     *
     * @return whether it was kept
     */
    boolean land(Flight<K, V> flight, Copy<V> loaded) {
        boolean[] kept = new boolean[1];
        flights.compute(flight.key, (k, newest) -> {
            if (flight.mayKeep(loaded) && !isLater(store.peekFresh(k), loaded)) {
                store.write(k, loaded);
                kept[0] = true;
            } else {
                refused.increment();
            }
            return without(newest, flight);
        });
        flight.landing.complete(loaded);
        written();
        return kept[0];
    }

    /** Takes a flight off and lets its waiters have a copy that is there already. */
    void settle(Flight<K, V> flight, Copy<V> copy) {
        flights.computeIfPresent(flight.key, (k, newest) -> without(newest, flight));
        flight.landing.complete(copy);
    }

    /** Takes a flight off and fails its waiters. */
    void fail(Flight<K, V> flight, Throwable failure) {
        flights.computeIfPresent(flight.key, (k, newest) -> without(newest, flight));
        flight.landing.completeExceptionally(failure);
    }

    /** Writes a copy on the user's word, whatever was there and whatever is being loaded. */
    void put(K key, Copy<V> copy) {
        flights.compute(key, (k, newest) -> {
            overtake(newest);
            store.write(k, copy);
            return null;
        });
        written();
    }

    /** Drops the copy of a key, whatever it is and whatever is being loaded. */
    void invalidate(K key, Removal.Cause cause) {
        flights.compute(key, (k, newest) -> {
            overtake(newest);
            store.remove(k, cause);
            return null;
        });
        store.deliver();
    }

    /** Drops a copy if it is still the one there; loads under way go on. */
    void drop(K key, Copy<V> copy, Removal.Cause cause) {
        flights.compute(key, (k, newest) -> {
            if (store.holds(k, copy)) {
                store.remove(k, cause);
            }
            return newest;
        });
        store.deliver();
    }

    /**
     * Changes a copy if the one there is as expected, in one step.
     *
     * @param expected given the fresh copy there, or null
     * @param next the copy to write, or null to drop the one there
     * @return the fresh copy that was there, or null
     */
    @Nullable
    Copy<V> change(K key, Predicate<? super @Nullable Copy<V>> expected, @Nullable Copy<V> next) {
        Was<V> was = new Was<>();
        flights.compute(key, (k, newest) -> {
            was.copy = store.peekFresh(k);
            if (!expected.test(was.copy)) {
                return newest;
            }
            overtake(newest);
            if (next == null) {
                store.remove(k, Removal.Cause.EXPLICIT);
            } else {
                store.write(k, next);
            }
            return null;
        });
        written();
        return was.copy;
    }

    /** Drops the copies of a tag. */
    void invalidateTag(String tag) {
        for (K key : flights.keySet()) {
            flights.computeIfPresent(key, (k, newest) -> {
                for (Flight<K, V> flight = newest; flight != null; flight = flight.beside) {
                    flight.suspect(tag);
                }
                return newest;
            });
        }
        store.takeTagged(tag, (key, copy) -> drop(key, copy, Removal.Cause.TAG));
    }

    /**
     * Drops the copies of some keys. The iterator meets each flight registered before it was made and not taken off since;
     * one that was taken off has written its copy already, and the dropping comes after.
     */
    void invalidateIf(Predicate<? super K> chosen, Removal.Cause cause) {
        for (K key : flights.keySet()) {
            if (chosen.test(key)) {
                flights.computeIfPresent(key, (k, newest) -> {
                    overtake(newest);
                    return null;
                });
            }
        }
        store.forEach((key, copy) -> {
            if (chosen.test(key)) {
                drop(key, copy, cause);
            }
        });
    }

    /** Drops the copies whose use is over. */
    void sweep() {
        store.sweep((key, copy) -> drop(key, copy, Removal.Cause.EXPIRED));
    }

    /** What a write leaves to do outside the section. */
    private void written() {
        store.deliver();
        if (store.isSweepDue()) {
            try {
                executor.execute(this::sweep);
            } catch (RejectedExecutionException full) {
                store.putSweepOff();
            }
        }
    }

    boolean isUnderWay(K key) {
        return flights.containsKey(key);
    }

    int size() {
        return flights.size();
    }

    private boolean worthWaiting(Flight<K, V> newest, Position minimum, int waits) {
        if (newest.landing.isDone() || newest.suspects != null || minimum.isPrimaryOnly() || waits >= MAXIMUM_WAITS) {
            return false;
        }
        return waits == 0 || newest.minimum.covers(minimum);
    }

    private void refuseRecursion(K key, @Nullable Flight<K, V> newest) {
        Thread self = Thread.currentThread();
        for (Flight<K, V> flight = newest; flight != null; flight = flight.beside) {
            if (flight.pilot == self) {
                throw new IllegalStateException(
                        "cache '" + cache + "': the load of key " + key
                                + " asks the cache for the same key (expected: a loader that reads the store behind the cache)");
            }
        }
    }

    /** An unplaced value claims no history, so it is never later and never replaces a placed one. */
    private static <V> boolean isLater(@Nullable Copy<V> held, Copy<V> loaded) {
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

    private static <K, V> void overtake(@Nullable Flight<K, V> newest) {
        for (Flight<K, V> flight = newest; flight != null; flight = flight.beside) {
            flight.overtaken = true;
        }
    }

    private static <K, V> @Nullable Flight<K, V> without(@Nullable Flight<K, V> newest, Flight<K, V> gone) {
        if (newest == gone) {
            return gone.beside;
        }
        for (Flight<K, V> flight = newest; flight != null; flight = flight.beside) {
            if (flight.beside == gone) {
                flight.beside = gone.beside;
                break;
            }
        }
        return newest;
    }

    /** Carries the choice out of the section. */
    private static final class Choice<K, V> {
        Flight<K, V> flight;

        Choice(Flight<K, V> flight) {
            this.flight = flight;
        }
    }

    /** Carries what was there out of the section. */
    private static final class Was<V> {
        @Nullable
        Copy<V> copy;
    }
}
