package dev.tenfold.sharding.hot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Against a map that counts everything. */
class SpaceSavingProperties {

    private static final double ROUNDING = 1e-9;

    /** Every bound of the paper, after every addition, with weights and with decay in between. */
    @Property(tries = 60)
    void neverViolatesItsBounds(
            @ForAll @IntRange(min = 1, max = 20) int capacity,
            @ForAll @IntRange(min = 1, max = 60) int distinct,
            @ForAll long seed) {
        Random random = new Random(seed);
        SpaceSaving<Integer> summary = new SpaceSaving<>(capacity);
        Map<Integer, Double> exact = new HashMap<>();
        double total = 0;
        for (int i = 0; i < 400; i++) {
            // Squared, so that some keys are much heavier than others.
            double skewed = random.nextDouble() * random.nextDouble();
            int key = (int) (skewed * distinct);
            double weight = random.nextInt(4) == 0 ? 1 + random.nextInt(50) : 1;
            summary.add(key, key, key, weight);
            exact.merge(key, weight, Double::sum);
            total += weight;
            if (random.nextInt(50) == 0) {
                double factor = random.nextDouble();
                summary.scale(factor);
                exact.replaceAll((k, v) -> v * factor);
                total *= factor;
            }
            check(summary, exact, capacity, total, seed);
        }
    }

    private static void check(
            SpaceSaving<Integer> summary, Map<Integer, Double> exact, int capacity, double total, long seed) {
        Set<Integer> tracked = new HashSet<>();
        double[] sum = new double[1];
        double slack = ROUNDING * total;
        summary.forEach((identity, key, slot, count, error) -> {
            assertThat(tracked.add(key)).as("seed %d", seed).isTrue();
            assertThat(slot).isEqualTo(key);
            double truth = exact.getOrDefault(key, 0.0);
            assertThat(count).as("seed %d", seed).isGreaterThanOrEqualTo(truth - slack);
            assertThat(count - error).as("seed %d", seed).isLessThanOrEqualTo(truth + slack);
            assertThat(error).isLessThanOrEqualTo(summary.least() + slack);
            sum[0] += count;
        });
        assertThat(sum[0]).isBetween(total - slack, total + slack);
        assertThat(tracked).hasSizeLessThanOrEqualTo(capacity);
        assertThat(summary.least()).isLessThanOrEqualTo(total / capacity + slack);
        exact.forEach((key, truth) -> {
            if (truth > summary.least() + slack) {
                assertThat(tracked).as("seed %d", seed).contains(key);
            }
        });
    }
}
