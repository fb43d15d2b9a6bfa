package dev.tenfold.cache.eviction;

import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A concurrent map that never holds more than a given weight for long: who goes over it makes the table evict what its
 * policy gives up first. Each entry weighs 1 unless {@linkplain TableSettings#weigher weighed}.
 *
 * <p><b>Uses.</b> The policy learns from uses. {@link #get} of a present key is one; so is every write that finds its key
 * present, {@link #putIfAbsent} included. {@link #peek}, {@link #forEach}, pinning and failed conditions are none.
 *
 * <p><b>Conditions.</b> A write that expects a value compares by identity, so that it can never mistake a later value for
 * the one it has seen.
 *
 * <p><b>Bound.</b> With one thread, {@link #weight} is at most the maximum whenever a call has returned. While several
 * write, it may be exceeded by what they are just writing; each implementation says by how much. An entry that weighs
 * more than the whole maximum is evicted at once and alone.
 *
 * <p><b>Pins.</b> A pinned entry counts against the maximum and is never evicted. Pins are bounded by
 * {@link TableSettings#pinLimit}; where everything else is gone and there is still no room, a newcomer is evicted at once.
 *
 * <p>Thread-safe. Every operation on one key is linearizable. Keys and values are never null.
 *
 * @param <K> the kind of key
 * @param <V> the kind of value
 */
public interface BoundedTable<K, V> {

    /**
     * Returns the value of a key, and counts as a use of it.
     *
     * @param key the key
     * @return the value, or null if there is none
     */
    @Nullable
    V get(K key);

    /**
     * Returns the value of a key without counting as a use.
     *
     * @param key the key
     * @return the value, or null if there is none
     */
    @Nullable
    V peek(K key);

    /**
     * Keeps a value, whether or not there is one.
     *
     * @param key the key
     * @param value the value
     * @return the value it replaced, or null if there was none
     */
    @Nullable
    V put(K key, V value);

    /**
     * Keeps a value if the key has none.
     *
     * @param key the key
     * @param value the value
     * @return the value that is there and stays, or null if {@code value} was kept
     */
    @Nullable
    V putIfAbsent(K key, V value);

    /**
     * Replaces a value if it is still the expected one.
     *
     * @param key the key
     * @param expected the very object that must be there
     * @param value what takes its place
     * @return whether it did
     */
    boolean replace(K key, V expected, V value);

    /**
     * Removes a key.
     *
     * @param key the key
     * @return the value it had, or null if none
     */
    @Nullable
    V remove(K key);

    /**
     * Removes a key if its value is still the expected one.
     *
     * @param key the key
     * @param expected the very object that must be there
     * @return whether it was removed
     */
    boolean remove(K key, V expected);

    /** Removes every entry that was there when this call began, pinned ones too. Linear; does not stop other callers. */
    void clear();

    /**
     * Returns how many entries there are.
     *
     * @return the number, exact when nobody writes
     */
    long size();

    /**
     * Returns how much the entries weigh together.
     *
     * @return the weight, exact when nobody writes
     */
    long weight();

    /**
     * Returns the bound.
     *
     * @return the greatest weight, 0 or more
     */
    long maximum();

    /**
     * Changes the bound, and evicts what is over it before it returns. Pinned entries stay even then.
     *
     * @param maximum the greatest weight, 0 or more
     * @throws IllegalArgumentException if it is negative
     */
    void setMaximum(long maximum);

    /**
     * Keeps an entry from being evicted until it is {@linkplain #unpin unpinned} or removed. Replacing its value keeps the
     * pin, unless the new value is so heavy that the pins would outgrow their limit.
     *
     * @param key the key
     * @return whether there is such an entry, which is pinned now
     * @throws IllegalStateException if the pins would weigh more than {@link TableSettings#pinLimit}
     */
    boolean pin(K key);

    /**
     * Lets an entry be evicted again; to the policy it is a new one.
     *
     * @param key the key
     * @return whether it was pinned
     */
    boolean unpin(K key);

    /**
     * Shows every entry, in no order; one that is written meanwhile may be missed.
     *
     * @param action is given key and value
     */
    void forEach(BiConsumer<? super K, ? super V> action);

    /**
     * Returns the keys in the order in which they would be evicted if none were used again, pinned ones last. Linear, and
     * keeps evictions waiting while it collects.
     *
     * @return a new list
     */
    List<K> evictionOrder();

    /** Does what is pending now: what reads and writes left for later, and evictions that follow from it. */
    void cleanUp();
}
