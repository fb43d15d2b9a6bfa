package dev.tenfold.balance;

import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Outcome;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/** A lease ends once, as one step, whoever reports, closes or stops it at the same time. */
public final class LeaseLincheckTest {

    private final Member<String> member = Pools.members(1).get(0);
    private final Lease<String> lease;

    public LeaseLincheckTest() {
        member.begin();
        lease = new Lease<>(member, new SimulatedTime(), 0);
    }

    @Operation
    public boolean end() {
        return lease.end(Outcome.SUCCESS, 5);
    }

    @Operation
    public boolean stop() {
        return lease.end(Outcome.CANCELLED, 7);
    }

    @Operation
    public boolean hasEnded() {
        return lease.hasEnded();
    }

    @Test
    void isLinearizable() {
        new ModelCheckingOptions()
                .iterations(3)
                .invocationsPerIteration(60)
                .threads(2)
                .actorsPerThread(2)
                .actorsBefore(0)
                .actorsAfter(1)
                .check(LeaseLincheckTest.class);
    }
}
