package dev.tenfold.sharding;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import java.util.function.Function;

/**
 * Says which slot of a map a key belongs to. Whatever routes, plans, moves or guards keys asks this, so that it works for
 * every keyspace. Fixed for the life of the data: all who share a map must have the same.
 *
 * <p>Thread-safe and pure; a question allocates nothing that the key's form or part does not.
 *
 * @param <K> the kind of key
 */
public sealed interface Slotting<K> permits HashSlotting, RangeSlotting {

    /**
     * Finds the slot of a key.
     *
     * @param map says which slots there are; one that passes {@link #check}
     * @param key the key
     * @return 0 to {@link ShardMap#allSlots()} - 1, one that has an owner
     * @throws IllegalArgumentException if the keyspace has no such kind of key
     */
    int slotOf(ShardMap map, K key);

    /**
     * Makes sure that a map's slots are slots of this keyspace.
     *
     * @param map the map
     * @throws IllegalStateException if it was made for another one
     */
    void check(ShardMap map);

    /**
     * Returns the slotting of longer keys, or of rows, of which a part is the key here.
     *
     * @param <T> the longer kind of key
     * @param part extracts the key; pure, and the same for as long as the data lives
     * @return a slotting that asks this one about the part
     */
    <T> Slotting<T> of(Function<? super T, ? extends K> part);

    /**
     * Returns the slotting by hash, as {@link Sharder#consistent()} uses it. Costs a hash and a multiplication.
     *
     * @param <K> the kind of key
     * @param form which part of the key is hashed, and how
     * @param hash as in the map
     * @return a stateless slotting
     */
    static <K> Slotting<K> hashed(KeyForm<? super K> form, KeyHash hash) {
        return new HashSlotting<>(form, hash);
    }

    /**
     * Returns the slotting by range, as {@link Sharder#ranged} uses it. Costs a binary search among the bounds.
     *
     * @param <K> the kind of key: one the order is for, or keys are refused
     * @param order as in the map
     * @return a stateless slotting
     */
    static <K> Slotting<K> ranges(KeyOrder order) {
        return new RangeSlotting<>(order, key -> key);
    }
}
