package dev.tenfold.sharding.reshard;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.reshard.Simulation.Guard;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Writes to random keys by a map that may be old, with transactions that take their time. */
final class SimulatedWriter {

    private final Simulation world;
    private final String name;
    private ShardMap map;
    private MemoryShardStore.@Nullable Transaction transaction;
    private ShardRoute route;
    private String key = "";
    private int writes;
    private boolean open;

    SimulatedWriter(Simulation world, String name) {
        this.world = world;
        this.name = name;
        this.map = world.map();
    }

    void act() {
        if (open) {
            // Where nobody waits for them, some take long.
            if (world.random().nextInt(world.without(Guard.WAIT_FOR_WRITERS) ? 6 : 2) == 0) {
                end(world.random().nextInt(8) > 0);
            }
            return;
        }
        if (world.random().nextInt(30) == 0) {
            map = world.map();
        }
        begin(world.randomKey());
    }

    private void begin(String wanted) {
        key = wanted;
        int slot = Simulation.slotOf(map, key);
        route = new ShardRoute(map.owner(slot), slot, map.epoch());
        if (world.without(Guard.STALE_ROUTE)) {
            open = true;
            return;
        }
        try {
            transaction = world.store(route.shard()).begin(route);
            open = true;
            if (world.without(Guard.WAIT_FOR_WRITERS)) {
                // It passed, and nobody knows that it is under way.
                transaction.close();
                transaction = null;
            }
        } catch (StaleEpochException refused) {
            map = world.map();
        }
    }

    private void end(boolean commit) {
        open = false;
        MemoryShardStore.Transaction current = transaction;
        transaction = null;
        if (!commit) {
            if (current != null) {
                current.close();
            }
            return;
        }
        String value = world.random().nextInt(4) == 0 ? null : name + "-" + ++writes;
        Row.Key row = new Row.Key("t", List.of(key), key);
        UnaryOperator<@Nullable String> write = old -> value;
        if (current == null) {
            world.store(route.shard()).commit(route.slot(), Map.of(row, write));
        } else {
            current.update(row, write);
            current.commit();
        }
        ShardRoute there = route;
        String written = key;
        world.note(() -> name + " wrote " + written + "=" + value + " to " + there);
        world.committed(key, value);
    }

    /** Ends what is under way. */
    void finish() {
        if (open) {
            end(true);
        }
    }

    /** Writes by the newest map, which must work once nothing moves. */
    void writeNow(String wanted) {
        map = world.map();
        begin(wanted);
        world.require(open, "key " + wanted + " cannot be written: refused " + route);
        end(true);
    }
}
