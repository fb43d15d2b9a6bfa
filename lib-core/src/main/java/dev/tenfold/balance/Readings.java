package dev.tenfold.balance;

import dev.tenfold.observe.Measurement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;

/** The numbers of one balancer. Counters of members that left are kept in sum, so that totals never fall. */
final class Readings {

    private final LongAdder departedPicks = new LongAdder();
    private final LongAdder departedFailures = new LongAdder();

    /** Keeps what a member counted that gets no more picks; failures of its calls still in flight are not counted. */
    void departed(Member<?> member) {
        departedPicks.add(member.picks());
        departedFailures.add(member.failures());
    }

    List<Measurement> of(LoadBalancer<?> balancer) {
        Map<String, String> tags = Map.of("balancer", balancer.name());
        return List.of(
                Measurement.counter(
                        "tenfold.balancer.picks",
                        "endpoints picked, retries included",
                        tags,
                        () -> departedPicks.sum() + sum(balancer.members(), Member::picks)),
                Measurement.counter(
                        "tenfold.balancer.failures",
                        "calls whose outcome counts against the endpoint",
                        tags,
                        () -> departedFailures.sum() + sum(balancer.members(), Member::failures)),
                Measurement.counter(
                        "tenfold.balancer.refused",
                        "picks refused because a limit of calls in flight was reached",
                        tags,
                        balancer::refused),
                Measurement.counter(
                        "tenfold.balancer.retries",
                        "attempts after the first, hedges aside",
                        tags,
                        balancer.rules()::retried),
                Measurement.counter(
                        "tenfold.balancer.hedges", "attempts made beside a slow one", tags, balancer.rules()::hedged),
                Measurement.counter(
                        "tenfold.balancer.hedges_won", "hedges that answered first", tags, balancer.rules()::hedgesWon),
                Measurement.counter(
                        "tenfold.balancer.over_budget",
                        "retries and hedges that a budget denied",
                        tags,
                        balancer.rules()::refused),
                Measurement.counter(
                        "tenfold.balancer.deadlines_exceeded",
                        "calls that ended since their time was up",
                        tags,
                        balancer.rules()::exceeded),
                Measurement.counter(
                        "tenfold.balancer.abandoned",
                        "selections that were neither reported nor closed",
                        tags,
                        balancer.abandoned()::count),
                Measurement.gauge(
                        "tenfold.balancer.in_flight",
                        "1",
                        "calls picked and not reported, on present endpoints",
                        tags,
                        () -> sum(balancer.members(), Member::inFlight)),
                Measurement.gauge(
                        "tenfold.balancer.endpoints",
                        "1",
                        "endpoints in the pool",
                        tags,
                        () -> balancer.members().size()),
                Measurement.gauge(
                        "tenfold.balancer.healthy_share",
                        "1",
                        "share of endpoints, drained ones aside, that are healthy",
                        tags,
                        balancer::healthyShare));
    }

    private static double sum(List<? extends Member<?>> members, ToLongFunction<Member<?>> part) {
        long sum = 0;
        for (Member<?> member : members) {
            sum += part.applyAsLong(member);
        }
        return sum;
    }
}
