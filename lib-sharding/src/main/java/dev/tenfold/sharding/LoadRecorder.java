package dev.tenfold.sharding;

/**
 * Takes note of how often keys are asked for and what they cost; a {@link Sharder} that was given one with {@link
 * SharderBuilder#hotSpots} reports every key it finds. The one to use is {@code dev.tenfold.sharding.hot.HotSpots}.
 *
 * <p>Called on the hot path: implementations are thread-safe, do not block, and throw nothing for valid arguments.
 *
 * @param <K> the kind of key
 */
@FunctionalInterface
public interface LoadRecorder<K> {

    /**
     * Adds to a key's load.
     *
     * @param key the key
     * @param slot its slot
     * @param calls how many calls were made on it, >= 0
     * @param cost what they cost, >= 0, in whatever unit the user reports; 0 where it is not known
     */
    void record(K key, int slot, long calls, long cost);
}
