package dev.tenfold.journey.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;

final class AxisTest {

    @Property
    void ticksLieOnTheAxisAndAreNeitherNoneNorMany(
            @ForAll @DoubleRange(min = 0.01, max = 1e9) double high, @ForAll boolean logarithmic) {
        Axis axis = logarithmic ? Axis.logarithmic(high / 50, high, 0, 100) : Axis.linear(0, high, 0, 100);

        assertThat(axis.ticks(5))
                .isSorted()
                .hasSizeBetween(3, 12)
                .allSatisfy(tick -> assertThat(axis.of(tick)).isBetween(0.0, 100.0));
    }

    @Property
    void endsAreEnds(@ForAll @DoubleRange(min = 0.1, max = 1e6) double low, @ForAll boolean logarithmic) {
        Axis axis = logarithmic ? Axis.logarithmic(low, low * 7, 10, 20) : Axis.linear(low, low * 7, 10, 20);

        assertThat(axis.of(low)).isCloseTo(10, within(1e-6));
        assertThat(axis.of(low * 7)).isCloseTo(20, within(1e-6));
        assertThat(axis.of(low / 2)).as("outside").isCloseTo(10, within(1e-6));
    }
}
