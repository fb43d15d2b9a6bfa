package dev.tenfold.balance;

import static dev.tenfold.balance.Pools.candidates;
import static dev.tenfold.balance.Pools.count;
import static dev.tenfold.balance.Pools.members;
import static dev.tenfold.balance.Pools.sequence;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.time.Chance;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundRobinTest {

    private final RandomGenerator random = Chance.seeded(7);

    @Test
    void oneThreadSeesStrictTurns() {
        String turns = sequence(new RoundRobin<>(candidates(members(3)), null, random, new Turns(4)), 9);
        assertThat("abcabcabcabc").contains(turns);
    }

    @Test
    void startsAnywhere() {
        Set<String> first = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            first.add(sequence(new RoundRobin<>(candidates(members(4)), null, random, new Turns(1)), 1));
        }
        assertThat(first).containsExactlyInAnyOrder("a", "b", "c", "d");
    }

    @Test
    void goesOnWithWhoeverIsNextWhenMembersJoinOrLeave() {
        List<Member<String>> all = members(6);
        List<Member<String>> now = new ArrayList<>(all.subList(0, 4));
        RoundRobin<String> picker = new RoundRobin<>(candidates(now), null, fixed(), new Turns(2));
        assertThat(sequence(picker, 2)).isEqualTo("ab");
        now.add(all.get(4));
        picker = new RoundRobin<>(candidates(now), picker, random, new Turns(2));
        assertThat(sequence(picker, 2)).isEqualTo("cd");
        now.remove(4);
        now.remove(0);
        picker = new RoundRobin<>(candidates(now), picker, random, new Turns(2));
        assertThat(sequence(picker, 3)).as("e, whose turn it was, left").isEqualTo("bcd");
    }

    /** The surge of gRPC's issue 8026: a deployment replaces members one by one while calls go on. */
    @Test
    void nobodyIsOverrunWhileMembersChangeAllTheTime() {
        List<Member<String>> all = members(26);
        List<Member<String>> now = new ArrayList<>(all.subList(0, 5));
        RoundRobin<String> picker = new RoundRobin<>(candidates(now), null, random, new Turns(1));
        Map<String, Integer> counts = new java.util.TreeMap<>();
        int changes = 2_000;
        for (int i = 0; i < changes; i++) {
            // One of the ten leaves or joins after each two picks; a to e stay throughout.
            Member<String> moving = all.get(5 + i % 2 + (i / 400) * 2);
            if (!now.remove(moving)) {
                now.add(i % 3, moving);
            }
            picker = new RoundRobin<>(candidates(now), picker, random, new Turns(1));
            for (int pick = 0; pick < 2; pick++) {
                counts.merge(picker.pick().target(), 1, Integer::sum);
            }
        }
        double fair = 2.0 * changes / 6;
        assertThat(List.of("a", "b", "c", "d", "e"))
                .allSatisfy(id -> assertThat(counts.get(id) / fair)
                        .as(id + " in " + counts)
                        .isBetween(0.6, 1.6));
    }

    @Test
    void survivesTheEndOfIntAndLong() {
        for (long end : new long[] {Integer.MAX_VALUE, Long.MAX_VALUE}) {
            RoundRobin<String> picker = new RoundRobin<>(candidates(members(3)), null, random, new Turns(2));
            picker.turns().skip(end - 150);
            assertThat(count(picker, 300).values()).as("around %s", end).allMatch(picks -> picks >= 99 && picks <= 101);
            assertThat(sequence(picker, 6)).containsAnyOf("abcab", "bcabc", "cabca");
        }
    }

    @Test
    void weightsAreHonouredAndSpread() {
        RoundRobin<String> picker = new RoundRobin<>(candidates(members(3), 5, 1, 1), null, random, new Turns(1));
        assertThat(count(picker, 70_000)).satisfies(counts -> {
            assertThat(counts.get("a")).isBetween(49_990, 50_010);
            assertThat(counts.get("b")).isBetween(9_990, 10_010);
        });
        String turns = sequence(picker, 700);
        assertThat(turns).as("b and c never wait long").doesNotContain("aaaaaaaaaaa");
    }

    @Test
    void threadsTogetherDifferByAtMostOnePickForEachRotation() throws Exception {
        int size = 5;
        RoundRobin<String> picker = new RoundRobin<>(candidates(members(size)), null, random, new Turns(4));
        Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 6; t++) {
            int picks = 1_000 + 7 * t;
            Thread thread = new Thread(() -> {
                for (int i = 0; i < picks; i++) {
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
        int most = counts.values().stream().mapToInt(AtomicInteger::get).max().orElseThrow();
        int least = counts.values().stream().mapToInt(AtomicInteger::get).min().orElseThrow();
        assertThat(most - least).isBetween(0, picker.turns().stripes());
    }

    /**
     * Cases of gRPC's StaticStrideSchedulerTest (grpc-java, xds): weights and how far the share of the first 1,000 picks may be from
     * theirs.
     */
    @ParameterizedTest
    @CsvSource({
        "2, 3.3333333, 1, 0.001",
        "0.5, 0.3, 1, 0.001",
        "3, 1, 1, 0.001",
        "0.0001, 0.0002, 0.0003, 0.001",
        "1000000, 1, 1, 0.001"
    })
    void strideFollowsTheCasesOfGrpc(double a, double b, double c, double tolerance) {
        RoundRobin<String> picker = new RoundRobin<>(candidates(members(3), a, b, c), null, random, new Turns(1));
        Map<String, Integer> counts = count(picker, 1_000);
        double sum = a + b + c;
        assertThat(counts.getOrDefault("a", 0) / 1e3).isCloseTo(a / sum, Offset.offset(tolerance));
        assertThat(counts.getOrDefault("b", 0) / 1e3).isCloseTo(b / sum, Offset.offset(tolerance));
        assertThat(counts.getOrDefault("c", 0) / 1e3).isCloseTo(c / sum, Offset.offset(tolerance));
    }

    /** gRPC's testLargestWeightIndexPickedEveryGeneration: {1, 2, 3} makes 2 x 65,535 picks, of which the last has half. */
    @Test
    void theHeaviestTakesPartInEveryRound() {
        RoundRobin<String> picker = new RoundRobin<>(candidates(members(3), 1, 2, 3), null, fixed(), new Turns(1));
        assertThat(count(picker, 2 * 65_535).get("c")).isEqualTo(65_535);
    }

    /** Starts every rotation at the first candidate. */
    private static RandomGenerator fixed() {
        return () -> 0L;
    }
}
