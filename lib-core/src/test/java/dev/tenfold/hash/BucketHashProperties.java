package dev.tenfold.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.dynatrace.hash4j.consistent.ConsistentBucketHasher;
import com.dynatrace.hash4j.consistent.ConsistentHashing;
import com.google.common.hash.Hashing;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class BucketHashProperties {

    @Provide
    static Arbitrary<IntFunction<BucketHash>> algorithms() {
        return Arbitraries.of(BucketHash::jump, BucketHash::jumpBack);
    }

    /** Guava's HashingTest ("compatible with the C++ implementation") and python-jump-consistent-hash's tests. */
    @Example
    void jumpIsAsPublished() {
        int[] ofHundred = {55, 62, 8, 45, 59};
        for (int key = 1; key <= 5; key++) {
            assertThat(BucketHash.jump(100).bucket(key)).isEqualTo(ofHundred[key - 1]);
        }
        assertThat(BucketHash.jump(1).bucket(0xDEAD10CCL)).isZero();
        assertThat(BucketHash.jump(57).bucket(42)).isEqualTo(43);
        assertThat(BucketHash.jump(666).bucket(0xDEAD10CCL)).isEqualTo(361);
        assertThat(BucketHash.jump(1024).bucket(256)).isEqualTo(520);
    }

    @Property(tries = 20_000)
    void jumpAgreesWithGuava(@ForAll long hash, @ForAll @IntRange(min = 1, max = 1 << 30) int buckets) {
        assertThat(BucketHash.jump(buckets).bucket(hash)).isEqualTo(Hashing.consistentHash(hash, buckets));
    }

    @Property(tries = 500)
    void jumpBackAgreesWithHash4j(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = BucketHash.MAX_BUCKETS) int buckets) {
        ConsistentBucketHasher theirs = ConsistentHashing.jumpBackHashXorshiftL7R9();
        BucketHash ours = BucketHash.jumpBack(buckets);
        BucketHash few = BucketHash.jumpBack(1 + buckets % 300);
        new Random(seed).longs(500).forEach(hash -> {
            assertThat(ours.bucket(hash)).as("hash %x", hash).isEqualTo(theirs.getBucket(hash, buckets));
            assertThat(few.bucket(hash)).as("hash %x", hash).isEqualTo(theirs.getBucket(hash, 1 + buckets % 300));
        });
        for (long hash : new long[] {0, -1, 1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThat(ours.bucket(hash)).isEqualTo(theirs.getBucket(hash, buckets));
        }
    }

    @Property(tries = 200)
    void oneMoreTakesFromAllAndMovesNothingElse(
            @ForAll("algorithms") IntFunction<BucketHash> algorithm,
            @ForAll @IntRange(min = 1, max = 600) int buckets,
            @ForAll long seed) {
        BucketHash before = algorithm.apply(buckets);
        BucketHash after = before.withOneMore();
        assertThat(after.range()).isEqualTo(buckets + 1);
        new Random(seed)
                .longs(500)
                .forEach(hash -> assertThat(after.bucket(hash)).isIn(before.bucket(hash), buckets));
    }

    /** Removals and additions at random: each moves only what it must, and undoing them restores every key. */
    @Property(tries = 100)
    void anyRemovalMovesOnlyWhatTheBucketHeld(
            @ForAll("algorithms") IntFunction<BucketHash> algorithm,
            @ForAll @IntRange(min = 2, max = 40) int buckets,
            @ForAll long seed) {
        Random random = new Random(seed);
        long[] hashes = random.longs(400).toArray();
        BucketHash now = algorithm.apply(buckets);
        Deque<BucketHash> past = new ArrayDeque<>();
        List<Integer> working = new ArrayList<>();
        for (int bucket = 0; bucket < buckets; bucket++) {
            working.add(bucket);
        }
        while (working.size() > 1 && random.nextInt(buckets) > 0) {
            int gone = working.remove(random.nextInt(working.size()));
            BucketHash next = now.without(gone);
            for (long hash : hashes) {
                int was = now.bucket(hash);
                assertThat(next.bucket(hash)).isIn(was == gone ? working : List.of(was));
            }
            past.push(now);
            now = next;
            BucketHash same = now;
            assertThatIllegalArgumentException().isThrownBy(() -> same.without(gone));
        }
        while (!past.isEmpty()) {
            now = now.withOneMore();
            BucketHash then = past.pop();
            assertThat(now.range()).isEqualTo(then.range());
            assertThat(now.removed()).containsExactly(then.removed());
            for (long hash : hashes) {
                assertThat(now.bucket(hash)).isEqualTo(then.bucket(hash));
            }
        }
    }

    /** The table of the peers: what chance gives with a million keys. */
    @Example
    void isBalanced() {
        for (IntFunction<BucketHash> algorithm :
                List.<IntFunction<BucketHash>>of(BucketHash::jump, BucketHash::jumpBack)) {
            assertThat(fullest(algorithm.apply(10), 10)).isLessThan(1.013);
            assertThat(fullest(algorithm.apply(100), 100)).isLessThan(1.035);
            assertThat(fullest(algorithm.apply(1_000), 1_000)).isLessThan(1.13);
        }
        BucketHash half = BucketHash.jumpBack(200);
        for (int i = 0; i < 100; i++) {
            half = half.without((i * 37 + 11) % 200);
        }
        assertThat(fullest(half, 100)).isLessThan(1.035);
    }

    /** The fullest bucket beside the average. */
    private static double fullest(BucketHash buckets, int working) {
        int[] held = new int[buckets.range()];
        for (long key = 0; key < 1_000_000; key++) {
            held[buckets.bucket(KeyHash.xxh3().hash(key))]++;
        }
        assertThat(Arrays.stream(held).filter(count -> count > 0)).hasSize(working);
        return Arrays.stream(held).max().orElseThrow() * working / 1_000_000.0;
    }

    /** What was stored must never change: fails when somebody touches an algorithm or a name. */
    @Example
    void choosesAsItAlwaysDid() {
        assertThat(golden(BucketHash.jump(1_000)))
                .isEqualTo("jump_v1 [910, 611, 836, 548, 383, 353, 465, 169, 180, 235]");
        assertThat(golden(BucketHash.jumpBack(1_000)))
                .isEqualTo("jumpback_v1 [729, 30, 28, 637, 120, 908, 187, 216, 277, 904]");
        assertThat(golden(BucketHash.jumpBack(20).without(3).without(19).without(0)))
                .isEqualTo("memento_jumpback_v1 [7, 13, 11, 9, 16, 4, 1, 4, 13, 16]");
    }

    private static String golden(BucketHash buckets) {
        int[] chosen = new int[10];
        Arrays.setAll(chosen, key -> buckets.bucket(KeyHash.xxh3().hash((long) key)));
        return buckets.name() + " " + Arrays.toString(chosen);
    }

    @Example
    void refusesBucketsThatAreNotThere() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BucketHash.jumpBack(0))
                .withMessage("buckets: 0 (expected: 1 to 1073741824)");
        assertThatIllegalArgumentException().isThrownBy(() -> BucketHash.jump(-1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BucketHash.jumpBack(1).without(0))
                .withMessage("bucket: 0 of 1 (expected: one of them, and another left)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BucketHash.jumpBack(3).without(0).without(3))
                .withMessageContaining("3 of 3 without [0]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BucketHash.jumpBack(3).without(0).without(1).without(2));
        assertThatIllegalStateException()
                .isThrownBy(() -> BucketHash.jumpBack(BucketHash.MAX_BUCKETS).withOneMore());
        assertThat(BucketHash.jumpBack(3).without(2).range()).isEqualTo(2);
    }
}
