package dev.tenfold.balance;

import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Endpoint;
import java.util.List;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** Once an update has returned, nobody is picked who is not in it, even while health changes rebuild the pool too. */
public final class SnapshotSwitchLincheckTest {

    private final LoadBalancer<String> balancer = LoadBalancer.<String>builder("lincheck")
            .endpoints("a", "b")
            .policy((candidates, random, previous) -> () -> candidates.member(0))
            .observer(Observer.none())
            .time(new SimulatedTime())
            .build();

    @Operation
    public String select() {
        try (var selection = balancer.select()) {
            return selection.target();
        }
    }

    @Operation
    public void drainA() {
        balancer.health("a").ifPresent(cell -> cell.drain());
    }

    @Operation
    public void swap() {
        balancer.update(List.of(Endpoint.of("b"), Endpoint.of("a")));
    }

    @Operation
    public void onlyC() {
        balancer.update(List.of(Endpoint.of("c")));
    }

    @Test
    void isLinearizable() {
        new StressOptions()
                .iterations(2)
                .invocationsPerIteration(120)
                .threads(2)
                .actorsPerThread(2)
                .actorsBefore(0)
                .actorsAfter(1)
                .check(SnapshotSwitchLincheckTest.class);
    }
}
