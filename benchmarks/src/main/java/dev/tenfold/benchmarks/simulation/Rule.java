package dev.tenfold.benchmarks.simulation;

import dev.tenfold.balance.Candidates;
import dev.tenfold.balance.Member;
import dev.tenfold.balance.Picker;
import dev.tenfold.balance.Policies;
import dev.tenfold.balance.Policy;
import dev.tenfold.balance.Prequal;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * A way to pick that is compared with others.
 *
 * @param name as in tables
 * @param listens whether servers send their load with each answer
 * @param policy makes the policy of one client
 */
record Rule(String name, boolean listens, Function<Client, Policy<Replica>> policy) {

    static final Rule RANDOM = new Rule("random", client -> Policies.random());
    static final Rule ROUND_ROBIN = new Rule("round robin", client -> Policies.roundRobin());
    static final Rule REPORTED = new Rule("weighted by load", true, client -> Policies.weightedByLoad());
    static final Rule LEAST_LOADED = new Rule("least of all", client -> Policies.leastOfAll());
    static final Rule P2C = new Rule("P2C in flight", client -> Policies.leastLoaded());
    static final Rule PEAK_EWMA = new Rule("peak-EWMA", client -> Policies.peakEwma());
    static final Rule APERTURE = new Rule(
            "peak-EWMA, 12 each",
            client -> Policies.aperture(client.number(), client.clients(), 12, Policies.peakEwma()));
    static final Rule PREQUAL =
            new Rule("Prequal", client -> Prequal.probing(Replica::probe).build());
    static final Rule INFORMED = new Rule(
            "P2C, all known", client -> (candidates, random, previous) -> twoChoicesOfServers(candidates, random));

    /** Peak-EWMA with another memory. */
    static Rule peakEwma(int seconds) {
        Policy<Replica> policy = Policies.peakEwma(Duration.ofSeconds(seconds));
        return new Rule("peak-EWMA, " + seconds + " s", client -> policy);
    }

    private Rule(String name, Function<Client, Policy<Replica>> policy) {
        this(name, false, policy);
    }

    static List<Rule> all() {
        return List.of(RANDOM, ROUND_ROBIN, REPORTED, LEAST_LOADED, P2C, PEAK_EWMA, APERTURE, PREQUAL, INFORMED);
    }

    /** What no real client can: compares two servers by the calls in flight that each has from all clients at this instant. */
    private static Picker<Replica> twoChoicesOfServers(Candidates<Replica> candidates, RandomGenerator random) {
        return () -> {
            int first = random.nextInt(candidates.size());
            int second = random.nextInt(candidates.size() - 1);
            Member<Replica> one = candidates.member(first);
            Member<Replica> two = candidates.member(second < first ? second : second + 1);
            return two.target().inFlight() < one.target().inFlight() ? two : one;
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
