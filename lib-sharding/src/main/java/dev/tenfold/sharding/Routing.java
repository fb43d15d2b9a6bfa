package dev.tenfold.sharding;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.session.Position;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.topology.Snapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A map made ready for routing: for each slot the number of its shard, for each shard its target. Immutable.
 *
 * <p>A lookup reads a slot at random, so what counts is that all slots stay in a processor's cache: two bytes a slot are half
 * of what a reference would take, and 10,000 shards with 16 slots each still fit. The targets are few and read often.
 *
 * @param <S> the kind of shard
 */
final class Routing<S> implements Snapshot {

    private final ShardMap map;
    private final Map<String, S> targets;
    /** The owner of each slot by its place among the map's shards, as many as fit a char; null where there are more. */
    private final char @Nullable [] owners;

    private final int @Nullable [] manyOwners;
    private final Position topology;
    /** By the same place, and behind the shards an empty one, for slots that were merged into others. */
    private final @Nullable Object[] byOwner;

    private Routing(String name, ShardMap map, Map<String, S> targets) {
        this.map = map;
        this.topology = new Position("map " + name, 0, map.epoch());
        this.targets = targets;
        int shards = map.shards().size();
        this.byOwner = new Object[shards + 1];
        for (int i = 0; i < shards; i++) {
            byOwner[i] = targets.get(map.shards().get(i).id());
        }
        int[] places = map.owners();
        for (int slot = 0; slot < places.length; slot++) {
            places[slot] = places[slot] == ShardMap.NOBODY ? shards : places[slot];
        }
        this.owners = shards > Character.MAX_VALUE ? null : narrow(places);
        this.manyOwners = owners == null ? places : null;
    }

    private static char[] narrow(int[] places) {
        char[] narrow = new char[places.length];
        for (int slot = 0; slot < places.length; slot++) {
            narrow[slot] = (char) places[slot];
        }
        return narrow;
    }

    /** Routes by a map, making a target of each shard that is not known yet, where there is what makes them. */
    static <S> Routing<S> of(
            String name, ShardMap map, Map<String, S> known, @Nullable Function<? super String, ? extends S> factory) {
        Map<String, S> targets = new LinkedHashMap<>(known);
        if (factory != null) {
            for (Shard shard : map.shards()) {
                if (!targets.containsKey(shard.id())) {
                    targets.put(shard.id(), factory.apply(shard.id()));
                }
            }
        }
        return new Routing<>(name, map, targets);
    }

    ShardMap map() {
        return map;
    }

    Position topology() {
        return topology;
    }

    Map<String, S> targets() {
        return targets;
    }

    /** Returns the targets of the map's shards, as far as there are any. */
    Map<String, S> present() {
        Map<String, S> present = new LinkedHashMap<>();
        for (Shard shard : map.shards()) {
            S target = targets.get(shard.id());
            if (target != null) {
                present.put(shard.id(), target);
            }
        }
        return present;
    }

    @Override
    public long version() {
        return map.epoch();
    }

    ShardRoute route(int slot) {
        return new ShardRoute(map.owner(slot), slot, map.epoch());
    }

    S target(String shard) {
        S target = targets.get(shard);
        if (target == null) {
            throw new UnavailableException(
                    "shard " + shard + " has no target here; name it with shard(...) or make it with targets(...)",
                    List.of(),
                    null);
        }
        return target;
    }

    S target(int slot) {
        @SuppressWarnings("unchecked")
        S target = (S) byOwner[owners == null ? many(slot) : owners[slot]];
        if (target == null) {
            throw new UnavailableException(
                    "shard " + map.owner(slot) + ", which owns slot " + slot
                            + ", has no target here; name it with shard(...) or make it with targets(...)",
                    List.of(),
                    null);
        }
        return target;
    }

    private int many(int slot) {
        return Objects.requireNonNull(manyOwners)[slot];
    }
}
