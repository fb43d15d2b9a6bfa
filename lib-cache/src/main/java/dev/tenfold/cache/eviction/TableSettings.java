package dev.tenfold.cache.eviction;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a table is built with. Immutable; start from {@link #ofMaximum} and refine.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 * @param maximum the greatest weight, 0 or more
 * @param weigher says what an entry weighs, 1 or more; called once for each write, possibly under a lock, so it must be
 *     quick. Null where each weighs 1, which also costs less
 * @param pinLimit how much pinned entries may weigh together, 0 to {@code maximum}; 0 where none can be pinned
 * @param onEviction told of each entry evicted for want of room (not of those removed or replaced), after the table has
 *     let go of its lock, on a thread that uses the table or, with Caffeine, maybe on the executor. Must not throw; null
 *     where nobody wants to know
 * @param upkeep where Caffeine does its work; null for its own default, the common pool. The exact tables need none
 */
public record TableSettings<K, V>(
        long maximum,
        @Nullable ToIntBiFunction<? super K, ? super V> weigher,
        long pinLimit,
        @Nullable BiConsumer<? super K, ? super V> onEviction,
        @Nullable Executor upkeep) {

    /** Checks the numbers; a builder reports them to its user before it comes to this. */
    public TableSettings {
        if (maximum < 0) {
            throw new IllegalArgumentException("maximum: " + maximum + " (expected: >= 0)");
        }
        if (pinLimit < 0 || pinLimit > maximum) {
            throw new IllegalArgumentException(
                    "pinLimit: " + pinLimit + " (expected: 0 to the maximum, " + maximum + ")");
        }
    }

    /**
     * Begins with a bound by count, no pins and no listener.
     *
     * @param <K> the kind of key
     * @param <V> the kind of value
     * @param maximum how many entries, 0 or more
     * @return the settings
     */
    public static <K, V> TableSettings<K, V> ofMaximum(long maximum) {
        return new TableSettings<>(maximum, null, 0, null, null);
    }

    /**
     * Bounds the table by weight.
     *
     * @param weigher says what an entry weighs, 1 or more
     * @return the settings so refined
     */
    public TableSettings<K, V> weighedBy(ToIntBiFunction<? super K, ? super V> weigher) {
        return new TableSettings<>(maximum, Objects.requireNonNull(weigher, "weigher"), pinLimit, onEviction, upkeep);
    }

    /**
     * Lets entries be pinned.
     *
     * @param weight how much they may weigh together
     * @return the settings so refined
     */
    public TableSettings<K, V> pinning(long weight) {
        return new TableSettings<>(maximum, weigher, weight, onEviction, upkeep);
    }

    /**
     * Tells somebody of evictions.
     *
     * @param listener is given key and value
     * @return the settings so refined
     */
    public TableSettings<K, V> tellingEvictions(BiConsumer<? super K, ? super V> listener) {
        return new TableSettings<>(maximum, weigher, pinLimit, Objects.requireNonNull(listener, "listener"), upkeep);
    }

    /**
     * Has Caffeine do its work there.
     *
     * @param executor the caller's
     * @return the settings so refined
     */
    public TableSettings<K, V> upkeepIn(Executor executor) {
        return new TableSettings<>(
                maximum, weigher, pinLimit, onEviction, Objects.requireNonNull(executor, "executor"));
    }

    int weigh(K key, V value) {
        if (weigher == null) {
            return 1;
        }
        int weight = weigher.applyAsInt(key, value);
        if (weight < 1) {
            throw new IllegalArgumentException("weight of key " + key + ": " + weight + " (expected: >= 1)");
        }
        return weight;
    }

    IllegalStateException noRoomToPin(Object key, long pinned, long weight) {
        return new IllegalStateException(
                "pin of key " + key + ": " + weight + " beside " + pinned + " already pinned (expected: at most "
                        + pinLimit + " together; unpin others or build with more room)");
    }
}
