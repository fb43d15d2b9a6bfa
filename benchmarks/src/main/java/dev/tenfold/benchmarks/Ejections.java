package dev.tenfold.benchmarks;

import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.health.HealthCell;
import dev.tenfold.health.HealthPolicy;
import dev.tenfold.health.HealthState;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.List;

/** Takes some endpoints out for longer than a benchmark runs. */
public final class Ejections {

    /** One failure is enough, and the ejection outlasts the measurement. */
    public static final HealthPolicy POLICY = HealthPolicy.builder()
            .consecutiveFailures(1)
            .ejectionTime(Duration.ofHours(1), Duration.ofHours(1))
            .build();

    private Ejections() {}

    /** Ejects that percentage of a balancer's endpoints, evenly among them. */
    public static void eject(LoadBalancer<?> balancer, int percent) {
        List<? extends Endpoint<?>> endpoints = balancer.topology().endpoints();
        int ejected = 0;
        for (int i = 0; i < endpoints.size() && ejected * 100 < percent * endpoints.size(); i++) {
            // Every fifth of a fifth: as many as were due by now.
            if ((i + 1) * percent / 100 > ejected) {
                HealthCell cell = balancer.health(endpoints.get(i).id()).orElseThrow();
                cell.report(Outcome.CONNECT_FAILED);
                if (cell.current().state() != HealthState.EJECTED) {
                    throw new IllegalStateException(cell + " (expected: EJECTED)");
                }
                ejected++;
            }
        }
    }
}
