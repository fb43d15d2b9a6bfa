package dev.tenfold.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.health.HealthPolicy;
import dev.tenfold.observe.Observer;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import dev.tenfold.topology.Selection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConcurrencyTest {

    /** Calls in every form, failures, cancellations and membership changes at once; afterwards nothing is in flight. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void countsReturnToZero(boolean turns) throws Exception {
        LoadBalancer<String> balancer = LoadBalancer.<String>builder("concurrent")
                .endpoints("a", "b", "c", "d")
                .policy(turns ? Policies.roundRobin() : Policies.leastLoaded())
                .health(HealthPolicy.builder()
                        .consecutiveFailures(2)
                        .ejectionTime(Duration.ofNanos(1), Duration.ofMillis(1))
                        .slowStart(Duration.ofMillis(1))
                        .build())
                .observer(Observer.none())
                .build();
        Set<Member<String>> seen = ConcurrentHashMap.newKeySet();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                runs.add(threads.submit(() -> {
                    for (int i = 0; i < 30_000; i++) {
                        call(balancer, seen);
                    }
                }));
            }
            Future<?> changes = threads.submit(() -> {
                while (!done.get()) {
                    List<Endpoint<String>> next = new ArrayList<>(List.of(Endpoint.of("a"), Endpoint.of("b")));
                    for (String id : List.of("c", "d", "e")) {
                        if (ThreadLocalRandom.current().nextBoolean()) {
                            next.add(Endpoint.of(id));
                        }
                    }
                    balancer.update(next);
                }
            });
            for (Future<?> run : runs) {
                run.get();
            }
            done.set(true);
            changes.get();
        } finally {
            threads.shutdownNow();
        }
        assertThat(seen).hasSizeGreaterThan(4).allMatch(member -> member.inFlight() == 0);
    }

    /** Many threads report one selection at once; its call ends once, with one of their outcomes. */
    @Test
    void ofSimultaneousReportsExactlyOneCounts() throws Exception {
        LoadBalancer<String> balancer = LoadBalancer.<String>builder("once")
                .endpoints("a")
                .observer(Observer.none())
                .build();
        int selections = 5_000;
        List<Selection<String>> shared = new ArrayList<>();
        for (int i = 0; i < selections; i++) {
            shared.add(balancer.select());
        }
        Member<String> member = balancer.members().get(0);
        assertThat(member.inFlight()).isEqualTo(selections);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            threads.add(new Thread(() -> {
                for (Selection<String> selection : shared) {
                    selection.report(Outcome.FAILED);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(member.inFlight()).isZero();
        assertThat(member.picks()).isEqualTo(selections);
        assertThat(member.failures()).isEqualTo(selections);
    }

    private static void call(LoadBalancer<String> balancer, Set<Member<String>> seen) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        Outcome outcome = Outcome.values()[random.nextInt(Outcome.values().length)];
        if (random.nextBoolean()) {
            Member<String> member = balancer.pick();
            seen.add(member);
            member.report(outcome);
        } else {
            Selection<String> selection = balancer.select();
            seen.add(((Lease<String>) selection).member());
            if (random.nextBoolean()) {
                selection.report(outcome);
            }
            selection.close();
        }
    }
}
