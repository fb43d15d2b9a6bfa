package dev.tenfold.balance;

import static dev.tenfold.balance.Pools.candidates;
import static dev.tenfold.balance.Pools.count;
import static dev.tenfold.balance.Pools.members;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.health.HealthState;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PeakEwmaTest {

    private static final int PICKS = 50_000;
    private final RandomGenerator random = Chance.seeded(23);
    private final SimulatedTime time = new SimulatedTime();

    private Picker<String> picker(List<Member<String>> members, double... weights) {
        return new PeakEwma<>(candidates(members, weights), random, Decay.STANDARD);
    }

    private void call(Member<String> member, Outcome outcome, long millis) {
        member.begin();
        member.report(outcome, millis * 1_000_000);
    }

    @Test
    void withoutLatenciesItIsPowerOfTwoByCallsInFlight() {
        List<Member<String>> members = members(3, time);
        members.get(2).begin();
        Map<String, Integer> counts = count(picker(members), PICKS);
        assertThat(counts).containsOnlyKeys("a", "b");
        assertThat(counts.get("a") / (double) PICKS).isCloseTo(0.5, Offset.offset(0.01));
    }

    @Test
    void theQuickerOfTwoIsPickedUntilItsQueueIsLonger() {
        List<Member<String>> members = members(2, time);
        call(members.get(0), Outcome.SUCCESS, 10);
        call(members.get(1), Outcome.SUCCESS, 45);
        Picker<String> picker = picker(members);
        StringBuilder held = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            Member<String> picked = picker.pick();
            picked.begin();
            held.append(picked.target());
        }
        assertThat(held).hasToString("aaaabaaaab");
    }

    /** Of n members with distinct latencies the one of rank r wins 2(n-1-r) of the n(n-1) ordered draws. */
    @Test
    void picksByRankAsTheTheorySays() {
        List<Member<String>> members = members(5, time);
        for (int i = 0; i < 5; i++) {
            call(members.get(i), Outcome.SUCCESS, 10 * (i + 1));
        }
        Map<String, Integer> counts = count(picker(members), PICKS);
        for (int rank = 0; rank < 5; rank++) {
            double share = counts.getOrDefault(String.valueOf((char) ('a' + rank)), 0) / (double) PICKS;
            assertThat(share).isCloseTo((4 - rank) / 10.0, Offset.offset(0.01));
        }
    }

    @Test
    void anIdlePoolIsSharedByWeight() {
        List<Member<String>> members = members(3, time);
        Map<String, Integer> counts = count(picker(members, 1, 2, 7), PICKS);
        assertThat(counts.get("a") / (double) PICKS).isCloseTo(0.1, Offset.offset(0.01));
        assertThat(counts.get("c") / (double) PICKS).isCloseTo(0.7, Offset.offset(0.01));
        members.forEach(member -> call(member, Outcome.SUCCESS, 20));
        counts = count(picker(members, 1, 2, 7), PICKS);
        assertThat(counts.get("a") / (double) PICKS).isCloseTo(0.1, Offset.offset(0.01));
        assertThat(counts.get("c") / (double) PICKS).isCloseTo(0.7, Offset.offset(0.01));
    }

    @Test
    void anIdlePoolIsNotLeftToTheOneThatWasMeasuredLongestAgo() {
        List<Member<String>> members = members(4, time);
        members.forEach(member -> call(member, Outcome.SUCCESS, 20));
        time.advance(Duration.ofHours(1));
        call(members.get(0), Outcome.SUCCESS, 20);
        Map<String, Integer> counts = count(picker(members), PICKS);
        assertThat(counts.values()).allMatch(picks -> picks < 0.36 * PICKS);
    }

    /** What it holds before its first answer is what the others hold, not every call. */
    @Test
    void aNewcomerDoesNotAttractEveryCall() {
        List<Member<String>> members = members(10, time);
        for (Member<String> member : members.subList(0, 9)) {
            call(member, Outcome.SUCCESS, 20);
        }
        Picker<String> picker = picker(members);
        for (int i = 0; i < 100; i++) {
            picker.pick().begin();
        }
        assertThat(members.get(9).inFlight())
                .as("twice the others' 9 or 10 at most")
                .isBetween(8, 21);
    }

    @Test
    void aSlowOneIsTriedAgainWithOneCallAndNotWithAll() {
        List<Member<String>> members = members(2, time);
        call(members.get(0), Outcome.SUCCESS, 10);
        call(members.get(1), Outcome.TIMED_OUT, 5_000);
        Picker<String> picker = picker(members);
        assertThat(count(picker, 1_000)).containsOnlyKeys("a");
        time.advance(Duration.ofSeconds(90));
        call(members.get(0), Outcome.SUCCESS, 10);
        int tried = 0;
        for (int i = 0; i < 100; i++) {
            Member<String> picked = picker.pick();
            if (picked == members.get(1)) {
                picked.begin();
                tried++;
            }
        }
        assertThat(tried).isBetween(1, 2);
    }

    /** Its past would keep calls from it, and without calls it would never get out of its probation. */
    @Test
    void oneThatComesBackFromAnEjectionIsTriedSoon() {
        LoadBalancer<String> balancer = LoadBalancer.<String>builder()
                .endpoints("a", "b", "c")
                .observer(Observer.none())
                .time(time)
                .random(random)
                .build();
        answered(balancer, 60);
        Member<String> a = balancer.pick();
        while (!a.target().equals("a")) {
            a.report(Outcome.CANCELLED);
            a = balancer.pick();
        }
        a.report(Outcome.TIMED_OUT, 1_000_000_000);
        for (int i = 1; i < 5; i++) {
            call(a, Outcome.CONNECT_FAILED, 1);
        }
        assertThat(a.health().state()).isEqualTo(HealthState.EJECTED);
        time.advance(Duration.ofSeconds(10));
        assertThat(answered(balancer, 300)).isGreaterThan(20);
        assertThat(a.health().state()).isEqualTo(HealthState.HEALTHY);
    }

    /** Makes calls one after the other that take 5 ms; returns how many went to a. */
    private int answered(LoadBalancer<String> balancer, int calls) {
        int there = 0;
        for (int i = 0; i < calls; i++) {
            Member<String> member = balancer.pick();
            time.advance(Duration.ofMillis(5));
            member.report(Outcome.SUCCESS, 5_000_000);
            there += member.target().equals("a") ? 1 : 0;
        }
        return there;
    }

    /**
     * One of five answers in 1 ms that it failed, the others in 20 ms as they should: 400 calls a second, open loop, no ejection. By calls
     * in flight alone nearly all calls go where they fail.
     */
    @Test
    void aSinkholeLosesItsShare() {
        double byLoad = shareOfSinkhole(all -> LeastLoaded.over(candidates(all), random));
        double byWait = shareOfSinkhole(this::picker);
        assertThat(byLoad).isGreaterThan(0.3);
        assertThat(byWait).isLessThan(0.02);
    }

    private double shareOfSinkhole(Function<List<Member<String>>, Picker<String>> policy) {
        record End(long at, Member<String> member, long start) {}
        List<Member<String>> members = members(5, time);
        Picker<String> picker = policy.apply(members);
        PriorityQueue<End> ends = new PriorityQueue<>((one, other) -> Long.compare(one.at, other.at));
        Map<String, Integer> counts = new TreeMap<>();
        int calls = 8_000;
        for (int i = 0; i < calls; i++) {
            time.advance(Duration.ofNanos((long) (-Math.log(1 - random.nextDouble()) * 2_500_000)));
            long now = time.nanoTime();
            while (!ends.isEmpty() && ends.peek().at <= now) {
                End end = ends.remove();
                Outcome outcome = end.member.target().equals("e") ? Outcome.FAILED : Outcome.SUCCESS;
                // Not through the health cell, which would eject it.
                end.member.end(outcome.countsAgainstEndpoint());
                end.member.learn(outcome, end.at - end.start, end.member.ticks().at(end.at));
            }
            Member<String> picked = picker.pick();
            picked.begin();
            counts.merge(picked.target(), 1, Integer::sum);
            ends.add(new End(now + (picked.target().equals("e") ? 1_000_000 : 20_000_000), picked, now));
        }
        return counts.getOrDefault("e", 0) / (double) calls;
    }

    @Test
    void aPoolOfOneIsNoSpecialCase() {
        assertThat(count(picker(members(1, time)), 10)).containsEntry("a", 10);
    }
}
