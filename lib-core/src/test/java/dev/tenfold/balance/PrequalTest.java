package dev.tenfold.balance;

import static dev.tenfold.balance.Pools.candidates;
import static dev.tenfold.balance.Pools.count;
import static dev.tenfold.balance.Pools.members;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class PrequalTest {

    private final RandomGenerator random = Chance.seeded(41);
    private final SimulatedTime time = new SimulatedTime();

    private static ServerLoad load(int inFlight, int millis) {
        return ServerLoad.of(inFlight, Duration.ofMillis(millis));
    }

    private ProbePool.Word<String> word(Member<String> member, int inFlight, int millis, int uses) {
        return new ProbePool.Word<>(member, load(inFlight, millis), time.nanoTime(), uses);
    }

    private static Member<String> best(ProbePool<String> pool) {
        ProbePool.Word<String> best = pool.best(Long.MIN_VALUE / 2, 2, member -> 1);
        return best == null ? null : best.member;
    }

    /** Section 3 of the paper: the quickest cold one; where all are hot, the one with the fewest calls. */
    @Test
    void hotAndColdAreComparedInLexicographicOrder() {
        List<Member<String>> members = members(4, time);
        ProbePool<String> pool = new ProbePool<>(16, 0.5);
        pool.add(word(members.get(0), 2, 30, 9));
        assertThat(best(pool)).as("one answer is too few").isNull();
        pool.add(word(members.get(1), 3, 20, 9));
        pool.add(word(members.get(2), 9, 1, 9));
        pool.add(word(members.get(3), 10, 2, 9));
        // Of 2, 3, 9, 10 the median is 3.
        assertThat(pool.hotAbove()).isEqualTo(3);
        assertThat(best(pool)).as("the quickest that is not hot").isSameAs(members.get(1));
        pool.drop(members.get(1));
        assertThat(best(pool)).isSameAs(members.get(0));
        pool.drop(members.get(0));
        assertThat(best(pool)).as("all hot: the fewest calls").isSameAs(members.get(2));
    }

    @Test
    void aQuantileOfOneKnowsNoHotOnesAndOfZeroHardlyColdOnes() {
        List<Member<String>> members = members(3, time);
        for (double quantile : new double[] {0, 1}) {
            ProbePool<String> pool = new ProbePool<>(16, quantile);
            pool.add(word(members.get(0), 5, 1, 9));
            pool.add(word(members.get(1), 1, 50, 9));
            pool.add(word(members.get(2), 3, 10, 9));
            assertThat(best(pool)).isSameAs(members.get(quantile == 0 ? 1 : 0));
        }
    }

    @Test
    void callsSentBecauseOfAnAnswerCountAsInFlightThere() {
        List<Member<String>> members = members(2, time);
        ProbePool<String> pool = new ProbePool<>(16, 0);
        pool.add(word(members.get(0), 1, 10, 9));
        pool.add(word(members.get(1), 1, 20, 9));
        assertThat(best(pool)).isSameAs(members.get(0));
        pool.use(pool.best(Long.MIN_VALUE / 2, 2, member -> 1));
        assertThat(best(pool)).as("two in flight are hot now").isSameAs(members.get(1));
    }

    @Test
    void anAnswerIsDroppedWithItsLastUse() {
        List<Member<String>> members = members(2, time);
        ProbePool<String> pool = new ProbePool<>(16, 1);
        ProbePool.Word<String> twice = word(members.get(0), 0, 1, 2);
        pool.add(twice);
        pool.add(word(members.get(1), 0, 5, 2));
        pool.use(twice);
        assertThat(pool.size()).isEqualTo(2);
        pool.use(twice);
        assertThat(pool.size()).isEqualTo(1);
    }

    @Test
    void aNewAnswerTakesThePlaceOfTheSameMembersOrTheOldest() {
        List<Member<String>> members = members(4, time);
        ProbePool<String> pool = new ProbePool<>(3, 1);
        for (int i = 0; i < 3; i++) {
            pool.add(word(members.get(i), 0, 10 + i, 9));
            time.advance(Duration.ofMillis(1));
        }
        pool.add(word(members.get(0), 0, 40, 9));
        assertThat(pool.size()).isEqualTo(3);
        assertThat(best(pool)).isSameAs(members.get(1));
        time.advance(Duration.ofMillis(1));
        pool.add(word(members.get(3), 0, 90, 9));
        assertThat(best(pool)).as("the oldest, b's, went").isSameAs(members.get(2));
    }

    @Test
    void theOldestAndTheWorstAreDroppedInTurn() {
        List<Member<String>> members = members(5, time);
        ProbePool<String> pool = new ProbePool<>(16, 0.6);
        int[] inFlight = {1, 2, 3, 9, 8};
        for (int i = 0; i < 5; i++) {
            pool.add(word(members.get(i), inFlight[i], 10 * (i + 1), 9));
            time.advance(Duration.ofMillis(1));
        }
        pool.dropOne(member -> 1);
        assertThat(best(pool)).as("a was the oldest").isSameAs(members.get(1));
        pool.dropOne(member -> 1);
        pool.drop(members.get(1));
        pool.drop(members.get(2));
        assertThat(pool.size()).as("d was the worst: hot, and the fullest").isEqualTo(1);
        assertThat(pool.best(Long.MIN_VALUE / 2, 1, member -> 1).member).isSameAs(members.get(4));
    }

    @Test
    void answersAreDroppedAfterASecond() {
        List<Member<String>> members = members(3, time);
        Prequal<String> policy = Prequal.<String>reported().build();
        PrequalPicker<String> picker = (PrequalPicker<String>) policy.over(candidates(members), random, null);
        members.get(0).reportLoad(load(0, 1));
        members.get(1).reportLoad(load(0, 2));
        assertThat(picker.pick().target()).isEqualTo("a");
        time.advance(Duration.ofMillis(999));
        assertThat(count(picker, 100)).containsOnlyKeys("a", "b");
        time.advance(Duration.ofMillis(2));
        assertThat(count(picker, 600)).containsOnlyKeys("a", "b", "c");
        assertThat(picker.pool().size()).isZero();
    }

    /** The paper's formula with delta 1: its own testbed of 100 servers, and cases around it. */
    @Test
    void reuseFollowsTheFormula() {
        assertThat(Prequal.reuse(16, 100, 3, 1)).isCloseTo(2 / (0.84 * 3 - 1), within(1e-9));
        assertThat(Prequal.reuse(16, 10_000, 3, 0)).isEqualTo(1);
        assertThat(Prequal.reuse(16, 20, 3, 0.25)).isCloseTo(2 / (0.2 * 3 - 0.25), within(1e-9));
        assertThat(Prequal.reuse(16, 100, 1, 1)).as("no surplus").isEqualTo(Integer.MAX_VALUE);
        assertThat(Prequal.reuse(10, 10, 3, 1)).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void eachPickSendsProbesAndWaitsForNone() {
        List<Member<String>> members = members(50, time);
        Map<String, List<CompletableFuture<ServerLoad>>> asked = new HashMap<>();
        Prequal<String> policy = Prequal.probing((String target) -> {
                    CompletableFuture<ServerLoad> answer = new CompletableFuture<>();
                    asked.computeIfAbsent(target, id -> new ArrayList<>()).add(answer);
                    return answer;
                })
                .build();
        PrequalPicker<String> picker = (PrequalPicker<String>) policy.over(candidates(members), random, null);
        picker.pick();
        int probes = asked.values().stream().mapToInt(List::size).sum();
        assertThat(probes).isBetween(1, 3);
        count(picker, 1_000);
        assertThat(asked).hasSize(50);
        assertThat(asked.values()).as("one at a time for each").allMatch(answers -> answers.size() == 1);
        // Two answers, and the quicker is picked, as long as they last.
        answer(asked, "m3", load(1, 9));
        answer(asked, "m5", load(1, 4));
        assertThat(picker.pick().target()).isEqualTo("m5");
    }

    private static void answer(Map<String, List<CompletableFuture<ServerLoad>>> asked, String id, ServerLoad load) {
        asked.get(id).get(0).complete(load);
    }

    @Test
    void failedAndRefusedProbesAreCountedAndHarmNothing() {
        List<Member<String>> members = members(5, time);
        Prequal<String> failing = Prequal.probing(
                        (String target) -> CompletableFuture.<ServerLoad>failedFuture(new IllegalStateException()))
                .build();
        count(failing.over(candidates(members), random, null), 100);
        Prequal<String> throwing = Prequal.<String>probing(target -> {
                    throw new IllegalStateException();
                })
                .build();
        count(throwing.over(candidates(members), random, null), 100);
        Prequal<String> refused = Prequal.<String>probing(target -> new CompletableFuture<>())
                .executor(task -> {
                    throw new RejectedExecutionException();
                })
                .build();
        count(refused.over(candidates(members), random, null), 100);
        for (Prequal<String> policy : List.of(failing, throwing, refused)) {
            assertThat(policy.measurements().get(0).value().getAsDouble()).isEqualTo(300);
            assertThat(policy.measurements().get(1).value().getAsDouble()).isEqualTo(300);
        }
    }

    @Test
    void nobodyIsPickedWhoLeft() {
        List<Member<String>> members = members(6, time);
        Prequal<String> policy = Prequal.<String>reported().build();
        Picker<String> picker = policy.over(candidates(members), random, null);
        for (Member<String> member : members) {
            member.reportLoad(load(1, member.target().charAt(0)));
        }
        assertThat(picker.pick().target()).isEqualTo("a");
        picker = policy.over(candidates(members.subList(2, 6)), random, picker);
        assertThat(picker.pick().target())
                .as("answers of those that stay are kept")
                .isEqualTo("c");
        members.get(0).reportLoad(load(0, 1));
        assertThat(count(picker, 200)).doesNotContainKeys("a", "b");
    }

    @Test
    void oneThatFailsAttractsNobodyHoweverQuickAndEmptyItIs() {
        List<Member<String>> members = members(3, time);
        Prequal<String> policy = Prequal.<String>reported().build();
        Picker<String> picker = policy.over(candidates(members), random, null);
        for (int i = 0; i < 40; i++) {
            members.get(0).begin();
            members.get(0).report(Outcome.FAILED, 1_000_000);
        }
        members.get(0).reportLoad(load(1, 1));
        members.get(1).reportLoad(load(5, 20));
        members.get(2).reportLoad(load(6, 25));
        assertThat(count(picker, 100)).doesNotContainKey("a");
    }

    /** A server that fails at once has nothing in flight and no latency to tell of. */
    @Test
    void oneThatFailsAtOnceAttractsNobodyAlthoughItIsIdle() {
        List<Member<String>> members = members(3, time);
        Prequal<String> policy = Prequal.<String>reported().build();
        Picker<String> picker = policy.over(candidates(members), random, null);
        for (int i = 0; i < 10; i++) {
            members.get(0).begin();
            members.get(0).report(Outcome.FAILED, 1_000_000);
        }
        members.get(0).reportLoad(load(0, 0));
        members.get(1).reportLoad(load(1, 20));
        members.get(2).reportLoad(load(2, 25));
        assertThat(count(picker, 2)).doesNotContainKey("a");
    }

    @Test
    void whereALatencyIsUnknownCallsInFlightDecide() {
        List<Member<String>> members = members(2, time);
        ProbePool<String> pool = new ProbePool<>(16, 1);
        pool.add(word(members.get(0), 3, 0, 9));
        pool.add(word(members.get(1), 2, 20, 9));
        assertThat(best(pool)).isSameAs(members.get(1));
    }

    @Test
    void wrongParametersAreRefusedTogether() {
        assertThatThrownBy(() -> Prequal.<String>reported()
                        .poolSize(1)
                        .probesPerCall(-1)
                        .hotQuantile(1.1)
                        .maximumAge(Duration.ZERO)
                        .build())
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContainingAll("poolSize: 1", "probesPerCall: -1", "hotQuantile: 1.1", "maximumAge: PT0S");
    }

    @Test
    void racingAnswersAndPicksLoseNoSlot() throws Exception {
        List<Member<String>> members = members(30, time);
        ProbePool<String> pool = new ProbePool<>(16, 0.84);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            RandomGenerator own = Chance.seeded(t);
            threads.add(new Thread(() -> {
                for (int i = 0; i < 20_000; i++) {
                    pool.add(word(members.get(own.nextInt(30)), own.nextInt(10), own.nextInt(50), 2));
                    ProbePool.Word<String> best = pool.best(Long.MIN_VALUE / 2, 2, member -> 1);
                    if (best != null) {
                        pool.use(best);
                    }
                    pool.dropOne(member -> 1);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        for (int i = 0; i < 16; i++) {
            pool.dropOne(member -> 1);
        }
        assertThat(pool.size()).isZero();
    }
}
