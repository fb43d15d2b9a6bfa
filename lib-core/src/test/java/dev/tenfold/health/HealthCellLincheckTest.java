package dev.tenfold.health;

import dev.tenfold.observe.EventRelay;
import dev.tenfold.observe.Observer;
import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Outcome;
import java.time.Duration;
import java.util.List;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** Outcomes reported at once leave every endpoint where some order of the reports would have. */
public final class HealthCellLincheckTest {

    private final HealthGroup group = new HealthGroup(
            "lincheck",
            HealthPolicy.builder()
                    .consecutiveFailures(2)
                    .ejectionTime(Duration.ofSeconds(1), Duration.ofSeconds(1))
                    .build(),
            new SimulatedTime(),
            new EventRelay(Observer.none()),
            () -> {});

    private final HealthCell a;
    private final HealthCell b;

    public HealthCellLincheckTest() {
        var cells = group.update(List.of("a", "b"));
        a = cells.get("a");
        b = cells.get("b");
    }

    @Operation
    public void failA() {
        a.report(Outcome.FAILED);
    }

    @Operation
    public void failB() {
        b.report(Outcome.FAILED);
    }

    @Operation
    public void succeedA() {
        a.report(Outcome.SUCCESS);
    }

    @Operation
    public void drainB() {
        b.drain();
    }

    @Operation
    public void resumeB() {
        b.resume();
    }

    @Operation
    public String stateA() {
        return a.current().state().name();
    }

    @Operation
    public String stateB() {
        return b.current().state().name();
    }

    @Test
    void isLinearizable() {
        new StressOptions()
                .iterations(3)
                .invocationsPerIteration(300)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(2)
                .check(HealthCellLincheckTest.class);
    }
}
