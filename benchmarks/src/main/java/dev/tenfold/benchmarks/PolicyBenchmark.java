package dev.tenfold.benchmarks;

import dev.tenfold.balance.KeyedPolicies;
import dev.tenfold.balance.LoadBalancer;
import dev.tenfold.balance.Member;
import dev.tenfold.balance.Policies;
import dev.tenfold.balance.Policy;
import dev.tenfold.balance.Prequal;
import dev.tenfold.balance.ServerLoad;
import dev.tenfold.balance.TrafficSplit;
import dev.tenfold.observe.Observer;
import dev.tenfold.topology.Endpoint;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * <b>What does each policy cost?</b> A pick and its report, with 16 calls in flight for each thread as in {@link PickBenchmark}; one
 * endpoint in three weighs twice as much as the others where {@code weights} is true, and {@code ejected} percent of the endpoints are
 * out. Keyed policies get a new key each time.
 *
 * <pre>mvn -q -Pbench verify -Dbench.args="--name policies --include .*PolicyBenchmark.* --param weights=false --forks 1 --warmup 2 --iterations 3 --millis 300"</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PolicyBenchmark {

    @Param({"10", "1000", "10000"})
    private int endpoints;

    @Param({"0", "20"})
    private int ejected;

    @Param({"false", "true"})
    private boolean weights;

    @Param({
        "random",
        "roundRobin",
        "smoothRoundRobin",
        "leastLoaded",
        "leastOfThree",
        "leastOfAll",
        "peakEwma",
        "weightedByLoad",
        "ring",
        "maglev",
        "rendezvous",
        "sticky",
        "reportedPrequal",
        "priority",
        "split",
        "subset"
    })
    private String policy;

    private LoadBalancer<String> balancer;
    private boolean keyed;

    /** Prepares the endpoints; all report a load, for the policies that use it. */
    @Setup
    public void prepare() {
        List<Endpoint<String>> members = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            members.add(Endpoint.of("10.0." + i / 250 + "." + i % 250)
                    .withWeight(weights && i % 3 == 0 ? 2 : 1)
                    .withTags(Map.of("group", i % 10 == 0 ? "canary" : "stable")));
        }
        keyed = Set.of("ring", "maglev", "rendezvous", "sticky").contains(policy);
        balancer = LoadBalancer.<String>builder("policies")
                .endpoints(members)
                .policy(policy(policy))
                .health(Ejections.POLICY)
                .observer(Observer.none())
                .build();
        Ejections.eject(balancer, ejected);
        for (int i = 0; i < 20 * endpoints; i++) {
            Member<String> member = balancer.pick();
            member.reportLoad(new ServerLoad(i & 7, Duration.ofMillis(5 + i % 20), 0.5, 100 + i % 50, 0));
            member.report(Outcome.SUCCESS, 1_000_000);
        }
    }

    private static Policy<String> policy(String name) {
        return switch (name) {
            case "random" -> Policies.random();
            case "roundRobin" -> Policies.roundRobin();
            case "smoothRoundRobin" -> Policies.smoothRoundRobin();
            case "leastLoaded" -> Policies.leastLoaded();
            case "leastOfThree" -> Policies.leastLoaded(3);
            case "leastOfAll" -> Policies.leastOfAll();
            case "peakEwma" -> Policies.peakEwma();
            case "weightedByLoad" ->
                Policies.weightedByLoad(Duration.ZERO, Duration.ofMinutes(3), Duration.ofSeconds(1), 1);
            case "ring" -> KeyedPolicies.ring();
            case "maglev" -> KeyedPolicies.maglev();
            case "rendezvous" -> KeyedPolicies.rendezvous();
            case "sticky" -> Policies.sticky(Policies.leastLoaded());
            case "reportedPrequal" ->
                Prequal.<String>reported().maximumAge(Duration.ofHours(1)).build();
            case "priority" -> Policies.priority(endpoint -> 0, Policies.leastLoaded());
            case "split" -> TrafficSplit.byTag("group", Map.of("stable", 90.0, "canary", 10.0), Policies.leastLoaded());
            case "subset" -> Policies.subset(20, "me", Policies.leastLoaded());
            default -> throw new IllegalArgumentException("policy: " + name + " (expected: one of those above)");
        };
    }

    /** A pick, for a key where the policy looks at it, and the report of an older one. */
    @Benchmark
    public String pick(PickBenchmark.Members calls) {
        Member<String> picked =
                keyed ? balancer.pick(ThreadLocalRandom.current().nextLong()) : balancer.pick();
        Member<?> oldest = calls.exchange(picked);
        if (oldest != null) {
            oldest.report(Outcome.SUCCESS);
        }
        return picked.target();
    }
}
