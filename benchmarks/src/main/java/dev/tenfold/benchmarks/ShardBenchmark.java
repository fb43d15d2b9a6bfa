package dev.tenfold.benchmarks;

import com.dynatrace.hash4j.consistent.ConsistentBucketHasher;
import com.dynatrace.hash4j.consistent.ConsistentHashing;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.google.common.hash.HashCode;
import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.SharderBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * <b>What does it cost to find the shard of a key?</b> From the key as the application has it (text of 19 characters, or a
 * {@code long}) to the shard's target.
 *
 * <ul>
 *   <li>{@code tenfold}: {@link Sharder#locate}, with {@value ShardMap#DEFAULT_SLOTS} slots or 64 a shard, if that is more.
 *   <li>{@code guavaConsistentHash}: Guava 33.8.0, {@code murmur3_128} and {@link Hashing#consistentHash} (jump hash).
 *   <li>{@code hash4jJumpBackHash}: hash4j 0.31.0, XXH3 and JumpBackHash.
 *   <li>{@code treeMapRing}: the ring as it is usually written by hand, a {@link TreeMap} with 160 points a shard, with
 *       hash4j's XXH3, so that only the ring differs from the line before.
 *   <li>{@code modulo}: {@code hashCode} modulo shards: the plain JDK, which moves nearly every key when a shard is added.
 *   <li>{@code keyOnly}: reads the key and no more; what remains when nothing is measured.
 * </ul>
 *
 * <p>Not like for like: Tenfold and the ring allow named shards, weights and removing any shard; jump hash and JumpBackHash
 * only number buckets and add or remove the last. Tenfold reads a map that another process may replace at any time. hash4j
 * hashes the text's UTF-16, Tenfold and Guava its UTF-8. {@link String} remembers its hash code, so {@code modulo} does not
 * hash text again, as it would have to with keys fresh from a request. Tenfold boxes the {@code long}, its keys being
 * generic; the others do not.
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name shard --include .*ShardBenchmark.* --threads 1,2"</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ShardBenchmark {

    private static final int POPULATION = 100_000;
    private static final int POINTS = 160;
    private static final HashFunction MURMUR = Hashing.murmur3_128();
    private static final Hasher64 XXH3 = com.dynatrace.hash4j.hashing.Hashing.xxh3_64();

    @Param({"text", "number"})
    private String key;

    @Param({"10", "100", "1000"})
    private int shards;

    private boolean text;
    private String[] texts;
    private long[] numbers;
    private String[] targets;
    private Sharder<String, String> byText;
    private Sharder<Long, String> byNumber;
    private TreeMap<Long, String> ring;

    /** Not thread-safe by contract, so each thread has its own. */
    @State(Scope.Thread)
    public static class Hash4j {

        private final ConsistentBucketHasher buckets = ConsistentHashing.jumpBackHashSplitMix64();
    }

    /** Prepares the keys and the same shards for everyone. */
    @Setup
    public void prepare() {
        text = key.equals("text");
        int[] requests = Requests.zipf(POPULATION);
        texts = new String[requests.length];
        numbers = new long[requests.length];
        for (int i = 0; i < requests.length; i++) {
            numbers[i] = 1_000_000_000L + requests[i] * 7919L;
            texts[i] = "customer:" + numbers[i];
        }
        targets = new String[shards];
        ring = new TreeMap<>();
        for (int shard = 0; shard < shards; shard++) {
            targets[shard] = "shard-" + shard;
            for (int point = 0; point < POINTS; point++) {
                ring.put(XXH3.hashCharsToLong(targets[shard] + "#" + point), targets[shard]);
            }
        }
        byText = sharder();
        byNumber = sharder();
    }

    private <K> Sharder<K, String> sharder() {
        SharderBuilder<K, String> builder =
                Sharder.<K, String>consistent().slots(Math.max(ShardMap.DEFAULT_SLOTS, 64 * shards));
        for (String target : targets) {
            builder.shard(target, target);
        }
        return builder.build();
    }

    /** Tenfold's shard map. */
    @Benchmark
    public String tenfold(Requests requests) {
        int at = requests.next();
        return text ? byText.locate(texts[at]) : byNumber.locate(numbers[at]);
    }

    /** Guava's jump hash. */
    @Benchmark
    public String guavaConsistentHash(Requests requests) {
        int at = requests.next();
        HashCode hash = text ? MURMUR.hashString(texts[at], StandardCharsets.UTF_8) : MURMUR.hashLong(numbers[at]);
        return targets[Hashing.consistentHash(hash, shards)];
    }

    /** hash4j's JumpBackHash. */
    @Benchmark
    public String hash4jJumpBackHash(Requests requests, Hash4j hash4j) {
        return targets[hash4j.buckets.getBucket(xxh3(requests.next()), shards)];
    }

    /** A ring written by hand. */
    @Benchmark
    public String treeMapRing(Requests requests) {
        Map.Entry<Long, String> next = ring.ceilingEntry(xxh3(requests.next()));
        return next == null ? ring.firstEntry().getValue() : next.getValue();
    }

    private long xxh3(int at) {
        return text ? XXH3.hashCharsToLong(texts[at]) : XXH3.hashLongToLong(numbers[at]);
    }

    /** The remainder of the hash code. */
    @Benchmark
    public String modulo(Requests requests) {
        int at = requests.next();
        return targets[Math.floorMod(text ? texts[at].hashCode() : Long.hashCode(numbers[at]), shards)];
    }

    /** Reads the key. */
    @Benchmark
    public long keyOnly(Requests requests) {
        int at = requests.next();
        return text ? texts[at].length() : numbers[at];
    }
}
