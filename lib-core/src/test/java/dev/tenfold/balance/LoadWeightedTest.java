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
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadWeightedTest {

    private static final int PICKS = 10_000;
    private final RandomGenerator random = Chance.seeded(31);
    private final SimulatedTime time = new SimulatedTime();
    private final List<Member<String>> members = members(3, time);

    private Map<String, Integer> picks(Picker<String> picker) {
        // Time passes for a pool when its calls are reported.
        members.get(0).begin();
        members.get(0).report(Outcome.CANCELLED, 0);
        return count(picker, PICKS);
    }

    private static double share(Map<String, Integer> counts, String id) {
        return counts.getOrDefault(id, 0) / (double) PICKS;
    }

    /**
     * gRPC's WeightedRoundRobinLoadBalancerTest (grpc-java, xds), pickByWeight with normal and large weights, with errors and with
     * another penalty: utilization, calls and errors per second of three servers and the penalty.
     */
    @ParameterizedTest
    @CsvSource({
        "0.12,22,0, 0.28,40,0, 0.86,100,0, 1",
        "0.12,22,19.7, 0.28,40,0.998, 0.86,100,3.14159, 1",
        "0.12,22,19.7, 0.28,40,0.998, 0.86,100,3.14159, 1.75",
        "0.1,999,0, 0.9,2,0, 0.86,100,0, 1",
        "0.1,999,13, 0.9,2,1.8, 0.86,100,3, 1"
    })
    void weighsAsGrpcDoes(
            double utilA,
            double qpsA,
            double epsA,
            double utilB,
            double qpsB,
            double epsB,
            double utilC,
            double qpsC,
            double epsC,
            double penalty) {
        Policy<String> policy =
                Policies.weightedByLoad(Duration.ofSeconds(10), Duration.ofMinutes(3), Duration.ofSeconds(1), penalty);
        Picker<String> picker = policy.over(candidates(members), random, null);
        members.get(0).reportLoad(ServerLoad.ofUtilization(utilA, qpsA, epsA));
        members.get(1).reportLoad(ServerLoad.ofUtilization(utilB, qpsB, epsB));
        members.get(2).reportLoad(ServerLoad.ofUtilization(utilC, qpsC, epsC));
        time.advance(Duration.ofSeconds(2));
        picks(picker);
        time.advance(Duration.ofSeconds(11));
        Map<String, Integer> counts = picks(picker);
        double a = qpsA / (utilA + epsA / qpsA * penalty);
        double b = qpsB / (utilB + epsB / qpsB * penalty);
        double c = qpsC / (utilC + epsC / qpsC * penalty);
        double least = (a + b + c) / 3 * 0.1;
        a = Math.max(least, a);
        b = Math.max(least, b);
        c = Math.max(least, c);
        assertThat(share(counts, "a")).isCloseTo(a / (a + b + c), within(0.0005));
        assertThat(share(counts, "b")).isCloseTo(b / (a + b + c), within(0.0005));
        assertThat(share(counts, "c")).isCloseTo(c / (a + b + c), within(0.0005));
    }

    /** gRPC's blackoutPeriod and the expiration after it: turns, then two to one, then turns again. */
    @Test
    void reportsCountAfterTheBlackoutAndUntilTheyExpire() {
        List<Member<String>> two = members.subList(0, 2);
        Picker<String> picker = Policies.<String>weightedByLoad().over(candidates(two), random, null);
        for (int second = 0; second <= 12; second++) {
            two.get(0).reportLoad(ServerLoad.ofUtilization(0.1, 1, 0));
            two.get(1).reportLoad(ServerLoad.ofUtilization(0.2, 1, 0));
            Map<String, Integer> counts = picks(picker);
            double expected = second < 10 ? 0.5 : 2 / 3.0;
            assertThat(share(counts, "a"))
                    .as("second %s", second)
                    .isCloseTo(expected, within(second == 10 ? 0.2 : 0.002));
            time.advance(Duration.ofMillis(1_002));
        }
        time.advance(Duration.ofSeconds(179));
        assertThat(share(picks(picker), "a")).isCloseTo(0.5, within(0.002));
    }

    @Test
    void whoReportsNothingGetsTheMean() {
        Picker<String> picker = Policies.<String>weightedByLoad(
                        Duration.ZERO, Duration.ofMinutes(3), Duration.ofSeconds(1), 1)
                .over(candidates(members), random, null);
        members.get(0).reportLoad(ServerLoad.ofUtilization(0.5, 100, 0));
        members.get(1).reportLoad(ServerLoad.ofUtilization(0.5, 300, 0));
        time.advance(Duration.ofSeconds(2));
        Map<String, Integer> counts = picks(picker);
        assertThat(share(counts, "a")).isCloseTo(1 / 6.0, within(0.001));
        assertThat(share(counts, "b")).isCloseTo(3 / 6.0, within(0.001));
        assertThat(share(counts, "c")).isCloseTo(2 / 6.0, within(0.001));
    }

    @Test
    void aChangeOfMembershipKeepsWhatIsKnown() {
        Policy<String> policy = Policies.weightedByLoad();
        Picker<String> picker = policy.over(candidates(members.subList(0, 2)), random, null);
        for (int second = 0; second < 12; second++) {
            members.get(0).reportLoad(ServerLoad.ofUtilization(0.1, 1, 0));
            members.get(1).reportLoad(ServerLoad.ofUtilization(0.2, 1, 0));
            picks(picker);
            time.advance(Duration.ofMillis(1_002));
        }
        picker = policy.over(candidates(members), random, picker);
        Map<String, Integer> counts = count(picker, PICKS);
        assertThat(share(counts, "a")).isCloseTo(10 / 22.5, within(0.001));
        assertThat(share(counts, "c")).isCloseTo(7.5 / 22.5, within(0.001));
    }

    /** gRPC's avgWeight_zeroCpuUtilization: a report without utilization or calls is none. */
    @Test
    void whatSaysNothingOfUtilizationIsNoReport() {
        members.get(0).reportLoad(ServerLoad.ofUtilization(0, 22, 19.7));
        members.get(1).reportLoad(ServerLoad.ofUtilization(0.5, 0, 0));
        members.get(2).reportLoad(ServerLoad.of(3, Duration.ofMillis(4)));
        assertThat(members).allMatch(member -> member.reported() == null);
    }

    @Test
    void impossibleLoadsAreRefused() {
        assertThatThrownBy(() -> new ServerLoad(-1, Duration.ofMillis(-1), Double.NaN, -2, 0))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContainingAll(
                        "inFlight: -1", "latency: PT-0.001S", "utilization: NaN", "callsPerSecond: -2");
    }
}
