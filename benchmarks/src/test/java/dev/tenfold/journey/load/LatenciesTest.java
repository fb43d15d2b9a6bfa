package dev.tenfold.journey.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class LatenciesTest {

    private static final long MILLI = 1_000_000;

    private final Latencies latencies = new Latencies();

    @Test
    void intervalsStartAnewAndTheTotalKeepsThemAll() {
        latencies.record(0, 5 * MILLI, 15 * MILLI);
        Latencies.Summary first = latencies.interval();
        latencies.record(0, 0, 100 * MILLI);
        Latencies.Summary second = latencies.interval();

        assertThat(first.count()).isEqualTo(1);
        assertThat(first.p99()).isCloseTo(15, within(0.1));
        assertThat(first.p99FromSent()).isCloseTo(10, within(0.1));
        assertThat(second.count()).isEqualTo(1);
        assertThat(second.maximum()).isCloseTo(100, within(0.1));
        assertThat(latencies.total().count()).isEqualTo(2);
        assertThat(latencies.total().p50()).isCloseTo(15, within(0.1));
    }

    @Test
    void whatLastsLongerThanTheHistogramCountsAsItsLongest() {
        latencies.record(0, 0, 3_600_000L * MILLI);

        assertThat(latencies.total().maximum()).isCloseTo(60_000, within(60.0));
    }
}
