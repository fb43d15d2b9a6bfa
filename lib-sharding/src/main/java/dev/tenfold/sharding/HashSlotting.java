package dev.tenfold.sharding;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import java.util.Objects;
import java.util.function.Function;

/** Slots by hash. */
record HashSlotting<K>(KeyForm<? super K> form, KeyHash hash) implements Slotting<K> {

    HashSlotting {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(hash, "hash");
    }

    long hashOf(K key) {
        return form.hash(key, hash);
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

    @Override
    public <T> Slotting<T> of(Function<? super T, ? extends K> part) {
        return new HashSlotting<>((key, by) -> form.hash(part.apply(key), by), hash);
    }
}
