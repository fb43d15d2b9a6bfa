package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Locality;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrioritiesTest {

    private final SimulatedTime time = new SimulatedTime();

    /**
     * Envoy's documentation, "Priority levels": healthy endpoints of up to three levels and the traffic each gets, in percent. Envoy
     * rounds to whole percents, we do not.
     */
    @ParameterizedTest
    @CsvSource({
        "100,100,100, 100,0,0",
        "72,100,100, 100,0,0",
        "71,100,100, 99,1,0",
        "50,100,100, 70,30,0",
        "25,100,100, 35,65,0",
        "0,100,100, 0,100,0",
        "72,72,100, 100,0,0",
        "71,71,100, 99,1,0",
        "50,50,100, 70,30,0",
        "25,25,100, 35,35,30",
        "25,25,20, 36,36,28",
        "25,25,0, 50,50,0"
    })
    void loadsFollowTheTableOfEnvoy(int healthy0, int healthy1, int healthy2, int load0, int load1, int load2) {
        double[] loads = Priorities.loads(new double[] {healthy0 / 100.0, healthy1 / 100.0, healthy2 / 100.0}, 1.4);
        assertThat(loads[0] * 100).isCloseTo(load0, within(0.75));
        assertThat(loads[1] * 100).isCloseTo(load1, within(0.75));
        assertThat(loads[2] * 100).isCloseTo(load2, within(0.75));
    }

    /** A balancer of two levels of 100, of which some were ejected; the pool itself never panics. */
    private LoadBalancer<String> balancer(int healthy0, int healthy1) {
        List<Endpoint<String>> endpoints = new ArrayList<>();
        for (int level = 0; level < 2; level++) {
            for (int i = 0; i < 100; i++) {
                endpoints.add(Endpoint.of("p" + level + "-" + i, "p" + level + "-" + i)
                        .withTags(Map.of("level", String.valueOf(level))));
            }
        }
        LoadBalancer<String> balancer = LoadBalancer.<String>builder("levels")
                .endpoints(endpoints)
                .policy(Policies.priority(
                        endpoint -> Integer.parseInt(endpoint.tags().get("level")), Policies.roundRobin()))
                .panicThreshold(0)
                .health(HealthPolicy.builder()
                        .consecutiveFailures(1)
                        .maximumEjectedShare(1)
                        .ejectsLast(true)
                        .ejectionTime(Duration.ofMinutes(1), Duration.ofMinutes(5))
                        .build())
                .observer(Observer.none())
                .time(time)
                .random(Chance.seeded(5))
                .build();
        for (Member<String> member : balancer.members()) {
            int level = member.target().charAt(1) - '0';
            int number = Integer.parseInt(member.target().substring(3));
            if (number >= (level == 0 ? healthy0 : healthy1)) {
                member.begin();
                member.report(Outcome.CONNECT_FAILED);
            }
        }
        return balancer;
    }

    /** Envoy's documentation, "Panic threshold", second table: traffic to each level and whether it panics. */
    @ParameterizedTest
    @CsvSource({
        "72,72, 100,false, 0,false",
        "71,71, 99,false, 1,false",
        "25,100, 35,false, 65,false",
        "25,25, 50,true, 50,true",
        "5,65, 7,true, 93,false"
    })
    void levelsPanicAsInTheTableOfEnvoy(
            int healthy0, int healthy1, int load0, boolean panics0, int load1, boolean panics1) {
        LoadBalancer<String> balancer = balancer(healthy0, healthy1);
        Map<String, Integer> counts = new TreeMap<>();
        int picks = 40_000;
        for (int i = 0; i < picks; i++) {
            Member<String> picked = balancer.pick();
            counts.merge(picked.target(), 1, Integer::sum);
            picked.report(Outcome.CANCELLED);
        }
        assertThat(of(counts, "p0") * 100.0 / picks).isCloseTo(load0, within(1.2));
        assertThat(of(counts, "p1") * 100.0 / picks).isCloseTo(load1, within(1.2));
        assertThat(picksEjected(counts, "p0", healthy0)).isEqualTo(panics0);
        assertThat(picksEjected(counts, "p1", healthy1)).isEqualTo(panics1);
    }

    private static int of(Map<String, Integer> counts, String level) {
        return counts.entrySet().stream()
                .filter(count -> count.getKey().startsWith(level))
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    private static boolean picksEjected(Map<String, Integer> counts, String level, int healthy) {
        return counts.keySet().stream()
                .anyMatch(id -> id.startsWith(level) && Integer.parseInt(id.substring(3)) >= healthy);
    }

    @Test
    void ifNobodyIsHealthyTheFirstLevelIsPickedFromAsAWhole() {
        LoadBalancer<String> balancer = balancer(0, 0);
        // The pool without panic has nobody to offer; with it, everybody.
        LoadBalancer<String> panicking = LoadBalancer.<String>builder("all")
                .endpoints(balancer.topology().endpoints())
                .policy(Policies.priority(
                        endpoint -> Integer.parseInt(endpoint.tags().get("level")), Policies.roundRobin()))
                .health(HealthPolicy.builder()
                        .consecutiveFailures(1)
                        .maximumEjectedShare(1)
                        .ejectsLast(true)
                        .build())
                .observer(Observer.none())
                .time(time)
                .build();
        for (Member<String> member : panicking.members()) {
            member.begin();
            member.report(Outcome.CONNECT_FAILED);
        }
        for (int i = 0; i < 300; i++) {
            Member<String> picked = panicking.pick();
            assertThat(picked.target()).startsWith("p0");
            picked.report(Outcome.CANCELLED);
        }
    }

    /** Two zones of ten; 40 % of the own one are ejected: {@code min(1, 1.4 * 0.6)} of the calls stay, 16 % spill. */
    @Test
    void theOwnZoneIsFirstAndSpillsAsFarAsItIsShort() {
        List<Endpoint<String>> endpoints = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            endpoints.add(Endpoint.of("s" + i, "s" + i).withLocality(Locality.of("eu", i < 10 ? "eu-1a" : "eu-1b")));
        }
        String own = "eu-1a";
        LoadBalancer<String> balancer = LoadBalancer.<String>builder("zones")
                .endpoints(endpoints)
                .policy(Policies.priority(
                        endpoint -> endpoint.locality().zone().equals(own) ? 0 : 1, Policies.peakEwma()))
                .health(HealthPolicy.builder().consecutiveFailures(1).build())
                .observer(Observer.none())
                .time(time)
                .random(Chance.seeded(6))
                .build();
        assertThat(shareOf(own, balancer)).as("all are healthy").isEqualTo(1);
        for (Member<String> member : balancer.members().subList(0, 2)) {
            member.begin();
            member.report(Outcome.CONNECT_FAILED);
        }
        assertThat(shareOf(own, balancer)).as("20 % are missing").isEqualTo(1);
        for (Member<String> member : balancer.members().subList(2, 4)) {
            member.begin();
            member.report(Outcome.CONNECT_FAILED);
        }
        assertThat(shareOf(own, balancer)).as("40 % are missing").isCloseTo(0.84, within(0.01));
    }

    private static double shareOf(String zone, LoadBalancer<String> balancer) {
        int picks = 20_000;
        int inside = 0;
        for (int i = 0; i < picks; i++) {
            Member<String> picked = balancer.pick();
            inside += picked.endpoint().locality().zone().equals(zone) ? 1 : 0;
            picked.report(Outcome.SUCCESS);
        }
        return (double) inside / picks;
    }

    @Test
    void drainingALevelMovesItsCalls() {
        LoadBalancer<String> balancer = balancer(100, 100);
        for (int i = 0; i < 100; i++) {
            balancer.health("p0-" + i).orElseThrow().drain();
        }
        for (int i = 0; i < 200; i++) {
            assertThat(balancer.pick().target()).startsWith("p1");
        }
        balancer.health("p0-7").orElseThrow().resume();
        int back = 0;
        for (int i = 0; i < 10_000; i++) {
            back += balancer.pick().target().equals("p0-7") ? 1 : 0;
        }
        assertThat(back).as("one of a hundred takes 1.4 %, not everything").isBetween(90, 190);
    }

    @Test
    void keysKeepTheirLevelWhileLoadsAreTheSame() {
        LoadBalancer<String> balancer = balancer(50, 100);
        int first = 0;
        for (long key = 0; key < 2_000; key++) {
            String level = balancer.pick(Mix.of(key)).target().substring(0, 2);
            assertThat(balancer.pick(Mix.of(key)).target()).startsWith(level);
            first += level.equals("p0") ? 1 : 0;
        }
        assertThat(first / 2_000.0).isCloseTo(0.7, within(0.04));
    }

    @Test
    void wrongParametersAreRefused() {
        assertThatThrownBy(() -> Policies.<String>priority(endpoint -> 0, Policies.random(), 0.9, 2))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContainingAll("overprovisioning: 0.9", "panicThreshold: 2.0");
    }
}
