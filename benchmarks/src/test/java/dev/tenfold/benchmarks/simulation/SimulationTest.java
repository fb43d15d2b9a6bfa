package dev.tenfold.benchmarks.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tenfold.benchmarks.simulation.Testbed.Kind;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others published comes out here, too, with the library's balancers as they are. */
class SimulationTest {

    private static final long SECOND = 1_000_000_000L;
    private static final int SECONDS = 24;
    private static final Runs RUNS = new Runs(1, 2);

    @AfterAll
    static void close() {
        RUNS.close();
    }

    /** Linkerd's "Beyond Round Robin" (2016) says 95, 99 and 99.9 %. */
    @Test
    void oneSlowServerOfEleven() {
        isWithinASecond(Rule.ROUND_ROBIN, 95.5, within(0.3));
        isWithinASecond(Rule.RANDOM, 95.5, within(0.4));
        isWithinASecond(Rule.LEAST_LOADED, 99.5, within(0.2));
        isWithinASecond(Rule.P2C, 99.5, within(0.2));
        isWithinASecond(Rule.PEAK_EWMA, 99.925, within(0.075));
    }

    private static void isWithinASecond(Rule rule, double percent, Offset<Double> offset) {
        assertThat(100 * RUNS.ofSlowServer(rule).shareWithin(SECOND))
                .as(rule.name())
                .isCloseTo(percent, offset);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.7, 0.9})
    void peakEwmaOfManyClientsIsBetweenPrequalAndCallsInFlight(double load) {
        double times = p99(Rule.PEAK_EWMA, 100, load) / p99(Rule.PREQUAL, 100, load);
        assertThat(times).isBetween(4.0, 10.2);
        assertThat(p99(Rule.PEAK_EWMA, 100, load)).isLessThan(p99(Rule.LEAST_LOADED, 100, load));
        assertThat(p99(Rule.APERTURE, 100, load)).as("knows more").isLessThan(1.5 * p99(Rule.PREQUAL, 100, load));
    }

    /** The Prequal paper (NSDI 2024) has 281 and 286 ms, and 6.4 and 9.3 times as much for the least loaded. */
    @ParameterizedTest
    @ValueSource(doubles = {0.7, 0.9})
    void manyClientsKnowTooLittle(double load) {
        double prequal = p99(Rule.PREQUAL, 100, load);
        assertThat(prequal).isBetween(250.0, 350.0);
        assertThat(p99(Rule.LEAST_LOADED, 100, load) / prequal).isBetween(5.0, 12.0);
        assertThat(p99(Rule.ROUND_ROBIN, 100, load)).as("timed out").isGreaterThanOrEqualTo(5_000);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.7, 0.9})
    void oneClientKnowsEnough(double load) {
        assertThat(p99(Rule.PEAK_EWMA, 1, load) / p99(Rule.PREQUAL, 1, load)).isBetween(0.8, 1.3);
    }

    private static double p99(Rule rule, int clients, double load) {
        Testbed testbed = new Testbed(Kind.NEIGHBOURS, clients, 100, load, SECONDS);
        return RUNS.of(testbed, rule, Testbed.TRUSTING).millisAt(99);
    }

    @Test
    void ejectionEndsWhatFastFailuresAttract() {
        Testbed testbed = new Testbed(Kind.SINKHOLE, 4, 40, 0.7, 20);
        for (Rule rule : new Rule[] {Rule.P2C, Rule.LEAST_LOADED}) {
            double trusting = RUNS.of(testbed, rule, Testbed.TRUSTING).failedShare();
            double ejecting = RUNS.of(testbed, rule, Kind.SINKHOLE.remedy()).failedShare();
            assertThat(trusting).as("%s, more than their 5 %%", rule).isGreaterThan(0.05);
            assertThat(ejecting).as("%s, ejecting", rule).isLessThan(0.01);
        }
        assertThat(RUNS.of(testbed, Rule.PEAK_EWMA, Testbed.TRUSTING).failedShare())
                .as("a fast failure is no fast answer")
                .isLessThan(0.01);
    }

    @Test
    void aRunDependsOnItsSeedAlone() {
        try (Runs one = new Runs(1, 1);
                Runs three = new Runs(1, 3)) {
            for (Kind kind : Kind.values()) {
                Testbed testbed = new Testbed(kind, 3, 20, 0.8, 8);
                for (Rule rule : Rule.all()) {
                    three.begin(testbed, rule, kind.remedy());
                }
                for (Rule rule : Rule.all()) {
                    Latencies first = one.of(testbed, rule, kind.remedy());
                    Latencies second = three.of(testbed, rule, kind.remedy());
                    assertThat(second).as("%s, %s", kind, rule).isEqualTo(first);
                }
            }
        }
    }
}
