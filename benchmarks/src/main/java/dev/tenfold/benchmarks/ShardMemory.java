package dev.tenfold.benchmarks;

import com.dynatrace.hash4j.consistent.ConsistentBucketSetHasher;
import com.dynatrace.hash4j.consistent.ConsistentHashing;
import com.dynatrace.hash4j.random.PseudoRandomGeneratorProvider;
import dev.tenfold.hash.BucketHash;
import dev.tenfold.hash.ConsistentHash;
import dev.tenfold.hash.HashRing;
import dev.tenfold.hash.Node;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * <b>What does a shard cost in memory?</b> Prints, for each way to find shards, the bytes that one object of it keeps alive,
 * all in all and for each shard: the heap in use with some copies, less that without them, after collections. Names, nodes
 * and targets are shared by all and not counted.
 *
 * <pre>java -cp ... dev.tenfold.benchmarks.ShardMemory</pre>
 */
public final class ShardMemory {

    private static final int POINTS = 160;
    /** At least this much is measured at a time, so that what else is on the heap does not show. */
    private static final long ENOUGH = 8 << 20;

    private static final int MOST_COPIES = 1 << 16;

    private ShardMemory() {}

    /** Prints the table for the given numbers of shards, or 10, 100, 1,000 and 10,000. */
    public static void main(String[] arguments) {
        int[] sizes = arguments.length == 0
                ? new int[] {10, 100, 1_000, 10_000}
                : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
        System.out.println("| shards | what | bytes | bytes a shard |");
        System.out.println("|---|---|---|---|");
        for (int size : sizes) {
            contenders(size).forEach((name, make) -> System.out.println(row(size, name, retained(make))));
        }
    }

    private static String row(int shards, String name, double bytes) {
        return String.format(Locale.ROOT, "| %,d | %s | %,.0f | %,.1f |", shards, name, bytes, bytes / shards);
    }

    static Map<String, Supplier<Object>> contenders(int shards) {
        String[] names = new String[shards];
        Arrays.setAll(names, shard -> "shard-" + shard);
        List<Node> nodes = ShardBenchmark.nodes(names, shards);
        Map<String, Supplier<Object>> contenders = new LinkedHashMap<>();
        contenders.put("Tenfold sharder, its map and routes", () -> ShardBenchmark.sharder(names, shards));
        contenders.put("Tenfold JumpBackHash", () -> BucketHash.jumpBack(shards));
        contenders.put("Tenfold MementoHash, a fifth removed", () -> ShardBenchmark.memento(shards));
        contenders.put("Tenfold ring, 160 points", () -> HashRing.of(nodes, POINTS));
        contenders.put("Tenfold ketama", () -> HashRing.ketama(nodes));
        contenders.put("Tenfold Maglev, 65,537 entries", () -> ConsistentHash.maglev(nodes, 65_537));
        contenders.put("Tenfold rendezvous", () -> ConsistentHash.rendezvous(nodes));
        contenders.put("hash4j JumpBackAnchorHash, a fifth removed", () -> anchor(shards));
        contenders.put("TreeMap ring, 160 points", () -> treeMap(names));
        return contenders;
    }

    private static ConsistentBucketSetHasher anchor(int shards) {
        ConsistentBucketSetHasher anchor =
                ConsistentHashing.jumpBackAnchorHash(PseudoRandomGeneratorProvider.splitMix64_V1());
        for (int bucket = 0; bucket < shards + shards / 4; bucket++) {
            anchor.addBucket();
        }
        for (int i = 0; i < shards / 4; i++) {
            anchor.removeBucket(5 * i + 2);
        }
        return anchor;
    }

    private static Map<Long, String> treeMap(String[] names) {
        Map<Long, String> ring = new TreeMap<>();
        for (String name : names) {
            for (int point = 0; point < POINTS; point++) {
                ring.put(com.dynatrace.hash4j.hashing.Hashing.xxh3_64().hashCharsToLong(name + "#" + point), name);
            }
        }
        return ring;
    }

    /** The bytes of one, as the mean of as many as make a difference that is easy to see. */
    static double retained(Supplier<Object> make) {
        var unused = make.get();
        for (int copies = 1; ; copies *= 8) {
            Object[] kept = new Object[copies];
            long before = used();
            for (int i = 0; i < copies; i++) {
                kept[i] = make.get();
            }
            long bytes;
            try {
                bytes = used() - before;
            } finally {
                Reference.reachabilityFence(kept);
            }
            if (bytes >= ENOUGH || copies >= MOST_COPIES) {
                return (double) bytes / copies;
            }
        }
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        long used = Long.MAX_VALUE;
        // Until a collection finds nothing more to free.
        for (int same = 0; same < 2; ) {
            System.gc();
            long now = runtime.totalMemory() - runtime.freeMemory();
            same = now < used ? 0 : same + 1;
            used = Math.min(used, now);
        }
        return used;
    }
}
