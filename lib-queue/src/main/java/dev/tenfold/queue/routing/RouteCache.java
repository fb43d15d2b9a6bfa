package dev.tenfold.queue.routing;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Remembers where recurring keys lead. A key is remembered when it comes for the second time, so keys that never come again,
 * however many, cost a bit in an array of numbers, which the collector of garbage does not care about, and drive hardly anybody
 * out.
 *
 * <p>A key has {@value #WAYS} slots it may be in: a new one takes the first and moves the others on, so the one that was
 * remembered longest ago goes. When it would push out a route that still holds, the table grows instead, up to {@value #MOST}
 * slots: an exchange of few keys keeps a small table.
 *
 * <h2>Concurrency</h2>
 *
 * Each slot holds one immutable route with the version of the bindings it was computed from; a route of another version is as
 * good as none. Anybody writes. Races between writers, in a slot or when the table grows, only lose routes, or keep one
 * twice: they are computed again. What was seen is written and read without any order, and for what is read wrongly the same
 * holds. Reading takes no lock, never waits and allocates nothing.
 */
final class RouteCache<T> {

    private static final int WAYS = 4;
    private static final int FEWEST = 1 << 8;
    private static final int MOST = 1 << 14;
    private static final int GROWTH = 4;

    /** Of so many bits each key that was seen sets one, as in a Bloom filter; a power of two. */
    private static final int SEEN_BITS = 1 << 17;

    /** After so many keys they begin anew, before one in sixteen new keys looks as if it had been seen. */
    private static final int SEEN_KEYS = 1 << 13;

    private volatile AtomicReferenceArray<@Nullable Route<T>> slots = new AtomicReferenceArray<>(FEWEST);

    /** A bit for each key that came lately. Made for the first of them. */
    private long @Nullable [] seen;

    /** How many keys set one. */
    private int seenKeys;

    @Nullable
    List<T> find(String key, long version) {
        AtomicReferenceArray<@Nullable Route<T>> table = slots;
        int hash = key.hashCode();
        int first = first(hash, table.length());
        for (int way = 0; way < WAYS; way++) {
            Route<T> route = table.getAcquire(first + way);
            if (route != null && route.hash == hash && route.version == version && route.key.equals(key)) {
                return route.targets;
            }
        }
        return null;
    }

    /** Takes note of a key, and of its route if it was here before. */
    void remember(String key, long version, List<T> targets) {
        if (isNew(spread(key.hashCode()))) {
            return;
        }
        Route<T> route = new Route<>(key, key.hashCode(), version, targets);
        AtomicReferenceArray<@Nullable Route<T>> table = slots;
        Route<T> last = table.getAcquire(first(route.hash, table.length()) + WAYS - 1);
        if (last != null && last.version == version && table.length() < MOST) {
            table = grown(table, version);
            slots = table;
        }
        put(table, route);
    }

    private boolean isNew(int hash) {
        long[] bits = seen;
        if (bits == null) {
            bits = new long[SEEN_BITS / Long.SIZE];
            seen = bits;
        }
        int place = (hash & (SEEN_BITS - 1)) / Long.SIZE;
        long bit = 1L << hash;
        if ((bits[place] & bit) != 0) {
            return false;
        }
        if (++seenKeys >= SEEN_KEYS) {
            seenKeys = 0;
            Arrays.fill(bits, 0);
        }
        bits[place] |= bit;
        return true;
    }

    private static <T> void put(AtomicReferenceArray<@Nullable Route<T>> table, Route<T> route) {
        int first = first(route.hash, table.length());
        Route<T> moved = route;
        for (int way = 0; way < WAYS; way++) {
            Route<T> before = table.getAcquire(first + way);
            table.setRelease(first + way, moved);
            if (before == null || before.version != route.version || before.key.equals(route.key)) {
                return;
            }
            moved = before;
        }
    }

    private static <T> AtomicReferenceArray<@Nullable Route<T>> grown(
            AtomicReferenceArray<@Nullable Route<T>> table, long version) {
        AtomicReferenceArray<@Nullable Route<T>> larger = new AtomicReferenceArray<>(table.length() * GROWTH);
        // The first of a key's slots last, so that it is the first again.
        for (int slot = table.length() - 1; slot >= 0; slot--) {
            Route<T> route = table.getAcquire(slot);
            if (route != null && route.version == version) {
                put(larger, route);
            }
        }
        return larger;
    }

    private static int first(int hash, int length) {
        int sets = length / WAYS;
        return (spread(hash) >>> (Integer.numberOfLeadingZeros(sets) + 1)) * WAYS;
    }

    /** Multiplies by 2^32 over the golden ratio, so that the high bits depend on every bit of the hash, and mixes them in. */
    private static int spread(int hash) {
        int product = hash * 0x9E3779B9;
        return product ^ (product >>> 15);
    }

    private record Route<T>(String key, int hash, long version, List<T> targets) {}
}
