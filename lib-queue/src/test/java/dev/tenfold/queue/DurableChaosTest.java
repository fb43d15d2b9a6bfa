package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@link DurableChaos}. */
class DurableChaosTest {

    @Test
    void nothingConfirmedIsLostAndNothingAcknowledgedComesBackWhenTheProcessIsKilled(@TempDir Path folder)
            throws Exception {
        DurableChaos.Result result = new DurableChaos(4, 3, folder, line -> {}).run();
        assertThat(result.ledger().violations()).isEmpty();
        assertThat(result.ledger().errors()).isEmpty();
        assertThat(result.ledger().confirmed()).isPositive();
        assertThat(result.ledger().acknowledged()).isPositive();
    }
}
