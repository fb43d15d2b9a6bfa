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
}
