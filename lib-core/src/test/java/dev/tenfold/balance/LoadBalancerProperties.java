package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class LoadBalancerProperties {

    /** Random updates, calls, failures and time: who is picked is present and not drained, and counts always add up. */
    @Property(tries = 200)
    void picksOnlyWhoIsPresentAndCountsExactly(@ForAll long seed, @ForAll boolean turns) {
        SimulatedTime time = new SimulatedTime();
        Random random = new Random(seed);
        LoadBalancer<String> balancer = LoadBalancer.<String>builder("property")
                .policy(turns ? Policies.roundRobin() : Policies.leastLoaded())
                .health(HealthPolicy.builder()
                        .consecutiveFailures(2)
                        .slowStart(Duration.ofSeconds(5))
                        .build())
                .observer(Observer.none())
                .time(time)
                .random(Chance.seeded(seed))
                .build();
        List<Selection<String>> held = new ArrayList<>();
        Map<String, Integer> expected = new HashMap<>();
        List<String> present = List.of();
        List<String> drained = new ArrayList<>();
        for (int step = 0; step < 150; step++) {
            switch (random.nextInt(8)) {
                case 0 -> {
                    List<Endpoint<String>> next = new ArrayList<>();
                    for (char id = 'a'; id < 'g'; id++) {
                        if (random.nextBoolean()) {
                            next.add(Endpoint.of(String.valueOf(id)).withWeight(1 + random.nextInt(3)));
                        }
                    }
                    present = next.stream().map(Endpoint::id).toList();
                    balancer.update(next);
                    drained.retainAll(present);
                    // Who left and comes back starts anew.
                    List<String> now = present;
                    held.removeIf(
                            selection -> !now.contains(selection.endpoint().id()));
                    expected.keySet().retainAll(present);
                }
                case 1 -> {
                    if (!present.isEmpty()) {
                        String id = present.get(random.nextInt(present.size()));
                        balancer.health(id).orElseThrow().drain();
                        drained.add(id);
                    }
                }
                case 2 -> time.advance(Duration.ofSeconds(random.nextInt(8)));
                case 3, 4 -> {
                    if (!held.isEmpty()) {
                        Selection<String> selection = held.remove(random.nextInt(held.size()));
                        selection.report(random.nextInt(3) == 0 ? Outcome.SUCCESS : Outcome.TIMED_OUT);
                        selection.close();
                        expected.merge(selection.endpoint().id(), -1, Integer::sum);
                    }
                }
                default -> {
                    if (!drained.containsAll(present)) {
                        Selection<String> selection = balancer.select();
                        assertThat(present).as("seed %s", seed).contains(selection.target());
                        assertThat(drained).as("seed %s", seed).doesNotContain(selection.target());
                        held.add(selection);
                        expected.merge(selection.target(), 1, Integer::sum);
                    }
                }
            }
            for (Member<String> member : balancer.members()) {
                assertThat(member.inFlight())
                        .as("%s with seed %s", member, seed)
                        .isEqualTo(expected.getOrDefault(member.endpoint().id(), 0));
            }
        }
    }
}
