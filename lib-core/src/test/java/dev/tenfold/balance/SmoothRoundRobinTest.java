package dev.tenfold.balance;

import static dev.tenfold.balance.Pools.candidates;
import static dev.tenfold.balance.Pools.count;
import static dev.tenfold.balance.Pools.members;
import static dev.tenfold.balance.Pools.sequence;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.time.Chance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SmoothRoundRobinTest {

    private final RandomGenerator random = Chance.seeded(7);

    private static Picker<String> first(Candidates<String> candidates) {
        return SmoothRoundRobin.over(candidates, () -> 0L, null, new Turns(1));
    }

    /** The table of nginx's commit 52327e0627f4, "Upstream: smooth weighted round-robin balancing". */
    @Test
    void followsTheSequenceOfNginx() {
        assertThat(sequence(first(candidates(members(3), 5, 1, 1)), 14)).isEqualTo("aabacaaaabacaa");
    }

    /** Worked out with the algorithm by hand. */
    @Test
    void otherWeightsAreSmoothToo() {
        assertThat(sequence(first(candidates(members(3), 1, 1, 1)), 6)).isEqualTo("abcabc");
        assertThat(sequence(first(candidates(members(2), 3, 2)), 5)).isEqualTo("ababa");
        assertThat(sequence(first(candidates(members(3), 4, 2, 1)), 7)).isEqualTo("abacaba");
    }

    @Test
    void fractionsAreReducedToTheSmallestWholeNumbers() {
        assertThat(first(candidates(members(3), 2.5, 0.5, 0.5))).hasToString("SmoothRoundRobin[0, 0, 1, 0, 2, 0, 0]");
        assertThat(first(candidates(members(2), 100, 300))).hasToString("SmoothRoundRobin[1, 0, 1, 1]");
        assertThat(sequence(first(candidates(members(2), 1, 1.5)), 5)).isEqualTo("babab");
    }

    @Test
    void weightsThatHaveNoCommonMeasureAreRounded() {
        Picker<String> picker = first(candidates(members(3), Math.PI, Math.E, 1));
        double sum = Math.PI + Math.E + 1;
        Map<String, Integer> counts = count(picker, 100_000);
        assertThat(counts.get("a") / 1e5).isCloseTo(Math.PI / sum, org.assertj.core.data.Offset.offset(1e-4));
        assertThat(counts.get("b") / 1e5).isCloseTo(Math.E / sum, org.assertj.core.data.Offset.offset(1e-4));
    }

    @Test
    void aPoolTooLargeForACycleTakesTurnsByStride() {
        double[] weights = new double[3_000];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = 1 + i % 7 / Math.PI;
        }
        assertThat(first(candidates(members(3_000), weights))).isInstanceOf(RoundRobin.class);
        assertThat(first(candidates(members(1_000), java.util.Arrays.copyOf(weights, 1_000))))
                .isInstanceOf(SmoothRoundRobin.class);
    }

    @Test
    void startsAnywhere() {
        java.util.Set<String> starts = new java.util.HashSet<>();
        for (int i = 0; i < 100; i++) {
            starts.add(sequence(SmoothRoundRobin.over(candidates(members(4)), random, null, new Turns(1)), 1));
        }
        assertThat(starts).containsExactlyInAnyOrder("a", "b", "c", "d");
    }

    @Test
    void goesOnWithWhoeverIsNextWhenWeightsOrMembersChange() {
        List<Member<String>> all = members(4);
        Picker<String> picker = first(candidates(all.subList(0, 3), 5, 1, 1));
        assertThat(sequence(picker, 2)).isEqualTo("aa");
        picker = SmoothRoundRobin.over(candidates(all.subList(0, 3), 4, 1, 1), random, picker);
        assertThat(sequence(picker, 1)).as("b's turn").isEqualTo("b");
        picker = SmoothRoundRobin.over(candidates(List.of(all.get(1), all.get(2), all.get(3))), random, picker);
        assertThat(sequence(picker, 1)).as("a, whose turn it was, left").isIn("c");
    }

    /** Weights that change after every few picks, as in a slow start, must not make a light member win again and again. */
    @Test
    void manyChangesDoNotDisturbTheShares() {
        List<Member<String>> all = members(3);
        Picker<String> picker = first(candidates(all, 5, 1, 1));
        int[] counts = new int[3];
        for (int change = 0; change < 3_000; change++) {
            picker = SmoothRoundRobin.over(candidates(all, 5 + change % 3 * 0.25, 1, 1), random, picker);
            for (int pick = 0; pick < 3; pick++) {
                counts[picker.pick().target().charAt(0) - 'a']++;
            }
        }
        assertThat(counts[0] / 9_000.0).isBetween(0.6, 0.85);
        assertThat(counts[1] / 9_000.0).isBetween(0.07, 0.21);
        assertThat(counts[2] / 9_000.0).isBetween(0.07, 0.21);
    }

    @Test
    void survivesTheEndOfIntAndLong() {
        for (long end : new long[] {Integer.MAX_VALUE, Long.MAX_VALUE, -1}) {
            SmoothRoundRobin<String> picker = (SmoothRoundRobin<String>)
                    SmoothRoundRobin.over(candidates(members(3), 5, 1, 1), random, null, new Turns(2));
            picker.turns().skip(end - 350);
            Map<String, Integer> counts = count(picker, 700);
            assertThat(counts.get("a")).as("around %s", end).isBetween(495, 505);
            assertThat(counts.get("b")).as("around %s", end).isBetween(98, 102);
        }
    }

    @Test
    void threadsTogetherAreOffByAtMostOnePickForEachCursor() throws Exception {
        SmoothRoundRobin<String> picker = (SmoothRoundRobin<String>)
                SmoothRoundRobin.over(candidates(members(3), 5, 1, 1), random, null, new Turns(4));
        Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
        List<Thread> threads = new ArrayList<>();
        int picks = 0;
        for (int t = 0; t < 6; t++) {
            int own = 1_000 + 7 * t;
            picks += own;
            Thread thread = new Thread(() -> {
                for (int i = 0; i < own; i++) {
                    counts.computeIfAbsent(picker.pick().target(), id -> new AtomicInteger())
                            .incrementAndGet();
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(Math.abs(counts.get("a").get() - picks * 5 / 7.0)).isLessThanOrEqualTo(4);
        assertThat(Math.abs(counts.get("b").get() - picks / 7.0)).isLessThanOrEqualTo(4);
    }
}
