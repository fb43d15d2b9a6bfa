package dev.tenfold.benchmarks.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.benchmarks.balance.HttpFaults.Load;
import dev.tenfold.benchmarks.balance.HttpFaults.Result;
import dev.tenfold.benchmarks.balance.HttpFaults.Way;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The short form of {@link HttpFaults}: whatever a server does, no caller is told. */
class HttpFaultsTest {

    private static final Duration LENGTH = Duration.ofMillis(1_200);
    private static final int CALLS = 72;

    @Test
    void noCallFailsWhateverOneServerDoes() throws Exception {
        Set<Fault> faults = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        // Slow enough for a machine that does much else, with times that only a server that hangs passes.
        Load load = new Load(60, Duration.ofSeconds(1), Duration.ofSeconds(10));
        try (HttpFaults program = new HttpFaults(load)) {
            for (Fault fault : faults) {
                Result result = program.run(fault, Way.RETRIES, LENGTH);
                assertThat(result.failures()).as(result.row()).isEmpty();
                assertThat(result.calls()).isEqualTo(CALLS);
                assertThat(result.attempts()).as(result.row()).isLessThanOrEqualTo(2 * CALLS);
            }
            for (Fault fault : EnumSet.of(Fault.HANGS, Fault.SLOW)) {
                Result result = program.run(fault, Way.HEDGES, LENGTH);
                assertThat(result.failures()).as(result.row()).isEmpty();
            }
        }
    }
}
