package dev.tenfold.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@link ScaleRun} in small. */
class ScaleTest {

    @Test
    void aFastProducerFillsTheLimitAndNothingIsLost() throws Exception {
        ScaleRun.Flow flow = ScaleRun.messages(100_000);
        assertThat(flow.sent()).isEqualTo(100_000);
        assertThat(flow.handled()).isEqualTo(100_000);
        assertThat(flow.longest()).isBetween(0, 10_000);
    }

    @Test
    void queuesAndBindingsTakeLittle() {
        ScaleRun.Memory memory = ScaleRun.topology(2_000, 20_000);
        assertThat(memory.routed()).isGreaterThanOrEqualTo(950);
        assertThat(memory.bytesPerQueue()).isLessThan(3_000);
        assertThat(memory.bytesPerBinding()).isLessThan(1_500);
    }
}
