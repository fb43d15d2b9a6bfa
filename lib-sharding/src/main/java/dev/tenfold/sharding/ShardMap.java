package dev.tenfold.sharding;

import dev.tenfold.Codec;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardPlan.Division;
import dev.tenfold.sharding.ShardPlan.Merge;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.topology.Snapshot;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Which slot a key belongs to, and which shard owns which slot. Immutable and thread-safe; every change makes a map with the
 * next epoch. {@link Slotting} asks it about keys.
 *
 * <p>Slots divide the keys in one of two ways:
 *
 * <ul>
 *   <li><b>by hash:</b> a hash belongs to slot {@code ((hash >>> 32) * slots) >>> 32}, which depends on its top 32 bits
 *       alone, unless its key is in the directory of keys with slots of their own, beyond those;
 *   <li><b>by range:</b> a key belongs to the range that holds it. A key with a slot of its own is a range of one key.
 * </ul>
 *
 * <p>Slots are never renumbered. One may be {@linkplain #withDivided divided}: a new slot takes some of its keys, on the
 * same shard, and can then be moved. Where both are on one shard again they can be {@linkplain #withMerged merged}; the
 * number then stays unused for good, so that a router with an old map can never mean another slot by it.
 *
 * <p>The map is the truth about ownership; the placement it names only made the first one.
 */
public final class ShardMap implements Snapshot {

    /** How many slots keys hash to unless changed. */
    public static final int DEFAULT_SLOTS = 4_096;

    /** The most slots keys may hash to. */
    public static final int MAX_SLOTS = 1 << 20;

    /** The most keys that may have slots of their own where keys are hashed. */
    public static final int MAX_OWN_KEYS = 100_000;

    /** The most ranges; a key with a slot of its own takes up to two. */
    public static final int MAX_RANGES = 200_000;

    /** The most slots ever, merged ones included. */
    public static final int MAX_ALL_SLOTS = 1 << 21;

    /** The longest bound of a range, in characters. */
    public static final int MAX_BOUND_LENGTH = 256;

    static final int NOBODY = -1;

    private final long epoch;
    private final Keyspace keyspace;
    private final String placement;
    private final List<Shard> shards;
    /** The owner's index in {@code shards}, for each slot; {@link #NOBODY} for merged ones. */
    private final int[] owners;

    private final Map<String, Integer> index;

    ShardMap(long epoch, Keyspace keyspace, String placement, List<Shard> shards, int[] owners) {
        this.epoch = epoch;
        this.keyspace = keyspace;
        this.placement = placement;
        this.shards = List.copyOf(shards);
        this.owners = owners;
        this.index = new LinkedHashMap<>();
        for (Shard shard : shards) {
            index.put(shard.id(), index.size());
        }
        MapRules.check(epoch, keyspace, shards, owners);
    }

    /**
     * Makes the first map of hashed keys.
     *
     * @param shards the shards, with distinct names
     * @param slots how many slots, 1 to {@value #MAX_SLOTS}; fixed for the life of the data
     * @param hash hashes keys; fixed for the life of the data
     * @param placement gives each slot its first owner
     * @return a map of epoch 1
     * @throws IllegalArgumentException if a value is out of range
     */
    public static ShardMap first(List<Shard> shards, int slots, KeyHash hash, Placement placement) {
        String by = placement.name() + (placement.parameters().isEmpty() ? "" : "(" + placement.parameters() + ")");
        Keyspace keys = new HashKeyspace(hash.name(), hash.seed(), slots);
        return new ShardMap(1, keys, by, shards, placement.place(shards, slots));
    }

    /**
     * Makes the first map of ordered keys.
     *
     * @param shards the shards, with distinct names
     * @param ranges give each key an owner
     * @return a map of epoch 1, whose slots are the ranges in their order
     * @throws dev.tenfold.error.InvalidConfigurationException with every gap, overlap and unknown shard
     * @throws IllegalArgumentException if the shards are not distinct
     */
    public static ShardMap first(List<Shard> shards, Ranges ranges) {
        return ranges.first(shards);
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
     * Returns the name of the hash that keys are hashed with ({@link KeyHash#name()}), or of the order that ranges follow.
     *
     * @return such as {@code "xxh3_64_v1"} or {@code "range_text_v1"}
     */
    public String hashName() {
        return keyspace.name();
    }

    /**
     * Returns the seed of the hash that keys are hashed with.
     *
     * @return as {@link KeyHash#seed()}; 0 where slots are ranges
     */
    public long hashSeed() {
        return keyspace.seed();
    }

    /**
     * Returns what made the first map.
     *
     * @return its name, and parameters in parentheses
     */
    public String placement() {
        return placement;
    }

    /**
     * Returns how many slots keys hash to, those that are some key's own not counted.
     *
     * @return 1 to {@value #MAX_SLOTS}; 0 where slots are ranges
     */
    public int slots() {
        return keyspace.hashed();
    }

    /**
     * Returns how many slots there ever were: one more than the highest.
     *
     * @return at most {@value #MAX_ALL_SLOTS}
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
     * Returns the divisions that made slots in use.
     *
     * @return rising by slot
     */
    public List<Division> divisions() {
        return keyspace.divisions();
    }

    /**
     * Says whether a slot was divided, and not merged again.
     *
     * @param division as planned
     * @return true if its keys have its slot
     */
    public boolean has(Division division) {
        return division.slot() < owners.length && keyspace.has(division);
    }

    /**
     * Says whether every key has the same slot in another map.
     *
     * @param other a map of the same data
     * @return false if a slot was divided or merged between the two
     */
    public boolean sameSlots(ShardMap other) {
        return keyspace.equals(other.keyspace);
    }

    /**
     * Returns the slot of a hash. Costs a multiplication, and a look into a hash table where keys have slots of their own;
     * allocates nothing.
     *
     * @param hash a key's hash, by this map's hash function
     * @return 0 to {@link #allSlots()} - 1
     * @throws IllegalStateException if slots are ranges
     */
    public int slotOf(long hash) {
        if (keyspace instanceof HashKeyspace hashed) {
            return hashed.slotOf(hash);
        }
        throw new IllegalStateException("keys: " + keyspace.name() + " (expected: hashed ones; ask Slotting.ranges)");
    }

    /**
     * Returns the owner of a slot.
     *
     * @param slot 0 to {@link #allSlots()} - 1
     * @return the shard's name; {@code ""} if the slot was merged into another
     */
    public String owner(int slot) {
        return owners[slot] == NOBODY ? "" : shards.get(owners[slot]).id();
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
        int at = index.getOrDefault(shard, shards.size());
        return IntStream.range(0, owners.length)
                .filter(slot -> owners[slot] == at)
                .toArray();
    }

    /**
     * Says which share of the slots each shard holds compared with what its weight asks for: 1 is exactly that, 1.2 is a
     * fifth too much. A hashed key's own slot does not count; ranges count as one each, however much is in them.
     *
     * @return by shard, in the order of {@link #shards()}
     */
    public Map<String, Double> load() {
        return Balance.load(shards, owners, keyspace.counted());
    }

    /**
     * Makes the next map, in which some slots have another owner.
     *
     * @param moved the slots
     * @param shard the new owner's name
     * @return a map of the next epoch
     * @throws IllegalArgumentException if the shard is not in the map, or a slot is not in use
     */
    public ShardMap withOwner(int[] moved, String shard) {
        Integer owner = index.get(shard);
        if (owner == null) {
            throw new IllegalArgumentException("shard: " + shard + " (expected: one of " + index.keySet() + ")");
        }
        int[] next = owners();
        for (int slot : moved) {
            if (next[slot] == NOBODY) {
                throw new IllegalArgumentException("slot: " + slot + " (expected: one that was not merged)");
            }
            next[slot] = owner;
        }
        return next(keyspace, shards, next);
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
            Integer owner = owners[slot] == NOBODY ? Integer.valueOf(NOBODY) : at.get(owner(slot));
            if (owner == null) {
                throw new IllegalArgumentException("shards: without " + owner(slot) + ", which owns slot " + slot
                        + " (expected: shards are removed once they own nothing)");
            }
            renumbered[slot] = owner;
        }
        return next(keyspace, next, renumbered);
    }

    /**
     * Makes the next map, in which some slots are divided: each new slot is where the one is that its keys were in.
     *
     * @param divisions as planned, their slots from {@link #allSlots()} on, rising without a gap
     * @return a map of the next epoch
     * @throws IllegalArgumentException if a division does not fit this map, or there would be too many
     */
    public ShardMap withDivided(List<Division> divisions) {
        int[] next = Arrays.copyOf(owners, owners.length + divisions.size());
        for (int i = 0; i < divisions.size(); i++) {
            Division division = divisions.get(i);
            if (division.slot() != owners.length + i || division.from() < 0 || division.from() >= division.slot()) {
                throw new IllegalArgumentException("division: " + division + " (expected: into slot "
                        + (owners.length + i) + ", the first that is free, from one before)");
            }
            next[division.slot()] = next[division.from()];
        }
        return next(keyspace.divided(divisions), shards, next);
    }

    /**
     * Makes the next map, in which some slots are merged into others.
     *
     * @param merges each of two slots with one owner
     * @return a map of the next epoch
     * @throws IllegalArgumentException if two slots have different owners, or the first cannot become part of the second
     */
    public ShardMap withMerged(List<Merge> merges) {
        int[] next = owners.clone();
        for (Merge merge : merges) {
            if (owners[merge.slot()] != owners[merge.into()]) {
                throw new IllegalArgumentException("merge: " + merge + ", on " + owner(merge.slot()) + " and "
                        + owner(merge.into()) + " (expected: on one shard)");
            }
            next[merge.slot()] = NOBODY;
        }
        return next(keyspace.merged(merges), shards, next);
    }

    /**
     * Makes the next map without changing anything, which defeats every compare-and-set prepared on this one.
     *
     * @return a map of the next epoch
     */
    public ShardMap withNextEpoch() {
        return next(keyspace, shards, owners);
    }

    ShardMap withEpoch(long next) {
        return new ShardMap(next, keyspace, placement, shards, owners);
    }

    Keyspace keyspace() {
        return keyspace;
    }

    private ShardMap next(Keyspace nextKeyspace, List<Shard> nextShards, int[] nextOwners) {
        return new ShardMap(epoch + 1, nextKeyspace, placement, nextShards, nextOwners);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ShardMap map
                && epoch == map.epoch
                && placement.equals(map.placement)
                && shards.equals(map.shards)
                && Arrays.equals(owners, map.owners)
                && keyspace.equals(map.keyspace);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(epoch) * 31 + Arrays.hashCode(owners);
    }

    @Override
    public String toString() {
        return "ShardMap[epoch=" + epoch + ", " + keyspace.name() + ", shards=" + shards + "]";
    }
}
