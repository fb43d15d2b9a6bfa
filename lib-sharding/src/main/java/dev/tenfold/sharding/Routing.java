package dev.tenfold.sharding;

import dev.tenfold.error.UnavailableException;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.topology.Snapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A map made ready for routing: for each slot its route and its target, so that a lookup allocates nothing. Immutable.
 *
 * @param <S> the kind of shard
 */
final class Routing<S> implements Snapshot {

    private final ShardMap map;
    private final Map<String, S> targets;
    private final ShardRoute[] routes;
    private final @Nullable Object[] bySlot;

    private Routing(ShardMap map, Map<String, S> targets) {
        this.map = map;
        this.targets = targets;
        this.routes = new ShardRoute[map.allSlots()];
        this.bySlot = new Object[map.allSlots()];
        for (int slot = 0; slot < routes.length; slot++) {
            String owner = map.owner(slot);
            routes[slot] = new ShardRoute(owner, slot, map.epoch());
            bySlot[slot] = targets.get(owner);
        }
    }

    /** Routes by a map, making a target of each shard that is not known yet, where there is what makes them. */
    static <S> Routing<S> of(
            ShardMap map, Map<String, S> known, @Nullable Function<? super String, ? extends S> factory) {
        Map<String, S> targets = new LinkedHashMap<>(known);
        if (factory != null) {
            for (Shard shard : map.shards()) {
                if (!targets.containsKey(shard.id())) {
                    targets.put(shard.id(), factory.apply(shard.id()));
                }
            }
        }
        return new Routing<>(map, targets);
    }

    ShardMap map() {
        return map;
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
        return routes[slot];
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
        S target = (S) bySlot[slot];
        if (target == null) {
            throw new UnavailableException(
                    "shard " + routes[slot].shard() + ", which owns slot " + slot
                            + ", has no target here; name it with shard(...) or make it with targets(...)",
                    List.of(),
                    null);
        }
        return target;
    }
}
