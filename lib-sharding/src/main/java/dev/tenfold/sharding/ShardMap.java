package dev.tenfold.sharding;

import dev.tenfold.Codec;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.topology.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Which shard owns which slot, and which slot a key's hash belongs to. Immutable and thread-safe; every change makes a map
 * with the next epoch.
 *
 * <p>A hash belongs to slot {@code ((hash >>> 32) * slots) >>> 32}, which depends on its top 32 bits alone, unless it is
 * {@linkplain #isolated() isolated}: then it has a slot of its own beyond those. Slots are never renumbered and their
 * number never changes, so a key keeps its slot for life unless it is isolated.
 *
 * <p>The map is the truth about ownership; the placement it names only made the first one. It is small: 4 bytes per slot.
 */
public final class ShardMap implements Snapshot {

    /** How many slots keys hash to unless changed. */
    public static final int DEFAULT_SLOTS = 4_096;

    /** The most slots keys may hash to. */
    public static final int MAX_SLOTS = 1 << 20;

    /** The most keys that may have slots of their own. */
    public static final int MAX_ISOLATED = 1_024;

    private final long epoch;
    private final String hashName;
    private final long hashSeed;
    private final String placement;
    private final int slots;
    private final List<Shard> shards;
    /** The owner's index in {@code shards}, for each hashed slot and then for each isolated one. */
    private final int[] owners;

    private final List<IsolatedKey> isolated;
    private final Map<String, Integer> index;

    /**
     * A key with a slot of its own.
     *
     * @param hash the key's hash; another key with the same hash comes along, which does no harm
     * @param slot its slot, from {@link #slots()} on
     * @param label which key it is, for people; at most 100 characters
     */
    public record IsolatedKey(long hash, int slot, String label) {}

    ShardMap(
            long epoch,
            String hashName,
            long hashSeed,
            String placement,
            int slots,
            List<Shard> shards,
            int[] owners,
            List<IsolatedKey> isolated) {
        this.epoch = epoch;
        this.hashName = hashName;
        this.hashSeed = hashSeed;
        this.placement = placement;
        this.slots = slots;
        this.shards = List.copyOf(shards);
        this.owners = owners;
        this.isolated = List.copyOf(isolated);
        this.index = new LinkedHashMap<>();
        for (Shard shard : shards) {
            index.put(shard.id(), index.size());
        }
        check();
    }

    private void check() {
        if (epoch < 1) {
            throw new IllegalArgumentException("epoch: " + epoch + " (expected: >= 1)");
        }
        if (slots < 1 || slots > MAX_SLOTS) {
            throw new IllegalArgumentException("slots: " + slots + " (expected: 1 to " + MAX_SLOTS + ")");
        }
        if (shards.isEmpty() || index.size() != shards.size()) {
            throw new IllegalArgumentException("shards: " + shards + " (expected: at least one, with distinct names)");
        }
        if (isolated.size() > MAX_ISOLATED || owners.length != slots + isolated.size()) {
            throw new IllegalArgumentException("owners: " + owners.length + " for " + slots + " slots and "
                    + isolated.size() + " isolated keys (expected: one each, at most " + MAX_ISOLATED + " isolated)");
        }
        for (int owner : owners) {
            if (owner < 0 || owner >= shards.size()) {
                throw new IllegalArgumentException("owner: " + owner + " (expected: 0 to " + (shards.size() - 1) + ")");
            }
        }
        for (int i = 0; i < isolated.size(); i++) {
            IsolatedKey key = isolated.get(i);
            long hash = key.hash();
            if (key.slot() != slots + i
                    || isolated.stream().filter(k -> k.hash() == hash).count() > 1) {
                throw new IllegalArgumentException(
                        "isolated: " + key + " (expected: slot " + (slots + i) + ", and each hash once)");
            }
        }
    }

    /**
     * Makes the first map.
     *
     * @param shards the shards, with distinct names
     * @param slots how many slots, 1 to {@value #MAX_SLOTS}; fixed for the life of the data
     * @param hash hashes keys; fixed for the life of the data
     * @param placement gives each slot its first owner
     * @return a map of epoch 1
     * @throws IllegalArgumentException if a value is out of range
     */
    public static ShardMap first(List<Shard> shards, int slots, KeyHash hash, Placement placement) {
        if (slots < 1 || slots > MAX_SLOTS) {
            throw new IllegalArgumentException("slots: " + slots + " (expected: 1 to " + MAX_SLOTS + ")");
        }
        String by = placement.parameters().isEmpty()
                ? placement.name()
                : placement.name() + "(" + placement.parameters() + ")";
        return new ShardMap(1, hash.name(), hash.seed(), by, slots, shards, placement.place(shards, slots), List.of());
    }

    /**
     * Returns the codec that stores maps: lines of UTF-8 text that a person can read, with a checksum. What one version
     * of this library wrote, every later one reads, and equal maps have equal bytes.
     *
     * @return a stateless codec
     */
    public static Codec<ShardMap> codec() {
        return ShardMapCodec.CODEC;
    }

    /**
     * Returns the version of this map: every change makes it one higher.
     *
     * @return from 1
     */
    public long epoch() {
        return epoch;
    }

    @Override
    public long version() {
        return epoch;
    }

    /**
     * Returns the name of the hash that keys are hashed with.
     *
     * @return as {@link KeyHash#name()}
     */
    public String hashName() {
        return hashName;
    }

    /**
     * Returns the seed of the hash that keys are hashed with.
     *
     * @return as {@link KeyHash#seed()}
     */
    public long hashSeed() {
        return hashSeed;
    }

    /**
     * Returns what made the first map.
     *
     * @return the placement's name, and its parameters in parentheses
     */
    public String placement() {
        return placement;
    }

    /**
     * Returns how many slots keys hash to, isolated ones not counted.
     *
     * @return 1 to {@value #MAX_SLOTS}
     */
    public int slots() {
        return slots;
    }

    /**
     * Returns how many slots have an owner.
     *
     * @return {@link #slots()} and one more for each isolated key
     */
    public int allSlots() {
        return owners.length;
    }

    /**
     * Returns the shards.
     *
     * @return in the order they were added
     */
    public List<Shard> shards() {
        return shards;
    }

    /**
     * Returns the keys that have slots of their own.
     *
     * @return in the order of their slots
     */
    public List<IsolatedKey> isolated() {
        return isolated;
    }

    /**
     * Returns the slot of a hash. Costs a multiplication, and a search among the isolated keys where there are any.
     *
     * @param hash a key's hash, by this map's hash function
     * @return 0 to {@link #allSlots()} - 1
     */
    public int slotOf(long hash) {
        for (IsolatedKey key : isolated) {
            if (key.hash == hash) {
                return key.slot;
            }
        }
        return hashedSlot(hash);
    }

    int hashedSlot(long hash) {
        return (int) (((hash >>> 32) * slots) >>> 32);
    }

    /**
     * Returns the owner of a slot.
     *
     * @param slot 0 to {@link #allSlots()} - 1
     * @return the shard's name
     */
    public String owner(int slot) {
        return shards.get(owners[slot]).id();
    }

    int ownerIndex(int slot) {
        return owners[slot];
    }

    int[] owners() {
        return owners.clone();
    }

    /**
     * Says whether a shard is in the map.
     *
     * @param shard its name
     * @return true also while it owns nothing
     */
    public boolean contains(String shard) {
        return index.containsKey(shard);
    }

    /**
     * Returns the slots of a shard.
     *
     * @param shard its name
     * @return rising; empty if it owns none or is not in the map
     */
    public int[] slotsOf(String shard) {
        int at = index.getOrDefault(shard, -1);
        IntPredicate owned = slot -> owners[slot] == at;
        return java.util.stream.IntStream.range(0, owners.length).filter(owned).toArray();
    }

    /**
     * Says which share of the hashed slots each shard holds compared with what its weight asks for: 1 is exactly that,
     * 1.2 is a fifth too much.
     *
     * @return by shard, in the order of {@link #shards()}
     */
    public Map<String, Double> load() {
        return Balance.load(shards, owners, slots);
    }

    /**
     * Makes the next map, in which some slots have another owner.
     *
     * @param moved the slots
     * @param shard the new owner's name
     * @return a map of the next epoch
     * @throws IllegalArgumentException if the shard is not in the map
     */
    public ShardMap withOwner(int[] moved, String shard) {
        Integer owner = index.get(shard);
        if (owner == null) {
            throw new IllegalArgumentException("shard: " + shard + " (expected: one of " + index.keySet() + ")");
        }
        int[] next = owners.clone();
        for (int slot : moved) {
            next[slot] = owner;
        }
        return next(shards, next, isolated);
    }

    /**
     * Makes the next map, with other shards or weights; ownership stays.
     *
     * @param next the shards; one that still owns a slot must be among them
     * @return a map of the next epoch
     * @throws IllegalArgumentException if a missing shard owns a slot
     */
    public ShardMap withShards(List<Shard> next) {
        Map<String, Integer> at = new LinkedHashMap<>();
        next.forEach(shard -> at.put(shard.id(), at.size()));
        int[] renumbered = new int[owners.length];
        for (int slot = 0; slot < owners.length; slot++) {
            Integer owner = at.get(owner(slot));
            if (owner == null) {
                throw new IllegalArgumentException("shards: without " + owner(slot) + ", which owns slot " + slot
                        + " (expected: shards are removed once they own nothing)");
            }
            renumbered[slot] = owner;
        }
        return next(next, renumbered, isolated);
    }

    /**
     * Makes the next map, in which a key has a slot of its own, on the shard where it is now.
     *
     * @param hash the key's hash
     * @param label which key it is, for people; cut to 100 characters
     * @return a map of the next epoch
     * @throws IllegalArgumentException if the hash is isolated already, or {@value #MAX_ISOLATED} are
     */
    public ShardMap withIsolated(long hash, String label) {
        int[] next = Arrays.copyOf(owners, owners.length + 1);
        next[owners.length] = owners[slotOf(hash)];
        List<IsolatedKey> keys = new ArrayList<>(isolated);
        keys.add(new IsolatedKey(hash, owners.length, label.substring(0, Math.min(label.length(), 100))));
        return next(shards, next, keys);
    }

    /**
     * Makes the next map without changing anything, which defeats every compare-and-set prepared on this one.
     *
     * @return a map of the next epoch
     */
    public ShardMap withNextEpoch() {
        return withEpoch(epoch + 1);
    }

    ShardMap withEpoch(long next) {
        return new ShardMap(next, hashName, hashSeed, placement, slots, shards, owners, isolated);
    }

    private ShardMap next(List<Shard> nextShards, int[] nextOwners, List<IsolatedKey> nextIsolated) {
        return new ShardMap(epoch + 1, hashName, hashSeed, placement, slots, nextShards, nextOwners, nextIsolated);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ShardMap map
                && epoch == map.epoch
                && hashName.equals(map.hashName)
                && hashSeed == map.hashSeed
                && placement.equals(map.placement)
                && slots == map.slots
                && shards.equals(map.shards)
                && Arrays.equals(owners, map.owners)
                && isolated.equals(map.isolated);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(epoch) * 31 + Arrays.hashCode(owners);
    }

    @Override
    public String toString() {
        return "ShardMap[epoch=" + epoch + ", hash=" + hashName + ", placement=" + placement + ", slots=" + slots
                + ", shards=" + shards + ", isolated=" + isolated.size() + "]";
    }
}
