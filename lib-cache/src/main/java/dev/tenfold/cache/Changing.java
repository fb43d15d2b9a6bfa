package dev.tenfold.cache;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts and invalidations, here, in the store behind and on other nodes, in the order that leaves no stale copy.
 *
 * <p>A change goes to the store first, then to the remote tier, then to the copies here, then to the bus: each of them is
 * filled from the one before, so a fill that read the old value one step earlier is overtaken one step later. The copies
 * here are dropped once more at the start, so that nobody is served an old one while the remote tier is waited for.
 */
final class Changing<K, V> implements InvalidationBus.Subscriber<K> {

    private static final int TURN_BITS = 7;

    private final Flights<K, V> flights;
    private final Store<K, V> store;
    private final Copies<K, V> copies;
    private final Lifetimes<K, V> lifetimes;
    private final OtherNodes<K, V> others;
    private final Failures<K> failures;
    private final @Nullable Writer<K, V> writer;
    private final InvalidationBus.@Nullable Subscription subscription;
    private final Duration disconnectedTtl;
    private final boolean tagged;
    private final boolean shared;
    private final ReentrantLock[] turns;

    Changing(CacheOptions<K, V> b, CacheParts<K, V> parts, Failures<K> failures) {
        flights = parts.flights();
        store = parts.store();
        copies = parts.copies();
        lifetimes = parts.lifetimes();
        others = parts.others();
        this.failures = failures;
        writer = b.writer;
        disconnectedTtl = b.disconnectedTtl;
        tagged = b.tags != null || b.remote != null;
        shared = b.bus != null || b.remote != null;
        turns = new ReentrantLock[writer == null && !shared ? 0 : 1 << TURN_BITS];
        Arrays.setAll(turns, i -> new ReentrantLock());
        subscription = b.bus == null ? null : b.bus.subscribe(this);
    }

    void put(K key, V value) {
        inTurn(key, () -> {
            write(key, value);
            keep(key, value);
            return null;
        });
    }

    private void keep(K key, V value) {
        Copy<V> copy = copies.of(key, value);
        failures.forget(key);
        if (others.hasRemote()) {
            if (copy.isKept()) {
                others.put(key, copies.entry(copy));
            } else {
                others.drop(others.key(key));
            }
        }
        flights.put(key, copy);
        if (shared) {
            others.publish(others.key(key));
        }
    }

    /**
     * Changes a copy if the one there is as expected, in one step. With a writer or other nodes it takes several, in turn
     * with other changes of the key; a load that lands in between is overtaken.
     *
     * @param expected given the fresh copy there, or null; must be quick, may run inside the key's section
     * @param value the value to put, or null to remove
     * @return the fresh copy that was there, or null
     */
    @Nullable
    Copy<V> change(K key, Predicate<? super @Nullable Copy<V>> expected, @Nullable V value) {
        if (writer == null && !shared) {
            failures.forget(key);
            Copy<V> next = value == null ? null : copies.of(key, value);
            return flights.change(key, expected, next);
        }
        return inTurn(key, () -> {
            Copy<V> was = store.peekFresh(key);
            if (expected.test(was)) {
                if (value == null) {
                    remove(key);
                } else {
                    put(key, value);
                }
            }
            return was;
        });
    }

    void remove(K key) {
        inTurn(key, () -> {
            write(key, null);
            invalidate(key);
            return null;
        });
    }

    /** One at a time for each key, so that the store and the cache see its changes in one order. */
    private <T extends @Nullable Object> T inTurn(K key, Supplier<T> change) {
        if (writer == null && !shared) {
            return change.get();
        }
        int mixed = key.hashCode() * 0x9E3779B9;
        ReentrantLock turn = turns[mixed >>> (Integer.SIZE - TURN_BITS)];
        turn.lock();
        try {
            return change.get();
        } finally {
            turn.unlock();
        }
    }

    /** Writes to the store behind; if that fails, nobody knows what it holds now, so the copy goes. */
    private void write(K key, @Nullable V value) {
        if (writer != null) {
            try {
                writer.write(key, value);
            } catch (RuntimeException | Error failure) {
                invalidate(key);
                throw failure;
            }
        }
    }

    void invalidate(K key) {
        failures.forget(key);
        spread(() -> flights.invalidate(key, Removal.Cause.EXPLICIT), others.key(key));
    }

    void invalidateAll(Iterable<? extends K> keys) {
        List<K> all = new ArrayList<>();
        keys.forEach(all::add);
        all.forEach(failures::forget);
        spread(() -> all.forEach(key -> flights.invalidate(key, Removal.Cause.EXPLICIT)), others.keys(all));
    }

    void invalidateTag(String tag) {
        if (!tagged) {
            throw new IllegalStateException(
                    "invalidateTag(\"" + tag + "\"): the cache has no tags; build it with tags(...)");
        }
        spread(() -> flights.invalidateTag(tag), others.tag(tag));
    }

    void invalidatePrefix(String prefix) {
        spread(() -> flights.invalidateIf(beginsWith(prefix), Removal.Cause.PREFIX), others.prefix(prefix));
    }

    void invalidateIf(Predicate<? super K> chosen) {
        if (shared) {
            throw new UnsupportedOperationException(
                    "invalidateIf: other nodes cannot be told a predicate; use tags, a prefix or keys");
        }
        flights.invalidateIf(chosen, Removal.Cause.PREFIX);
    }

    void invalidateAll() {
        long dropped = store.size();
        failures.forgetAll();
        spread(() -> flights.invalidateIf(key -> true, Removal.Cause.ALL), others.all());
        others.tell("cache.cleared", Level.INFO, "all copies dropped, about " + dropped, Map.of("copies", dropped));
    }

    private void spread(Runnable here, InvalidationBus.Message<K> message) {
        here.run();
        if (shared) {
            if (others.hasRemote()) {
                others.drop(message);
                here.run();
            }
            others.publish(message);
        }
    }

    @Override
    public void received(InvalidationBus.Message<K> message) {
        if (!others.isForeign(message)) {
            return;
        }
        if (message.all()) {
            flights.invalidateIf(key -> true, Removal.Cause.ALL);
            return;
        }
        message.keys().forEach(key -> flights.invalidate(key, Removal.Cause.EXPLICIT));
        message.tags().forEach(flights::invalidateTag);
        message.prefixes().forEach(prefix -> flights.invalidateIf(beginsWith(prefix), Removal.Cause.PREFIX));
    }

    @Override
    public void interrupted() {
        lifetimes.cap(disconnectedTtl.toNanos());
        flights.invalidateIf(key -> true, Removal.Cause.ALL);
        others.tell(
                "bus.interrupted",
                Level.WARNING,
                "may miss what other nodes change; copies live " + disconnectedTtl,
                Map.of("ttl", disconnectedTtl));
    }

    @Override
    public void resumed() {
        lifetimes.cap(Lifetimes.UNLIMITED);
        flights.invalidateIf(key -> true, Removal.Cause.ALL);
        others.tell("bus.resumed", Level.INFO, "hears again what other nodes change", Map.of());
    }

    void close() {
        if (subscription != null) {
            subscription.close();
        }
        if (writer != null) {
            writer.close();
        }
    }

    private static <K> Predicate<K> beginsWith(String prefix) {
        return key -> String.valueOf(key).startsWith(prefix);
    }
}
