package dev.tenfold.sharding;

import java.util.Objects;
import java.util.function.Function;

/** Slots by range. */
record RangeSlotting<K>(KeyOrder order, Function<? super K, ?> part) implements Slotting<K> {

    RangeSlotting {
        Objects.requireNonNull(order, "order");
        Objects.requireNonNull(part, "part");
    }

    @Override
    public int slotOf(ShardMap map, K key) {
        return ranges(map).slotOf(part.apply(key));
    }

    @Override
    public void check(ShardMap map) {
        ranges(map);
    }

    private RangeKeyspace ranges(ShardMap map) {
        if (map.keyspace() instanceof RangeKeyspace ranges && ranges.order() == order) {
            return ranges;
        }
        throw new IllegalStateException(
                "keys of the map: " + map.hashName() + " (expected: " + order.stored() + ", as its users were built)");
    }

    @Override
    public <T> Slotting<T> of(Function<? super T, ? extends K> longer) {
        return new RangeSlotting<>(order, key -> part.apply(longer.apply(key)));
    }
}
