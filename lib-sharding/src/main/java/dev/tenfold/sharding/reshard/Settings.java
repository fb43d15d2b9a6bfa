package dev.tenfold.sharding.reshard;

import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.retry.Backoff;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.time.Scheduler;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** What a {@link Resharder} was built with. Immutable. */
record Settings(
        RegisterEditor<ShardMap> maps,
        RegisterEditor<ReshardJournal> journals,
        Function<? super String, ? extends ShardStore> stores,
        String name,
        Duration maxFence,
        Duration lockWait,
        Backoff fencing,
        Backoff retries,
        int slotsTogether,
        int maxChunk,
        Duration chunkTime,
        double rowsPerSecond,
        double bytesPerSecond,
        Resharder.Brake brake,
        Duration soak,
        boolean waitForCutOver,
        Duration poll,
        Observer observer,
        TimeSource time,
        Scheduler scheduler,
        RandomGenerator random) {

    ShardStore store(String shard) {
        return stores.apply(shard);
    }

    void tell(String kind, Level level, String message, Map<String, Object> details) {
        observer.on(new Event(time.now(), "sharding/reshard", kind, level, message, details));
    }
}
