package dev.tenfold.benchmarks;

import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.SharderBuilder;
import dev.tenfold.sharding.hot.HotSpots;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * <b>What does it cost to measure hot spots?</b> Of 100,000 text keys of 36 characters, asked for by Zipf's law.
 *
 * <ul>
 *   <li>{@code record}: {@link HotSpots#record} alone: decaying rates of all slots and of the hottest keys, with 256 counters
 *       a stripe; {@code recordWithCost}: a call and its cost.
 *   <li>{@code locateAndRecord}: {@link Sharder#locate} with hot spots among 10 shards; {@code locate}: without.
 *   <li>{@code hashMapOfCounters}: a {@link ConcurrentHashMap} with a {@link LongAdder} for each key, as it is usually
 *       written by hand: exact, never forgets, and keeps every key it ever saw.
 *   <li>{@code keyOnly}: reads the key and no more; what remains when nothing is measured.
 * </ul>
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name hotspots --include .*HotSpotBenchmark.* --threads 1,2"</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HotSpotBenchmark {

    private static final int POPULATION = 100_000;
    private static final int SHARDS = 10;

    private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();
    private String[] keys;
    private int[] slots;
    private HotSpots<String> hot;
    private Sharder<String, String> measured;
    private Sharder<String, String> plain;

    /** Prepares the keys, their slots, and a sharder with and without a measurement of its own. */
    @Setup
    public void prepare() {
        int[] requests = Requests.zipf(POPULATION);
        // Each request has a string of its own, as a real one has.
        keys = new String[requests.length];
        slots = new int[requests.length];
        for (int i = 0; i < requests.length; i++) {
            keys[i] = String.format("customer:customer:customer:%09d", requests[i]);
            slots[i] = (int) (((KeyHash.xxh3().hash(keys[i]) >>> 32) * ShardMap.DEFAULT_SLOTS) >>> 32);
        }
        hot = HotSpots.<String>builder().build();
        measured = sharder().hotSpots(HotSpots.<String>builder().build()).build();
        plain = sharder().build();
    }

    private static SharderBuilder<String, String> sharder() {
        SharderBuilder<String, String> builder = Sharder.consistent();
        for (int shard = 0; shard < SHARDS; shard++) {
            builder.shard("shard-" + shard, "target-" + shard);
        }
        return builder;
    }

    /** A call. */
    @Benchmark
    public void record(Requests requests) {
        int at = requests.next();
        hot.record(keys[at], slots[at], 1, 0);
    }

    /** A call and its cost. */
    @Benchmark
    public void recordWithCost(Requests requests) {
        int at = requests.next();
        hot.record(keys[at], slots[at], 1, 250);
    }

    /** Finding the shard, measured. */
    @Benchmark
    public String locateAndRecord(Requests requests) {
        return measured.locate(keys[requests.next()]);
    }

    /** Finding the shard. */
    @Benchmark
    public String locate(Requests requests) {
        return plain.locate(keys[requests.next()]);
    }

    /** Counters by hand. */
    @Benchmark
    public void hashMapOfCounters(Requests requests) {
        counters.computeIfAbsent(keys[requests.next()], key -> new LongAdder()).increment();
    }

    /** Reads the key. */
    @Benchmark
    public String keyOnly(Requests requests) {
        return keys[requests.next()];
    }
}
