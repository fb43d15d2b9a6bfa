package dev.tenfold.health;

import dev.tenfold.error.Validation;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When an endpoint that answers is ejected all the same, because it does worse than the others of its group. Once in each
 * interval the calls of that interval are compared, the worst endpoint first; the group's cap holds for these ejections, too.
 * Immutable and thread-safe.
 *
 * <pre>{@code
 * HealthPolicy.builder().outliers(OutlierPolicy.standard().latency(5, ofMillis(20), 5, 50)).build();
 * }</pre>
 *
 * <p>The success rate and the failure percentage are those of gRPC's proposal A50 and Envoy's outlier detection, with their
 * defaults; what both call enforcement percentages is left out.
 */
public final class OutlierPolicy {

    /** How often the calls are compared unless changed: every 10 s. */
    public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);

    private static final OutlierPolicy NONE = new OutlierPolicy(DEFAULT_INTERVAL, null, null, null, Duration.ZERO);

    private final Duration interval;
    private final @Nullable Rule successRate;
    private final @Nullable Rule failurePercentage;
    private final @Nullable Rule latency;
    private final Duration latencyFloor;

    private OutlierPolicy(
            Duration interval,
            @Nullable Rule successRate,
            @Nullable Rule failurePercentage,
            @Nullable Rule latency,
            Duration latencyFloor) {
        this.interval = interval;
        this.successRate = successRate;
        this.failurePercentage = failurePercentage;
        this.latency = latency;
        this.latencyFloor = latencyFloor;
    }

    /**
     * Compares nothing; rules are added to it.
     *
     * @return a policy without rules
     */
    public static OutlierPolicy none() {
        return NONE;
    }

    /**
     * Compares success rates and failure percentages by the published defaults.
     *
     * @return {@code successRate(1.9, 5, 100)} and {@code failurePercentage(85, 5, 50)}, every 10 s
     */
    public static OutlierPolicy standard() {
        return NONE.successRate(1.9, 5, 100).failurePercentage(85, 5, 50);
    }

    /**
     * Ejects an endpoint whose share of successes is below the mean of the group by more than some standard deviations.
     *
     * @param deviations how many, > 0
     * @param minimumEndpoints how many must have had {@code minimumVolume} for the rule to be asked, >= 1
     * @param minimumVolume how many calls an endpoint must have had in the interval to be compared, >= 1
     * @return a policy with this rule
     */
    public OutlierPolicy successRate(double deviations, int minimumEndpoints, int minimumVolume) {
        Validation check = Validation.of("success rate of outliers");
        check.require(deviations > 0 && deviations < 1e6, "deviations", deviations, "above 0");
        Rule rule = rule(check, deviations, minimumEndpoints, minimumVolume);
        return new OutlierPolicy(interval, rule, failurePercentage, latency, latencyFloor);
    }

    /**
     * Ejects an endpoint of whose calls more than some percentage failed.
     *
     * @param threshold the percentage, 0 to 100; 100 never ejects
     * @param minimumEndpoints how many must have had {@code minimumVolume} for the rule to be asked, >= 1
     * @param minimumVolume how many calls an endpoint must have had in the interval to be judged, >= 1
     * @return a policy with this rule
     */
    public OutlierPolicy failurePercentage(double threshold, int minimumEndpoints, int minimumVolume) {
        Validation check = Validation.of("failure percentage of outliers");
        check.between("threshold", threshold, 0, 100);
        Rule rule = rule(check, threshold, minimumEndpoints, minimumVolume);
        return new OutlierPolicy(interval, successRate, rule, latency, latencyFloor);
    }

    /**
     * Ejects an endpoint whose latency, as estimated when the interval ends, is a multiple of the median of the endpoints'
     * latencies, and not tiny.
     *
     * @param factor the multiple of the median above which it is too slow, > 1
     * @param floor the latency up to which no endpoint is too slow, >= 0
     * @param minimumEndpoints how many must have had {@code minimumVolume} for the rule to be asked, >= 2
     * @param minimumVolume how many calls an endpoint must have had in the interval to be compared, >= 1
     * @return a policy with this rule
     */
    public OutlierPolicy latency(double factor, Duration floor, int minimumEndpoints, int minimumVolume) {
        Validation check = Validation.of("latency of outliers");
        check.require(factor > 1 && factor < 1e6, "factor", factor, "above 1");
        check.notNegative("floor", floor);
        check.atLeast("minimumEndpoints", minimumEndpoints, 2);
        Rule rule = rule(check, factor, minimumEndpoints, minimumVolume);
        return new OutlierPolicy(interval, successRate, failurePercentage, rule, floor);
    }

    /**
     * Sets how often the calls are compared.
     *
     * @param interval > 0, at most 365 days; default {@link #DEFAULT_INTERVAL}
     * @return a policy with these rules and that interval
     */
    public OutlierPolicy every(Duration interval) {
        Validation check = Validation.of("outliers");
        check.positive("interval", interval);
        check.require(interval.compareTo(Duration.ofDays(365)) <= 0, "interval", interval, "at most 365 days");
        check.throwIfInvalid();
        return new OutlierPolicy(interval, successRate, failurePercentage, latency, latencyFloor);
    }

    /**
     * Returns how often the calls are compared.
     *
     * @return above zero
     */
    public Duration interval() {
        return interval;
    }

    /**
     * Returns the rule for success rates.
     *
     * @return the rule, whose limit is a number of standard deviations; empty where there is none
     */
    public Optional<Rule> successRate() {
        return Optional.ofNullable(successRate);
    }

    /**
     * Returns the rule for failure percentages.
     *
     * @return the rule, whose limit is a percentage; empty where there is none
     */
    public Optional<Rule> failurePercentage() {
        return Optional.ofNullable(failurePercentage);
    }

    /**
     * Returns the rule for latencies.
     *
     * @return the rule, whose limit is a multiple of the median; empty where there is none
     */
    public Optional<Rule> latency() {
        return Optional.ofNullable(latency);
    }

    /**
     * Returns the latency up to which no endpoint is too slow.
     *
     * @return at least zero
     */
    public Duration latencyFloor() {
        return latencyFloor;
    }

    boolean isEmpty() {
        return successRate == null && failurePercentage == null && latency == null;
    }

    private static Rule rule(Validation check, double limit, int minimumEndpoints, int minimumVolume) {
        check.atLeast("minimumEndpoints", minimumEndpoints, 1);
        check.atLeast("minimumVolume", minimumVolume, 1);
        check.throwIfInvalid();
        return new Rule(limit, minimumEndpoints, minimumVolume);
    }

    @Override
    public String toString() {
        return "OutlierPolicy[interval=" + interval + ", successRate=" + successRate + ", failurePercentage="
                + failurePercentage + ", latency=" + latency + ", latencyFloor=" + latencyFloor + "]";
    }

    /**
     * One comparison.
     *
     * @param limit where an endpoint becomes an outlier
     * @param minimumEndpoints how many must have had the volume for the comparison to mean something
     * @param minimumVolume how many calls in an interval make an endpoint comparable
     */
    public record Rule(double limit, int minimumEndpoints, int minimumVolume) {}
}
