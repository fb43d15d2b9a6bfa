package dev.tenfold.balance;

import dev.tenfold.testing.SimulatedTime;
import dev.tenfold.topology.Outcome;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * No peak and no failure is lost, however they meet: within a tick the latency is the largest that was reported, and the share of
 * failures is what as many failures in a row make. (What lowers either may be given up where two meet, by design.)
 */
public final class EstimatesLincheckTest {

    private static final int TICK = 1;

    private final Accounts accounts = new Accounts(new Ticks(new SimulatedTime())) {};

    public EstimatesLincheckTest() {
        accounts.learn(Outcome.SUCCESS, 1, TICK);
    }

    @Operation
    public void slow() {
        accounts.learn(Outcome.CANCELLED, 20, TICK);
    }

    @Operation
    public void slower() {
        accounts.learn(Outcome.CANCELLED, 30, TICK);
    }

    @Operation
    public void slowest() {
        accounts.learn(Outcome.CANCELLED, 40, TICK);
    }

    @Operation
    public void fail() {
        accounts.learn(Outcome.FAILED, TICK);
    }

    @Operation
    public long latency() {
        return accounts.latency().toNanos();
    }

    @Operation
    public double faultFactor() {
        return accounts.faultFactor(TICK);
    }

    @Test
    void isLinearizable() {
        new ModelCheckingOptions()
                .iterations(3)
                .invocationsPerIteration(60)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(2)
                .check(EstimatesLincheckTest.class);
    }
}
