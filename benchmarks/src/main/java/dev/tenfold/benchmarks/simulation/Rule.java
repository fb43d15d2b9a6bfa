package dev.tenfold.benchmarks.simulation;

import dev.tenfold.balance.Policies;
import dev.tenfold.balance.Policy;
import java.util.List;
import java.util.function.Function;

/**
 * A way to pick that is compared with others.
 *
 * @param name as in tables
 * @param policy makes the policy of one client
 */
record Rule(String name, Function<Client, Policy<Replica>> policy) {

    static final Rule ROUND_ROBIN = new Rule("round robin", client -> Policies.roundRobin());
    static final Rule P2C = new Rule("P2C in flight", client -> Policies.leastLoaded());

    static List<Rule> all() {
        return List.of(ROUND_ROBIN, P2C);
    }

    @Override
    public String toString() {
        return name;
    }
}
