package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.error.InvalidConfigurationException;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.CheckSchedule;
import dev.tenfold.health.HealthCheck;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.health.HealthState;
import dev.tenfold.health.OutlierPolicy;
import dev.tenfold.observe.Event;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A balancer with checks, outliers and panic, on simulated time. */
class StartedBalancerTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final Set<String> dead = ConcurrentHashMap.newKeySet();
    private final HealthCheck<String> check =
            (target, timeout) -> CompletableFuture.completedFuture(!dead.contains(target));

    @Test
    void buildStartsNothingAndSaysSo() {
        assertThatThrownBy(() -> builder()
                        .healthCheck(check, Duration.ofSeconds(1))
                        .discover((listener, context) -> () -> {})
                        .build())
                .isInstanceOfSatisfying(InvalidConfigurationException.class, failure -> {
                    assertThat(failure.problems()).hasSize(2);
                    assertThat(failure).hasMessageContaining("start() instead of build(), which starts nothing");
                });
        assertThat(time.pending()).isZero();
    }

    @Test
    void aDeadEndpointIsFoundByChecksAloneAndComesBackByThem() {
        try (LoadBalancer<String> balancer = builder()
                .endpoints("a", "b", "c")
                .healthCheck(check, CheckSchedule.every(Duration.ofSeconds(1)).jitter(0))
                .start()) {
            assertThat(balancer.healthPolicy().returnsByChecks()).isTrue();
            dead.add("b");
            time.advance(Duration.ofSeconds(5));
            assertThat(state(balancer, "b")).isEqualTo(HealthState.PROBING);
            for (int i = 0; i < 100; i++) {
                try (Selection<String> picked = balancer.select()) {
                    assertThat(picked.target()).isNotEqualTo("b");
                }
            }
            dead.clear();
            time.advance(Duration.ofSeconds(3));
            assertThat(state(balancer, "b")).isEqualTo(HealthState.HEALTHY);
        }
        assertThat(events)
                .extracting(Event::kind)
                .containsSubsequence("pool.updated", "endpoint.probing", "endpoint.healthy");
        assertThat(time.pending()).as("closing stops the checks").isZero();
    }

    /** Without checks each probation of a dead pool made it look healthy for a moment, and drew a data centre's clients back. */
    @Test
    void aDeadPoolIsNotRevivedByTraffic() {
        HealthPolicy policy = HealthPolicy.builder()
                .ejectionTime(Duration.ofSeconds(1), Duration.ofSeconds(5))
                .probationSuccesses(1)
                .build();
        try (LoadBalancer<String> balancer = builder()
                .endpoints("a", "b", "c", "d")
                .health(policy)
                .healthCheck(check, CheckSchedule.every(Duration.ofSeconds(2)))
                .start()) {
            time.advance(Duration.ofSeconds(10));
            assertThat(balancer.healthyShare()).isEqualTo(1);
            dead.addAll(List.of("a", "b", "c", "d"));
            for (int i = 0; i < 400; i++) {
                traffic(balancer);
                time.advance(Duration.ofMillis(100));
            }
            List<Event> returned = events.stream()
                    .filter(event -> Set.of("endpoint.probation", "endpoint.slow_start", "endpoint.healthy")
                            .contains(event.kind()))
                    .toList();
            assertThat(returned).as("nobody was trusted while all were dead").isEmpty();
            assertThat(balancer.healthyShare()).isZero();
            dead.clear();
            for (int i = 0; i < 200; i++) {
                traffic(balancer);
                time.advance(Duration.ofMillis(100));
            }
            assertThat(balancer.healthyShare()).isEqualTo(1);
        }
    }

    @Test
    void whoJoinsProbingTakesCallsOnceItsChecksHavePassed() {
        HealthPolicy policy = HealthPolicy.builder().startsProbing(true).build();
        try (LoadBalancer<String> balancer = builder()
                .endpoints("a")
                .health(policy)
                .panicThreshold(0)
                .healthCheck(check, Duration.ofSeconds(1))
                .start()) {
            assertThatThrownBy(balancer::select)
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("PROBING");
            time.advance(Duration.ofSeconds(3));
            balancer.select().close();
            balancer.update(List.of(Endpoint.of("a", "a"), Endpoint.of("b", "b")));
            assertThat(state(balancer, "b")).isEqualTo(HealthState.PROBING);
            time.advance(Duration.ofSeconds(3));
            assertThat(state(balancer, "b")).isEqualTo(HealthState.HEALTHY);
        }
    }

    @Test
    void withoutASchedulerItStartsAThreadThatCloseEnds() throws InterruptedException {
        CountDownLatch checked = new CountDownLatch(3);
        LoadBalancer<String> balancer = LoadBalancer.<String>builder("own-thread")
                .endpoints("a")
                .observer(events::add)
                .healthCheck(
                        (target, timeout) -> {
                            checked.countDown();
                            return CompletableFuture.completedFuture(true);
                        },
                        Duration.ofMillis(5))
                .start();
        try {
            assertThat(checked.await(10, TimeUnit.SECONDS)).isTrue();
        } finally {
            balancer.close();
        }
        for (Thread thread : threads("tenfold-balancer-own-thread")) {
            thread.join(10_000);
        }
        assertThat(threads("tenfold-balancer-own-thread")).isEmpty();
        assertThat(events).extracting(Event::kind).doesNotContain("checks.stopped");
    }

    @Test
    void outliersAreFoundByThePicksThemselves() {
        HealthPolicy policy = HealthPolicy.builder()
                .consecutiveFailures(0)
                .outliers(OutlierPolicy.none().failurePercentage(40, 3, 20).latency(3, Duration.ofMillis(1), 3, 20))
                .build();
        LoadBalancer<String> balancer = builder()
                .policy(Policies.roundRobin())
                .endpoints("a", "b", "c", "d", "e")
                .health(policy)
                .build();
        for (int i = 0; i < 500; i++) {
            Member<String> member = balancer.pick();
            boolean fails = member.target().equals("b") && i % 2 == 0;
            boolean cancelled = member.target().equals("c") && i % 2 == 0;
            member.report(
                    fails ? Outcome.FAILED : cancelled ? Outcome.CANCELLED : Outcome.SUCCESS,
                    member.target().equals("d") ? 40_000_000 : 10_000_000);
            time.advance(Duration.ofMillis(15));
        }
        assertThat(events).as("no interval is over").isEmpty();
        time.advance(Duration.ofSeconds(10));
        for (int i = 0; i < 200; i++) {
            balancer.pick().report(Outcome.SUCCESS, 10_000_000);
        }
        assertThat(state(balancer, "b")).isEqualTo(HealthState.EJECTED);
        assertThat(state(balancer, "d")).isEqualTo(HealthState.EJECTED);
        assertThat(state(balancer, "c")).as("cancelled calls say nothing").isEqualTo(HealthState.HEALTHY);
        assertThat(events.get(1).message()).contains("% of its calls failed (at most 40.0 %)");
        assertThat(events.get(2).message()).contains("latency 40.0 ms is above 30.0 ms");
    }

    /**
     * One priority of Envoy's panic threshold documentation at its default of 50 %: panic below it, none at it, and never with
     * a threshold of 0.
     */
    @Test
    void panicsBelowEnvoysThreshold() {
        int[][] table = {{72, 0}, {71, 0}, {51, 0}, {50, 0}, {49, 1}, {25, 1}, {5, 1}, {0, 1}};
        for (int[] row : table) {
            LoadBalancer<String> balancer = hundred(row[0]).panicThreshold(0.5).build();
            down(balancer, row[0]);
            Set<String> seen = targets(balancer, 5_000);
            assertThat(seen.size() > row[0]).as("%s %% healthy", row[0]).isEqualTo(row[1] == 1);
        }
        LoadBalancer<String> never = hundred(0).panicThreshold(0).build();
        down(never, 0);
        assertThatThrownBy(never::select).isInstanceOf(UnavailableException.class);
    }

    private LoadBalancerBuilder<String> hundred(int healthy) {
        List<Endpoint<String>> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            all.add(Endpoint.of("e" + i, "e" + i));
        }
        return builder().endpoints(all);
    }

    private static void down(LoadBalancer<String> balancer, int healthy) {
        for (int i = healthy; i < 100; i++) {
            for (int failed = 0; failed < 3; failed++) {
                balancer.health("e" + i).orElseThrow().checked(false);
            }
        }
    }

    private static Set<String> targets(LoadBalancer<String> balancer, int picks) {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < picks; i++) {
            try (Selection<String> picked = balancer.select()) {
                seen.add(picked.target());
            }
        }
        return seen;
    }

    private void traffic(LoadBalancer<String> balancer) {
        for (int i = 0; i < 20; i++) {
            try (Selection<String> picked = balancer.select()) {
                picked.report(dead.contains(picked.target()) ? Outcome.CONNECT_FAILED : Outcome.SUCCESS);
            }
        }
    }

    private LoadBalancerBuilder<String> builder() {
        return LoadBalancer.<String>builder("started")
                .time(time)
                .scheduler(time)
                .random(Chance.seeded(11))
                .observer(events::add);
    }

    private static HealthState state(LoadBalancer<String> balancer, String id) {
        return balancer.health(id).orElseThrow().current().state();
    }

    private static List<Thread> threads(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .toList();
    }
}
