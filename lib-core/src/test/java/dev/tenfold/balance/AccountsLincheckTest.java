package dev.tenfold.balance;

import dev.tenfold.testing.SimulatedTime;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/** The two halves of the one counting word are read as if each pick and each report were one step. */
public final class AccountsLincheckTest {

    private final Accounts accounts = new Accounts(new Ticks(new SimulatedTime())) {};

    @Operation
    public long begin() {
        return accounts.begin();
    }

    @Operation
    public void end() {
        accounts.end(false);
    }

    @Operation
    public int inFlight() {
        return accounts.inFlight();
    }

    @Operation
    public long picks() {
        return accounts.picks();
    }

    @Test
    void isLinearizable() {
        new ModelCheckingOptions()
                .iterations(3)
                .invocationsPerIteration(60)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(2)
                .actorsAfter(1)
                .check(AccountsLincheckTest.class);
    }
}
