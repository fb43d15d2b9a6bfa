package dev.tenfold.sharding;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import java.util.Objects;
import java.util.function.Function;

/**
 * Says which slot of a map a key belongs to. Whatever routes, plans, moves or guards keys asks this, so that it works for
 * every keyspace. Fixed for the life of the data: all who share a map must have the same.
 *
 * <p>Implementations are thread-safe and pure.
 *
 * @param <K> the kind of key
 */
public interface Slotting<K> {

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
    default <T> Slotting<T> of(Function<? super T, ? extends K> part) {
        Slotting<K> whole = this;
        return new Slotting<>() {
            @Override
            public int slotOf(ShardMap map, T key) {
                return whole.slotOf(map, part.apply(key));
            }

            @Override
            public void check(ShardMap map) {
                whole.check(map);
            }
        };
    }

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
}

/** Slots by hash. */
record HashSlotting<K>(KeyForm<? super K> form, KeyHash hash) implements Slotting<K> {

    HashSlotting {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(hash, "hash");
    }

    @Override
    public int slotOf(ShardMap map, K key) {
        return map.slotOf(form.hash(key, hash));
    }

    @Override
    public void check(ShardMap map) {
        if (!map.hashName().equals(hash.name()) || map.hashSeed() != hash.seed()) {
            throw new IllegalStateException("hash of the map: " + map.hashName() + " with seed " + map.hashSeed()
                    + " (expected: " + hash.name() + " with seed " + hash.seed() + ", as its users were built)");
        }
    }
}
