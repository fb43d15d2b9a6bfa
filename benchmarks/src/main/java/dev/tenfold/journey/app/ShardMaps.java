package dev.tenfold.journey.app;

import static dev.tenfold.sharding.Weight.weight;

import dev.tenfold.coordination.Registers;
import dev.tenfold.coordination.VersionedRegister;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.SharderBuilder;
import dev.tenfold.sharding.reshard.ReshardJournal;
import dev.tenfold.time.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** The map of the shards, in a table that all servers and the operator read. */
public final class ShardMaps {

    /** Few, so that a person watching can follow how they move. */
    private static final int SLOTS = 256;

    private static final String TABLE = "tenfold_register";
    private static final Duration POLL = Duration.ofMillis(200);

    private ShardMaps() {}

    /**
     * Opens the register of the map.
     *
     * @param database where its table is
     * @param scheduler looks for changes
     * @return a register to be closed
     */
    public static VersionedRegister<ShardMap> register(DataSource database, Scheduler scheduler) {
        Registers.createTable(database, TABLE);
        return Registers.jdbc(database, TABLE, "shards", ShardMap.codec())
                .pollInterval(POLL)
                .scheduler(scheduler)
                .build();
    }

    /**
     * Opens the register in which moves between shards are written down.
     *
     * @param database where its table is
     * @param scheduler looks for changes
     * @return a register to be closed
     */
    public static VersionedRegister<ReshardJournal> journal(DataSource database, Scheduler scheduler) {
        Registers.createTable(database, TABLE);
        return Registers.jdbc(database, TABLE, "reshard", ReshardJournal.codec())
                .pollInterval(POLL)
                .scheduler(scheduler)
                .build();
    }

    /**
     * Follows the map. Where there is none yet, the first shard of {@code targets} begins with three times as much as the
     * second, and the others with nothing.
     *
     * @param <S> the kind of shard
     * @param register holds the map
     * @param targets what is known of each shard, in the order of their age
     * @param observer is told of changes
     * @return a sharder to be closed
     */
    public static <S> Sharder<Long, S> follow(
            VersionedRegister<ShardMap> register, Map<String, S> targets, Observer observer) {
        return builder(register, targets, observer).open();
    }

    static <S> SharderBuilder<Long, S> builder(
            VersionedRegister<ShardMap> register, Map<String, S> targets, Observer observer) {
        List<Map.Entry<String, S>> known = List.copyOf(targets.entrySet());
        return Sharder.<Long, S>consistent()
                .slots(SLOTS)
                .register(register)
                .observer(observer)
                .shard(known.get(0).getKey(), known.get(0).getValue(), weight(3))
                .shard(known.get(1).getKey(), known.get(1).getValue())
                .targets(name -> target(targets, name));
    }

    private static <S> S target(Map<String, S> targets, String name) {
        S target = targets.get(name);
        if (target == null) {
            throw new IllegalArgumentException("shard: " + name + " (expected: one of " + targets.keySet() + ")");
        }
        return target;
    }
}
