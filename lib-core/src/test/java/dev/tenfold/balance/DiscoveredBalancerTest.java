package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.discovery.Discoveries;
import dev.tenfold.discovery.Discovery;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.health.HealthState;
import dev.tenfold.observe.Event;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.time.Chance;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class DiscoveredBalancerTest {

    private final SimulatedTime time = new SimulatedTime();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private List<Endpoint<String>> registry = endpoints("a", "b", "c");

    @Test
    void whoStaysKeepsItsLoadItsHealthAndItsWarmUp() {
        HealthPolicy policy = HealthPolicy.builder()
                .consecutiveFailures(2)
                .slowStart(Duration.ofSeconds(100))
                .build();
        try (LoadBalancer<String> balancer = builder()
                .health(policy)
                .discover(Discoveries.polling(() -> registry, Duration.ofSeconds(5)))
                .start()) {
            Selection<String> open = balancer.select();
            Member<String> busy = member(balancer, open.target());
            String victim = open.target().equals("b") ? "a" : "b";
            balancer.health(victim).orElseThrow().report(Outcome.FAILED);
            balancer.health(victim).orElseThrow().report(Outcome.FAILED);
            Member<String> kept = member(balancer, victim);
            registry = endpoints("d", "c", "b", "a");
            time.advance(Duration.ofSeconds(6));
            assertThat(balancer.members())
                    .extracting(member -> member.endpoint().id())
                    .containsExactly("d", "c", "b", "a");
            assertThat(member(balancer, open.target())).isSameAs(busy);
            assertThat(busy.inFlight()).isEqualTo(1);
            assertThat(member(balancer, victim)).isSameAs(kept);
            assertThat(kept.health().state()).isEqualTo(HealthState.EJECTED);
            assertThat(member(balancer, "d").health().state()).isEqualTo(HealthState.SLOW_START);
            time.advance(Duration.ofSeconds(49));
            double before = member(balancer, "d").health().share(time.nanoTime());
            registry = endpoints("a", "b", "c", "d", "e");
            time.advance(Duration.ofSeconds(6));
            assertThat(member(balancer, "d").health().share(time.nanoTime()))
                    .as("its warm-up goes on")
                    .isGreaterThan(before);
            assertThat(member(balancer, "e").health().share(time.nanoTime())).isLessThan(before);
            open.report(Outcome.SUCCESS);
            assertThat(busy.inFlight()).isZero();
        }
        assertThat(time.pending()).isZero();
    }

    @Test
    void untilSomethingIsFoundTheEndpointsSetTakeTheCalls() {
        AtomicReference<Discovery.Listener<String>> push = new AtomicReference<>();
        AtomicReference<String> closed = new AtomicReference<>();
        Discovery<String> registry = (listener, context) -> {
            push.set(listener);
            return () -> closed.set("closed");
        };
        LoadBalancer<String> balancer =
                builder().endpoints("seed").discover(registry).start();
        assertThat(balancer.select().target()).isEqualTo("seed");
        push.get().found(endpoints("x"));
        assertThat(balancer.select().target()).isEqualTo("x");
        push.get().found(List.of());
        assertThatThrownBy(balancer::select)
                .as("who is told of changes by somebody else is believed")
                .isInstanceOf(UnavailableException.class);
        push.get().found(endpoints("x"));
        balancer.close();
        assertThat(closed).hasValue("closed");
        push.get().found(endpoints("y"));
        push.get().failed(new IOException("late"));
        assertThat(balancer.topology().endpoints()).extracting(Endpoint::id).containsExactly("x");
        assertThat(events).extracting(Event::kind).doesNotContain("discovery.failing");
    }

    @Test
    void failuresAreToldOnceAndTheirEnd() {
        boolean[] fails = {false};
        try (LoadBalancer<String> balancer = builder()
                .discover(Discoveries.polling(
                        () -> {
                            if (fails[0]) {
                                throw new IOException("no registry");
                            }
                            return registry;
                        },
                        Duration.ofSeconds(5)))
                .start()) {
            fails[0] = true;
            time.advance(Duration.ofMinutes(5));
            assertThat(balancer.select().target()).isIn("a", "b", "c");
            registry = List.of(Endpoint.of("a", "a"), Endpoint.of("a", "again"));
            fails[0] = false;
            time.advance(Duration.ofMinutes(1));
            registry = endpoints("a", "b", "c");
            time.advance(Duration.ofMinutes(1));
        }
        assertThat(events)
                .extracting(Event::kind)
                .containsExactly("pool.updated", "pool.updated", "discovery.failing", "discovery.recovered");
        assertThat(events.get(2).message())
                .isEqualTo("the 3 endpoints known so far stay: java.io.IOException: no registry");
    }

    @Test
    void targetsOfAnotherKindAreMadeOnce() {
        List<String> made = new ArrayList<>();
        try (LoadBalancer<URI> balancer = LoadBalancer.<URI>builder("mapped")
                .scheduler(time)
                .executor(Runnable::run)
                .observer(events::add)
                .discover(Discoveries.polling(() -> registry, Duration.ofSeconds(5)), found -> {
                    made.add(found.id());
                    return URI.create("http://" + found.target());
                })
                .start()) {
            assertThat(balancer.topology().find("b").orElseThrow().target()).isEqualTo(URI.create("http://b"));
            registry = endpoints("a", "b", "z");
            time.advance(Duration.ofMinutes(1));
            assertThat(made).containsExactly("a", "b", "c", "z");
        }
    }

    @Test
    void aDiscoveryThatCannotBeginLeavesNothingBehind() {
        assertThatThrownBy(() -> builder()
                        .discover((listener, context) -> {
                            throw new IllegalStateException("no such registry");
                        })
                        .healthCheck((target, timeout) -> null, Duration.ofSeconds(1))
                        .endpoints("a")
                        .start())
                .hasMessage("no such registry");
        assertThat(time.pending()).isZero();
    }

    private LoadBalancerBuilder<String> builder() {
        return LoadBalancer.<String>builder("discovered")
                .time(time)
                .scheduler(time)
                .executor(Runnable::run)
                .random(Chance.seeded(4))
                .observer(events::add);
    }

    private static Member<String> member(LoadBalancer<String> balancer, String id) {
        return balancer.members().stream()
                .filter(member -> member.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static List<Endpoint<String>> endpoints(String... ids) {
        List<Endpoint<String>> endpoints = new ArrayList<>();
        for (String id : ids) {
            endpoints.add(Endpoint.of(id, id));
        }
        return endpoints;
    }
}
