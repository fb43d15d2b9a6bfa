package dev.tenfold.sharding;

import dev.tenfold.sharding.hash.Shard;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * What should become of the shards: handed to {@link Sharder#plan} to be filled in. Several changes in one plan move no
 * slot twice. Not thread-safe.
 *
 * @param <K> the kind of key
 */
public final class ShardChange<K> {

    /** A shard that gives part of what it holds to another. */
    record Split(String hot, String onto) {}

    /** Slots that one shard gives to another. */
    record Gift(List<Integer> slots, String from, String onto) {}

    /** A key that gets a slot of its own on a shard. */
    record Isolation(long hash, String label, String onto) {}

    private final ShardMap map;
    private final ToLongFunction<? super K> hash;
    /** All shards after the change, by name. */
    private final Map<String, Shard> after = new LinkedHashMap<>();
    /** The names of those that may be filled up or drained to fit their weight. */
    private final List<String> fitted = new ArrayList<>();

    private final List<Split> splits = new ArrayList<>();
    private final List<Gift> gifts = new ArrayList<>();
    private final List<Isolation> isolations = new ArrayList<>();

    ShardChange(ShardMap map, ToLongFunction<? super K> hash) {
        this.map = map;
        this.hash = hash;
        map.shards().forEach(shard -> after.put(shard.id(), shard));
    }

    /**
     * Adds a shard of weight 1, filled from the fullest ones.
     *
     * @param shard its name
     * @return this
     * @throws IllegalArgumentException if the map has it, or the name is not allowed
     */
    public ShardChange<K> add(String shard) {
        return add(shard, Weight.ONE);
    }

    /**
     * Adds a shard, filled from the fullest ones up to what its weight asks for.
     *
     * @param shard its name
     * @param weight its share
     * @return this
     * @throws IllegalArgumentException if the map has it, or a value is not allowed
     */
    public ShardChange<K> add(String shard, Weight weight) {
        addEmpty(shard, weight);
        fitted.add(shard);
        return this;
    }

    /**
     * Removes a shard; what it holds goes to the emptiest ones.
     *
     * @param shard its name
     * @return this
     * @throws IllegalArgumentException if the map does not have it
     */
    public ShardChange<K> remove(String shard) {
        present(shard);
        after.remove(shard);
        return this;
    }

    /**
     * Changes a shard's weight, and fills or drains it to fit.
     *
     * @param shard its name
     * @param weight its new share
     * @return this
     * @throws IllegalArgumentException if the map does not have it, or the weight is not allowed
     */
    public ShardChange<K> weight(String shard, Weight weight) {
        present(shard);
        after.put(shard, new Shard(shard, weight.value()));
        fitted.add(shard);
        return this;
    }

    /**
     * Gives part of an overloaded shard to another: half, or what the two weights say. No other shard is touched.
     *
     * @param hot the overloaded one
     * @param onto the other, added with the hot one's weight where the map does not have it
     * @return this
     * @throws IllegalArgumentException if the map does not have the hot one, or the two are the same
     */
    public ShardChange<K> split(String hot, String onto) {
        Shard shard = present(hot);
        if (hot.equals(onto)) {
            throw new IllegalArgumentException("split: " + hot + " onto itself (expected: another shard)");
        }
        if (!after.containsKey(onto)) {
            addEmpty(onto, new Weight(shard.weight()));
        }
        splits.add(new Split(hot, onto));
        return this;
    }

    /**
     * Gives chosen slots of a shard to another, such as those that were measured to be hot. No other shard is touched.
     *
     * @param slots which ones
     * @param from the shard that owns all of them
     * @param onto the other, added with the first one's weight where the map does not have it
     * @return this
     * @throws IllegalArgumentException if the map does not have the first shard, it does not own one of the slots, or the
     *     two are the same
     */
    public ShardChange<K> give(int[] slots, String from, String onto) {
        Shard shard = present(from);
        if (from.equals(onto)) {
            throw new IllegalArgumentException("give: slots of " + from + " to itself (expected: another shard)");
        }
        for (int slot : slots) {
            if (slot < 0 || slot >= map.allSlots() || !map.owner(slot).equals(from)) {
                throw new IllegalArgumentException("give: slot " + slot + " (expected: one that " + from + " owns)");
            }
        }
        if (!after.containsKey(onto)) {
            addEmpty(onto, new Weight(shard.weight()));
        }
        gifts.add(new Gift(IntStream.of(slots).boxed().toList(), from, onto));
        return this;
    }

    /**
     * Gives a celebrity's key a slot of its own on a shard.
     *
     * @param key the key
     * @param onto the shard, added with weight 1 and nothing else to hold where the map does not have it
     * @return this
     */
    public ShardChange<K> isolate(K key, String onto) {
        if (!after.containsKey(onto)) {
            addEmpty(onto, Weight.ONE);
        }
        String label = key instanceof byte[] ? "" : String.valueOf(key);
        isolations.add(new Isolation(hash.applyAsLong(key), label, onto));
        return this;
    }

    private void addEmpty(String shard, Weight weight) {
        if (after.containsKey(shard) || map.contains(shard)) {
            throw new IllegalArgumentException("add: " + shard + " (expected: a shard that the map does not have)");
        }
        after.put(shard, new Shard(shard, weight.value()));
    }

    private Shard present(String shard) {
        Shard found = after.get(shard);
        if (found == null) {
            throw new IllegalArgumentException("shard: " + shard + " (expected: one of " + after.keySet() + ")");
        }
        return found;
    }

    ShardMap map() {
        return map;
    }

    List<Shard> shards() {
        return List.copyOf(after.values());
    }

    List<String> fitted() {
        return fitted;
    }

    /** Every shard that the change fills, drains or splits. */
    List<String> named() {
        List<String> named = new ArrayList<>(fitted);
        splits.forEach(split -> named.addAll(List.of(split.hot(), split.onto())));
        gifts.forEach(gift -> named.addAll(List.of(gift.from(), gift.onto())));
        isolations.forEach(isolation -> named.add(isolation.onto()));
        return named;
    }

    List<Split> splits() {
        return splits;
    }

    List<Gift> gifts() {
        return gifts;
    }

    List<Isolation> isolations() {
        return isolations;
    }
}
