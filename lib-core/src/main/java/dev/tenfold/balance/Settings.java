package dev.tenfold.balance;

import dev.tenfold.error.Validation;
import dev.tenfold.topology.Endpoint;
import java.util.HashSet;
import java.util.Set;

/** What a balancer's settings must be. */
final class Settings {

    private Settings() {}

    /** Finds everything that is wrong with what was given to a builder. */
    static Validation check(LoadBalancerBuilder<?> from) {
        Validation check = Validation.of("load balancer '" + from.name + "'");
        check.require(!from.name.isEmpty(), "name", "''", "a non-empty name");
        Set<String> ids = new HashSet<>();
        for (Endpoint<?> endpoint : from.endpoints) {
            check.require(
                    ids.add(endpoint.id()),
                    "endpoint id",
                    endpoint.id() + " twice",
                    "unique ids; see Endpoint.of(id, target)");
        }
        check.between("panicThreshold", from.panicThreshold, 0, 1);
        check.between("maximumInFlight", from.maximumInFlight, 0, (1 << 24) - 1);
        check.atLeast("maximumInFlightOfPool", from.maximumInFlightOfPool, 0);
        check.positive("attemptTimeout", from.attemptTimeout);
        check.require(
                from.hedgeQuantile >= 0.5 && from.hedgeQuantile < 1,
                "hedgeQuantile",
                from.hedgeQuantile,
                "at least 0.5, below 1");
        return check;
    }
}
