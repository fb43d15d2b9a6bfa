package dev.tenfold.queue.routing;

import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Remembers where recurring keys lead, in a fixed number of slots. A key has two slots it may be in: a new one takes the
 * first and moves what was there to the second, so two hot keys that collide do not drive each other out.
 *
 * <p>Each slot holds one immutable route with the version of the bindings it was computed from; a route of another
 * version is as good as none. Races between writers only lose routes, which are computed again. Reading takes no lock,
 * never waits and allocates nothing.
 */
final class RouteCache<T> {

    private static final int BITS = 11;

    private final AtomicReferenceArray<@Nullable Route<T>> slots = new AtomicReferenceArray<>(1 << BITS);

    @Nullable
    List<T> find(String key, long version) {
        int slot = slot(key);
        Route<T> route = slots.getAcquire(slot);
        if (route == null || !route.answers(key, version)) {
            route = slots.getAcquire(slot ^ 1);
        }
        return route != null && route.answers(key, version) ? route.targets : null;
    }

    void remember(String key, long version, List<T> targets) {
        int slot = slot(key);
        Route<T> before = slots.getAcquire(slot);
        if (before != null && before.version == version) {
            slots.setRelease(slot ^ 1, before);
        }
        slots.setRelease(slot, new Route<>(key, version, targets));
    }

    /** Multiplies by 2^32 over the golden ratio, so that the high bits depend on every bit of the hash. */
    private static int slot(String key) {
        return (key.hashCode() * 0x9E3779B9) >>> (Integer.SIZE - BITS);
    }

    private record Route<T>(String key, long version, List<T> targets) {

        boolean answers(String wanted, long current) {
            return version == current && key.equals(wanted);
        }
    }
}
