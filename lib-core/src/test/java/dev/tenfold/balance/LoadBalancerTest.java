package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.health.HealthState;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Measurement;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class LoadBalancerTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<Event> events = new CopyOnWriteArrayList<>();

    @Test
    void failuresEjectAndTimeBringsBack() {
        LoadBalancer<String> balancer = builder().endpoints("a", "b", "c").build();
        fail(balancer, "b", 5);
        assertThat(targets(balancer, 200)).containsExactly("a", "c");
        assertThat(kinds()).contains("endpoint.ejected");
        time.advance(Duration.ofSeconds(10).minusNanos(1));
        assertThat(targets(balancer, 200)).containsExactly("a", "c");
        time.advance(Duration.ofNanos(1));
        Map<String, Integer> counts = count(balancer, 2_100);
        assertThat(counts.get("b"))
                .as("on probation it gets a tenth of the others' share")
                .isBetween(60, 150);
        succeed(balancer, "b", 3);
        assertThat(count(balancer, 900).get("b")).isBetween(250, 350);
    }

    @Test
    void thePrimitiveFormNoticesThatTimeHasPassed() {
        LoadBalancer<String> balancer = builder().endpoints("a", "b", "c").build();
        fail(balancer, "b", 5);
        time.advance(Duration.ofSeconds(10));
        Set<String> seen = new TreeSet<>();
        for (int i = 0; i < 500; i++) {
            Member<String> member = balancer.pick();
            seen.add(member.target());
            member.report(Outcome.SUCCESS);
        }
        assertThat(seen).containsExactly("a", "b", "c");
        assertThat(balancer.members()).allMatch(member -> member.inFlight() == 0);
    }

    @Test
    void slowStartGrowsTheShareStepByStep() {
        LoadBalancer<String> balancer = builder()
                .policy(Policies.roundRobin())
                .health(HealthPolicy.builder()
                        .slowStart(Duration.ofSeconds(100))
                        .build())
                .endpoints("a", "b")
                .build();
        balancer.update(endpoints("a", "b", "c"));
        assertThat(count(balancer, 2_100).get("c")).isBetween(95, 105);
        time.advance(Duration.ofSeconds(50));
        assertThat(count(balancer, 2_500).get("c")).isBetween(490, 510);
        time.advance(Duration.ofSeconds(50));
        assertThat(count(balancer, 3_000).get("c")).isBetween(995, 1_005);
    }

    @Test
    void anEndpointThatStaysKeepsItsLoadHealthAndCounts() {
        LoadBalancer<String> balancer = builder().endpoints("a", "b", "c").build();
        Selection<String> held = balancer.select();
        String id = held.endpoint().id();
        Member<String> member = member(balancer, id);
        fail(balancer, "c", 5);
        List<Endpoint<String>> next = endpoints("a", "b", "c", "d");
        next.replaceAll(endpoint -> endpoint.withWeight(2));
        balancer.update(next);
        assertThat(member(balancer, id)).isSameAs(member);
        assertThat(member.inFlight()).isEqualTo(1);
        assertThat(member.endpoint().weight()).isEqualTo(2);
        assertThat(member(balancer, "c").health().state()).isEqualTo(HealthState.EJECTED);
        assertThat(targets(balancer, 300)).containsExactly("a", "b", "d");
        held.report(Outcome.SUCCESS);
        assertThat(member.inFlight()).isZero();
        assertThat(balancer.topology().version()).isEqualTo(2);
    }

    @Test
    void whoLeavesIsPickedNoMoreAndItsCallsEndAsUsual() {
        LoadBalancer<String> balancer = builder().endpoints("a").build();
        Selection<String> held = balancer.select();
        balancer.update(endpoints("b"));
        assertThat(targets(balancer, 20)).containsExactly("b");
        held.report(Outcome.FAILED);
        assertThat(measure(balancer, "tenfold.balancer.picks")).isEqualTo(21);
        assertThat(measure(balancer, "tenfold.balancer.in_flight")).isZero();
    }

    @Test
    void tooFewHealthyIsPanicAndEverybodyIsPicked() {
        LoadBalancer<String> balancer = builder().endpoints("a", "b", "c", "d").build();
        for (String down : List.of("a", "b")) {
            check(balancer, down, false, 3);
        }
        assertThat(targets(balancer, 200)).as("half is enough").containsExactly("c", "d");
        check(balancer, "c", false, 3);
        assertThat(targets(balancer, 400)).containsExactly("a", "b", "c", "d");
        assertThat(balancer.describe()).contains("1 of 4 endpoints take calls (panic: picking among all)");
        assertThat(balancer.healthyShare()).isEqualTo(0.25);
        check(balancer, "a", true, 2);
        assertThat(targets(balancer, 200)).containsExactly("a", "d");
        assertThat(kinds()).containsSubsequence("pool.panic", "endpoint.healthy", "pool.calm");
    }

    @Test
    void withoutPanicNobodyIsLeftAndTheErrorSaysWhy() {
        LoadBalancer<String> balancer =
                builder().endpoints("a", "b").panicThreshold(0).build();
        check(balancer, "a", false, 3);
        balancer.health("b").orElseThrow().drain();
        assertThatThrownBy(balancer::select)
                .isInstanceOfSatisfying(
                        UnavailableException.class,
                        failure -> assertThat(failure.reasons())
                                .containsExactly("a: PROBING (3 checks failed)", "b: DRAINING (drained)"));
        assertThatThrownBy(balancer::pick).isInstanceOf(UnavailableException.class);
        balancer.health("b").orElseThrow().resume();
        assertThat(targets(balancer, 10)).containsExactly("b");
    }

    @Test
    void anEmptyPoolFillsLater() {
        LoadBalancer<String> balancer = builder().build();
        assertThatThrownBy(balancer::select).hasMessageContaining("load balancer 'test': it has no endpoints");
        balancer.update(endpoints("a"));
        assertThat(targets(balancer, 3)).containsExactly("a");
    }

    @Test
    void drainedEndpointsAreNotPickedEvenInPanic() {
        LoadBalancer<String> balancer = builder().endpoints("a", "b", "c").build();
        balancer.health("a").orElseThrow().drain();
        check(balancer, "b", false, 3);
        check(balancer, "c", false, 3);
        assertThat(targets(balancer, 200)).containsExactly("b", "c");
    }

    @Test
    void theFirstReportCountsAndClosingCancels() {
        LoadBalancer<String> balancer = builder().endpoints("a").build();
        Selection<String> selection = balancer.select();
        assertThat(member(balancer, "a").inFlight()).isEqualTo(1);
        selection.report(Outcome.SUCCESS);
        selection.report(Outcome.FAILED);
        selection.close();
        balancer.select().close();
        assertThat(member(balancer, "a").inFlight()).isZero();
        assertThat(measure(balancer, "tenfold.balancer.failures")).isZero();
        assertThat(measure(balancer, "tenfold.balancer.picks")).isEqualTo(2);
    }

    @Test
    void aClosedBalancerPicksNobody() {
        LoadBalancer<String> balancer = builder().endpoints("a").build();
        Selection<String> held = balancer.select();
        balancer.close();
        balancer.close();
        assertThatThrownBy(balancer::select).hasMessageContaining("it is closed");
        assertThatThrownBy(() -> balancer.update(endpoints("b"))).isInstanceOf(IllegalStateException.class);
        held.report(Outcome.SUCCESS);
        assertThat(member(balancer, "a").inFlight()).isZero();
    }

    @Test
    void describesThePoolForAPerson() {
        LoadBalancer<String> balancer = builder().endpoints("a", "b", "c").build();
        fail(balancer, "b", 5);
        time.advance(Duration.ofSeconds(4));
        assertThat(balancer.describe().lines())
                .hasSize(6)
                .first()
                .isEqualTo("load balancer 'test': 2 of 3 endpoints take calls");
        assertThat(balancer.describe())
                .containsPattern("b +EJECTED +0.00 +0 +5 +5 +0.00 +5 failures in a row, the last CONNECT_FAILED,"
                        + " until 2030-01-01T00:00:10Z \\(6.0 s\\), ejected 1 times")
                .contains("0 retries (100 left), 0 hedges of which 0 won (10 left), 0 beyond budget,"
                        + " 0 deadlines exceeded, 0 selections abandoned");
    }

    @Test
    void everythingWrongIsReportedAtOnce() {
        assertThatThrownBy(() -> LoadBalancer.<String>builder("")
                        .endpoints("a", "a")
                        .panicThreshold(2)
                        .attemptTimeout(Duration.ZERO)
                        .hedgeQuantile(1)
                        .build())
                .isInstanceOfSatisfying(
                        InvalidConfigurationException.class,
                        failure -> assertThat(failure.problems()).hasSize(5));
        LoadBalancer<String> balancer = builder().endpoints("a").build();
        assertThatThrownBy(() -> balancer.update(endpoints("b", "b"))).isInstanceOf(IllegalArgumentException.class);
        assertThat(targets(balancer, 5)).as("nothing changed").containsExactly("a");
    }

    private LoadBalancerBuilder<String> builder() {
        return LoadBalancer.<String>builder("test")
                .observer(events::add)
                .time(time)
                .random(Chance.seeded(5));
    }

    private static List<Endpoint<String>> endpoints(String... ids) {
        return new ArrayList<>(Arrays.stream(ids).map(Endpoint::of).toList());
    }

    private static Member<String> member(LoadBalancer<String> balancer, String id) {
        return balancer.members().stream()
                .filter(member -> member.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static void fail(LoadBalancer<String> balancer, String id, int times) {
        report(balancer, id, times, Outcome.CONNECT_FAILED);
    }

    private static void succeed(LoadBalancer<String> balancer, String id, int times) {
        report(balancer, id, times, Outcome.SUCCESS);
    }

    private static void report(LoadBalancer<String> balancer, String id, int times, Outcome outcome) {
        for (int i = 0; i < times; i++) {
            Member<String> member = member(balancer, id);
            member.begin();
            member.report(outcome);
        }
    }

    private static void check(LoadBalancer<String> balancer, String id, boolean passed, int times) {
        for (int i = 0; i < times; i++) {
            balancer.health(id).orElseThrow().checked(passed);
        }
    }

    private static Set<String> targets(LoadBalancer<String> balancer, int picks) {
        return count(balancer, picks).keySet();
    }

    /** Picks and abandons, which says nothing about anyone's health. */
    private static Map<String, Integer> count(LoadBalancer<String> balancer, int picks) {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < picks; i++) {
            try (Selection<String> selection = balancer.select()) {
                counts.merge(selection.target(), 1, Integer::sum);
            }
        }
        return counts;
    }

    private List<String> kinds() {
        return events.stream().map(Event::kind).toList();
    }

    private static double measure(LoadBalancer<String> balancer, String name) {
        return balancer.measurements().stream()
                .filter(measurement -> measurement.name().equals(name))
                .map(Measurement::value)
                .findFirst()
                .orElseThrow()
                .getAsDouble();
    }
}
