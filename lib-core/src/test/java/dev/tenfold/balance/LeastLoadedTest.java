package dev.tenfold.balance;

import static dev.tenfold.balance.Pools.candidates;
import static dev.tenfold.balance.Pools.count;
import static dev.tenfold.balance.Pools.members;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.time.Chance;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LeastLoadedTest {

    private static final int PICKS = 100_000;
    private final RandomGenerator random = Chance.seeded(11);

    /** Envoy's case: with replacement the loaded one of three is hit in 11.1 %; distinct draws never hit it. */
    @Test
    void theOneLoadedOfThreeIsNeverPicked() {
        List<Member<String>> members = members(3);
        members.get(2).begin();
        Map<String, Integer> counts = count(LeastLoaded.over(candidates(members), random), PICKS);
        assertThat(counts).containsOnlyKeys("a", "b");
        assertThat(counts.get("a") / (double) PICKS).isCloseTo(0.5, Offset.offset(0.01));
    }

    @Test
    void ofTwoTheLessLoadedIsAlwaysPicked() {
        List<Member<String>> members = members(2);
        members.get(0).begin();
        assertThat(count(LeastLoaded.over(candidates(members), random), 1_000)).containsOnlyKeys("b");
        assertThat(count(LeastLoaded.over(candidates(members, 1, 3), random), 1_000))
                .containsOnlyKeys("b");
    }

    /** With n distinct loads 0 to n-1, the member of rank r wins 2(n-1-r) of the n(n-1) ordered draws. */
    @Test
    void picksByRankAsTheTheorySays() {
        List<Member<String>> members = members(5);
        for (int rank = 0; rank < 5; rank++) {
            for (int call = 0; call < rank; call++) {
                members.get(rank).begin();
            }
        }
        Map<String, Integer> counts = count(LeastLoaded.over(candidates(members), random), PICKS);
        for (int rank = 0; rank < 5; rank++) {
            double share = counts.getOrDefault(String.valueOf((char) ('a' + rank)), 0) / (double) PICKS;
            assertThat(share).isCloseTo((4 - rank) / 10.0, Offset.offset(0.01));
        }
    }

    @Test
    void anIdlePoolIsSharedByWeight() {
        Map<String, Integer> counts = count(LeastLoaded.over(candidates(members(3), 1, 2, 7), random), PICKS);
        assertThat(counts.get("a") / (double) PICKS).isCloseTo(0.1, Offset.offset(0.01));
        assertThat(counts.get("b") / (double) PICKS).isCloseTo(0.2, Offset.offset(0.01));
        assertThat(counts.get("c") / (double) PICKS).isCloseTo(0.7, Offset.offset(0.01));
    }

    @Test
    void underLoadCallsInFlightSettleByWeight() {
        List<Member<String>> members = members(3);
        Picker<String> picker = LeastLoaded.over(candidates(members, 1, 2, 5), random);
        Map<String, Integer> held = new TreeMap<>();
        for (int i = 0; i < 800; i++) {
            Member<String> picked = picker.pick();
            picked.begin();
            held.merge(picked.target(), 1, Integer::sum);
        }
        assertThat(held.get("a")).isBetween(95, 105);
        assertThat(held.get("b")).isBetween(195, 205);
        assertThat(held.get("c")).isBetween(495, 505);
    }

    @Test
    void extremeWeightsAreDrawnInProportion() {
        Map<String, Integer> counts = count(
                LeastLoaded.over(candidates(members(3), Double.MAX_VALUE, Double.MAX_VALUE, Double.MIN_VALUE), random),
                10_000);
        assertThat(counts.get("a")).isBetween(4_700, 5_300);
        assertThat(counts).doesNotContainKey("c");
    }

    @Test
    void aPoolOfOneIsNoSpecialCase() {
        assertThat(count(LeastLoaded.over(candidates(members(1)), random), 10)).containsEntry("a", 10);
    }

    /** With d of n distinct draws the member of rank r is the best drawn in C(n-1-r, d-1) of the C(n, d) cases. */
    @Test
    void moreChoicesPickByRankAsTheTheorySays() {
        List<Member<String>> members = members(7);
        for (int rank = 0; rank < 7; rank++) {
            for (int call = 0; call < rank; call++) {
                members.get(rank).begin();
            }
        }
        Map<String, Integer> counts = count(LeastLoaded.over(candidates(members), random, 3), PICKS);
        double[] expected = {15 / 35.0, 10 / 35.0, 6 / 35.0, 3 / 35.0, 1 / 35.0, 0, 0};
        for (int rank = 0; rank < 7; rank++) {
            double share = counts.getOrDefault(String.valueOf((char) ('a' + rank)), 0) / (double) PICKS;
            // Double hashing is not quite as random as independent draws.
            assertThat(share).as("rank " + rank).isCloseTo(expected[rank], Offset.offset(0.06));
        }
        assertThat(counts).as("three distinct draws include a better one").doesNotContainKeys("f", "g");
    }

    @Test
    void strideNeverComesBackToAnEarlierDraw() {
        for (int size : new int[] {4, 6, 8, 9, 12, 16, 30}) {
            List<Member<String>> members = members(size);
            // All but three have a call: of size - 2 distinct draws one is free.
            members.subList(3, size).forEach(Accounts::begin);
            int choices = Math.min(16, size - 2);
            if (choices <= size - 3) {
                continue;
            }
            assertThat(count(LeastLoaded.over(candidates(members), random, choices), 2_000))
                    .as("%s of %s", choices, size)
                    .hasSize(3);
        }
    }

    @Test
    void moreChoicesShareAnIdlePoolByWeight() {
        Map<String, Integer> counts = count(LeastLoaded.over(candidates(members(5), 1, 2, 3, 4, 10), random, 3), PICKS);
        for (int i = 0; i < 5; i++) {
            double weight = new double[] {1, 2, 3, 4, 10}[i] / 20;
            assertThat(counts.get(String.valueOf((char) ('a' + i))) / (double) PICKS)
                    .isCloseTo(weight, Offset.offset(0.01));
        }
    }

    @Test
    void ofAllTheLeastLoadedIsPickedAndTiesAreBrokenByChance() {
        List<Member<String>> members = members(6);
        members.get(1).begin();
        members.get(4).begin();
        Map<String, Integer> counts = count(new LeastOfAll<>(candidates(members), random), PICKS);
        assertThat(counts).containsOnlyKeys("a", "c", "d", "f");
        assertThat(counts.values()).allMatch(picks -> Math.abs(picks / (double) PICKS - 0.25) < 0.01);
        counts = count(new LeastOfAll<>(candidates(members, 1, 5, 2, 3, 5, 4), random), PICKS);
        assertThat(counts.get("f") / (double) PICKS).isCloseTo(0.4, Offset.offset(0.01));
    }

    @Test
    void ofAllCallsInFlightSettleExactlyByWeight() {
        List<Member<String>> members = members(3);
        Picker<String> picker = new LeastOfAll<>(candidates(members, 1, 2, 5), random);
        for (int i = 0; i < 800; i++) {
            picker.pick().begin();
        }
        assertThat(members.get(0).inFlight()).isBetween(99, 101);
        assertThat(members.get(1).inFlight()).isBetween(199, 201);
        assertThat(members.get(2).inFlight()).isBetween(498, 502);
    }
}
