package dev.tenfold.sharding;

import dev.tenfold.sharding.hash.Shard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

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

    /** How much of a key's name is kept for people. */
    private static final int LABEL_LENGTH = 100;

    private final ShardMap map;
    private final KeyChanges<K> keys;
    /** All shards after the change, by name. */
    private final Map<String, Shard> after = new LinkedHashMap<>();
    /** The names of those that may be filled up or drained to fit their weight. */
    private final List<String> fitted = new ArrayList<>();

    private final List<Split> splits = new ArrayList<>();
    private final List<Gift> gifts = new ArrayList<>();

    ShardChange(ShardMap map, Slotting<K> slotting) {
        this.map = map;
        this.keys = KeyChanges.of(map, slotting);
        map.shards().forEach(shard -> after.put(shard.id(), shard));
    }

    /**
     * Adds a shard of weight 1, filled from the fullest ones; see {@link #add(String, Weight)}.
     *
     * @param shard its name
     * @return this
     * @throws IllegalArgumentException if the map has it, or the name is not allowed
     */
    public ShardChange<K> add(String shard) {
        return add(shard, Weight.ONE);
    }

    /**
     * Adds a shard, filled from the fullest ones up to what its weight asks for. Where slots are ranges it stays empty
     * unless {@link #splitRange} or {@link #moveRange} gives it something: how much is in a range is not known here.
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
     * Changes a shard's weight, and fills or drains it to fit; where slots are ranges, nothing moves.
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
     * Gives part of an overloaded shard's slots to another: half, or what the two weights say. No other shard is touched.
     * Where slots are ranges and it holds a single one, use {@link #splitRange}.
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
     * Gives a celebrity's key a slot of its own on a shard, and keeps its name in the map for people to read.
     *
     * @param key the key
     * @param onto the shard, added with weight 1 and nothing else to hold where the map does not have it
     * @return this
     * @throws IllegalArgumentException if the key is of no kind that the keyspace has
     */
    public ShardChange<K> isolate(K key, String onto) {
        addMissing(onto);
        String name = key instanceof byte[] ? "" : String.valueOf(key);
        keys.own(key, name.substring(0, Math.min(name.length(), LABEL_LENGTH)), onto);
        return this;
    }

    /**
     * Names the shard of a key, whatever its hash or range says: an entry of a directory. The same as {@link #isolate} but
     * for the name, which is not kept.
     *
     * @param key the key
     * @param shard the shard, added with weight 1 and nothing else to hold where the map does not have it
     * @return this
     * @throws IllegalArgumentException if the key is of no kind that the keyspace has
     */
    public ShardChange<K> assign(K key, String shard) {
        return assign(List.of(key), shard);
    }

    /**
     * Names the shard of some keys. A map has at most {@value ShardMap#MAX_OWN_KEYS} keys that are assigned or isolated.
     *
     * @param some the keys
     * @param shard the shard, added with weight 1 and nothing else to hold where the map does not have it
     * @return this
     * @throws IllegalArgumentException if a key is of no kind that the keyspace has
     */
    public ShardChange<K> assign(Collection<? extends K> some, String shard) {
        addMissing(shard);
        some.forEach(key -> keys.own(key, "", shard));
        return this;
    }

    /**
     * Takes an assigned or isolated key out of the directory: it moves to where its hash or range says, and becomes part
     * of the slot there.
     *
     * @param key the key
     * @return this
     * @throws IllegalArgumentException if it has no slot of its own
     */
    public ShardChange<K> release(K key) {
        keys.release(key);
        return this;
    }

    /**
     * Divides the range that holds a key, and moves what is from that key on, up to the range's end, to a shard.
     *
     * @param at where the upper part begins; where a range begins there already, all of it moves
     * @param onto the shard, added with weight 1 and nothing else to hold where the map does not have it
     * @return this
     * @throws IllegalArgumentException if keys are hashed, or {@code at} is of no kind that the order has
     */
    public ShardChange<K> splitRange(Object at, String onto) {
        ranges("splitRange").split(at, onto);
        addMissing(onto);
        return this;
    }

    /**
     * Moves all keys between two, dividing ranges where they reach beyond.
     *
     * @param from the least key to move; null to move all below {@code to}
     * @param to the least key above that stays; null to move all from {@code from} on
     * @param onto the shard, added with weight 1 and nothing else to hold where the map does not have it
     * @return this
     * @throws IllegalArgumentException if keys are hashed, or the bounds are of no kind that the order has, or not rising
     */
    public ShardChange<K> moveRange(@Nullable Object from, @Nullable Object to, String onto) {
        ranges("moveRange").move(from, to, onto);
        addMissing(onto);
        return this;
    }

    /**
     * Makes two neighbouring ranges one: the upper one moves to the shard of the lower one, where it is not there yet, and
     * becomes part of it.
     *
     * @param at where the upper one begins
     * @return this
     * @throws IllegalArgumentException if keys are hashed, or no range begins there
     */
    public ShardChange<K> mergeRanges(Object at) {
        ranges("mergeRanges").merge(at);
        return this;
    }

    private RangeChanges<K> ranges(String what) {
        if (keys instanceof RangeChanges<K> ranges) {
            return ranges;
        }
        throw new IllegalArgumentException(what + ": keys are hashed (expected: a map whose slots are ranges)");
    }

    private void addMissing(String shard) {
        if (!after.containsKey(shard)) {
            addEmpty(shard, Weight.ONE);
        }
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
        named.addAll(keys.named());
        return named;
    }

    List<Split> splits() {
        return splits;
    }

    List<Gift> gifts() {
        return gifts;
    }

    /** Who is given a slot, where somebody is. */
    Optional<String> given(int slot) {
        return gifts.stream()
                .filter(gift -> gift.slots().contains(slot))
                .map(Gift::onto)
                .findFirst();
    }

    KeyChanges<K> keys() {
        return keys;
    }
}
