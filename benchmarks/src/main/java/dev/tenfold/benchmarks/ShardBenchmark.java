package dev.tenfold.benchmarks;

import com.dynatrace.hash4j.consistent.ConsistentBucketHasher;
import com.dynatrace.hash4j.consistent.ConsistentBucketSetHasher;
import com.dynatrace.hash4j.consistent.ConsistentHashing;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.random.PseudoRandomGeneratorProvider;
import com.google.common.hash.HashCode;
import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import dev.tenfold.hash.BucketHash;
import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.HashRing;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.hash.Node;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import dev.tenfold.sharding.SharderBuilder;
import dev.tenfold.sharding.hash.Placement;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
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
 * <b>What does it cost to find the shard of a key?</b> From the key as the application has it (a {@code long}, or ASCII
 * text of 12, 36 or 100 characters) to the shard's target.
 *
 * <ul>
 *   <li>{@code tenfold}: {@link Sharder#locate}, with {@value ShardMap#DEFAULT_SLOTS} slots or 16 a shard, if that is more.
 *   <li>{@code tenfoldJumpBack}, {@code tenfoldMemento}, {@code tenfoldRing}, {@code tenfoldMaglev}: the same hash of the
 *       key, and buckets or nodes without a shard map: JumpBackHash, JumpBackHash of which a fifth was removed, a ring with
 *       160 points a node, and a Maglev table of 65,537 entries.
 *   <li>{@code guavaConsistentHash}: Guava 33.8.0, {@code murmur3_128} and {@link Hashing#consistentHash} (jump hash).
 *   <li>{@code hash4jJumpBackHash}: hash4j 0.31.0, XXH3 of the text's UTF-16 and JumpBackHash; {@code
 *       hash4jJumpBackHashUtf8}: of its UTF-8 bytes, encoded into an array, which is the same hash as Tenfold's; {@code
 *       hash4jJumpHash} and {@code hash4jJumpBackAnchorHash}, of which a fifth was removed: as the first.
 *   <li>{@code treeMapRing}: the ring as it is usually written by hand, a {@link TreeMap} with 160 points a shard, with
 *       hash4j's XXH3, so that only the ring differs from {@code hash4jJumpBackHash}.
 *   <li>{@code modulo}: {@code hashCode} modulo shards: the plain JDK, which moves nearly every key when a shard is added.
 *   <li>{@code keyOnly}: reads the key and no more; what remains when nothing is measured.
 * </ul>
 *
 * <p>Not like for like: Tenfold's sharder and the rings allow named shards, weights and removing any shard; jump hash and
 * JumpBackHash only number buckets and add or remove the last. The sharder reads a map that another process may replace at
 * any time. hash4j hashes the text's UTF-16, which no other language reproduces, Tenfold and Guava its UTF-8. {@link String}
 * remembers its hash code, so {@code modulo} does not hash text again, as it would have to with keys fresh from a request.
 * The sharder boxes the {@code long}, its keys being generic; the others do not.
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name shard --include .*ShardBenchmark.* --threads 1,2"</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ShardBenchmark {

    private static final int POPULATION = 100_000;
    private static final int POINTS = 160;
    private static final int MAGLEV_SIZE = 65_537;
    private static final HashFunction MURMUR = Hashing.murmur3_128();
    private static final Hasher64 XXH3 = com.dynatrace.hash4j.hashing.Hashing.xxh3_64();
    private static final KeyHash HASH = KeyHash.xxh3();

    @Param({"number", "text12", "text36", "text100"})
    private String key;

    @Param({"10", "100", "1000", "10000"})
    private int shards;

    private boolean text;
    private String[] texts;
    private long[] numbers;
    private String[] targets;
    private Sharder<String, String> byText;
    private Sharder<Long, String> byNumber;
    private BucketHash jumpBack;
    private BucketHash memento;
    private ConsistentHash hashRing;
    private ConsistentHash maglev;
    private TreeMap<Long, String> ring;

    /** Not thread-safe by contract, so each thread has its own. */
    @State(Scope.Thread)
    public static class Hash4j {

        private final ConsistentBucketHasher jump =
                ConsistentHashing.jumpHash(PseudoRandomGeneratorProvider.splitMix64_V1());
        private final ConsistentBucketHasher jumpBack = ConsistentHashing.jumpBackHashXorshiftL7R9();
        private final ConsistentBucketSetHasher anchor =
                ConsistentHashing.jumpBackAnchorHash(PseudoRandomGeneratorProvider.splitMix64_V1());

        /** As many buckets as shards are left of five for every four. */
        @Setup
        public void prepare(ShardBenchmark benchmark) {
            for (int bucket = 0; bucket < all(benchmark.shards); bucket++) {
                anchor.addBucket();
            }
            Arrays.stream(gone(benchmark.shards)).forEach(anchor::removeBucket);
        }
    }

    /** Prepares the keys and the same shards for everyone. */
    @Setup
    public void prepare() {
        text = key.startsWith("text");
        int length = text ? Integer.parseInt(key.substring(4)) : 0;
        int[] requests = Requests.zipf(POPULATION);
        texts = new String[requests.length];
        numbers = new long[requests.length];
        for (int i = 0; i < requests.length; i++) {
            numbers[i] = 1_000_000_000L + requests[i] * 7919L;
            String digits = Long.toString(numbers[i]);
            texts[i] = text ? "customer:".repeat(length / 9 + 1).substring(0, length - digits.length()) + digits : "";
        }
        targets = new String[all(shards)];
        Arrays.setAll(targets, shard -> "shard-" + shard);
        ring = new TreeMap<>();
        for (int shard = 0; shard < shards; shard++) {
            for (int point = 0; point < POINTS; point++) {
                ring.put(XXH3.hashCharsToLong(targets[shard] + "#" + point), targets[shard]);
            }
        }
        byText = sharder(targets, shards);
        byNumber = sharder(targets, shards);
        jumpBack = BucketHash.jumpBack(shards);
        memento = memento(shards);
        hashRing = HashRing.of(nodes(targets, shards), POINTS);
        maglev = ConsistentHash.maglev(nodes(targets, shards), MAGLEV_SIZE);
    }

    static <K> Sharder<K, String> sharder(String[] targets, int shards) {
        // The placement makes the map and has no part in a lookup.
        SharderBuilder<K, String> builder =
                Sharder.<K, String>placedBy(Placement.jumpBack()).slots(Math.max(ShardMap.DEFAULT_SLOTS, 16 * shards));
        for (int shard = 0; shard < shards; shard++) {
            builder.shard(targets[shard], targets[shard]);
        }
        return builder.build();
    }

    static List<Node> nodes(String[] names, int count) {
        return Arrays.stream(names, 0, count).map(Node::of).toList();
    }

    static BucketHash memento(int shards) {
        BucketHash buckets = BucketHash.jumpBack(all(shards));
        for (int bucket : gone(shards)) {
            buckets = buckets.without(bucket);
        }
        return buckets;
    }

    private static int all(int shards) {
        return shards + shards / 4;
    }

    /** Every fifth bucket or so. */
    private static int[] gone(int shards) {
        int[] gone = new int[shards / 4];
        Arrays.setAll(gone, i -> 5 * i + 2);
        return gone;
    }

    /** Tenfold's shard map. */
    @Benchmark
    public String tenfold(Requests requests) {
        int at = requests.next();
        return text ? byText.locate(texts[at]) : byNumber.locate(numbers[at]);
    }

    /** Tenfold's JumpBackHash. */
    @Benchmark
    public String tenfoldJumpBack(Requests requests) {
        return targets[jumpBack.bucket(hash(requests.next()))];
    }

    /** Tenfold's MementoHash, with every fifth bucket removed. */
    @Benchmark
    public String tenfoldMemento(Requests requests) {
        return targets[memento.bucket(hash(requests.next()))];
    }

    /** Tenfold's ring. */
    @Benchmark
    public String tenfoldRing(Requests requests) {
        return targets[hashRing.owner(hash(requests.next()))];
    }

    /** Tenfold's Maglev table. */
    @Benchmark
    public String tenfoldMaglev(Requests requests) {
        return targets[maglev.owner(hash(requests.next()))];
    }

    private long hash(int at) {
        return text ? HASH.hash(texts[at]) : HASH.hash(numbers[at]);
    }

    /** Guava's jump hash. */
    @Benchmark
    public String guavaConsistentHash(Requests requests) {
        int at = requests.next();
        HashCode hash = text ? MURMUR.hashString(texts[at], StandardCharsets.UTF_8) : MURMUR.hashLong(numbers[at]);
        return targets[Hashing.consistentHash(hash, shards)];
    }

    /** hash4j's jump hash. */
    @Benchmark
    public String hash4jJumpHash(Requests requests, Hash4j hash4j) {
        return targets[hash4j.jump.getBucket(xxh3(requests.next()), shards)];
    }

    /** hash4j's JumpBackHash. */
    @Benchmark
    public String hash4jJumpBackHash(Requests requests, Hash4j hash4j) {
        return targets[hash4j.jumpBack.getBucket(xxh3(requests.next()), shards)];
    }

    /** hash4j's JumpBackHash, text as UTF-8. */
    @Benchmark
    public String hash4jJumpBackHashUtf8(Requests requests, Hash4j hash4j) {
        int at = requests.next();
        long hash = text
                ? XXH3.hashBytesToLong(texts[at].getBytes(StandardCharsets.UTF_8))
                : XXH3.hashLongToLong(numbers[at]);
        return targets[hash4j.jumpBack.getBucket(hash, shards)];
    }

    /** hash4j's JumpBackAnchorHash, with every fifth bucket removed. */
    @Benchmark
    public String hash4jJumpBackAnchorHash(Requests requests, Hash4j hash4j) {
        return targets[hash4j.anchor.getBucket(xxh3(requests.next()))];
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
