package dev.tenfold.health;

import dev.tenfold.error.Validation;
import java.time.Duration;

/**
 * When an endpoint is taken out, for how long, and how it comes back. Immutable and thread-safe.
 *
 * <pre>{@code
 * HealthPolicy policy = HealthPolicy.builder()
 *         .consecutiveFailures(3)
 *         .ejectionTime(Duration.ofSeconds(10), Duration.ofMinutes(2))
 *         .slowStart(Duration.ofSeconds(30))
 *         .build();
 * }</pre>
 */
public final class HealthPolicy {

    private static final HealthPolicy DEFAULTS = builder().build();

    /** A copy that nobody changes. */
    private final Builder values;

    private HealthPolicy(Builder from) {
        values = new Builder(from);
    }

    /**
     * Returns the policy with every default.
     *
     * @return 5 failures in a row eject for 10 s, doubling to 5 min; at most half are ejected, never the last
     */
    public static HealthPolicy defaults() {
        return DEFAULTS;
    }

    /**
     * Starts from the defaults.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts from this policy.
     *
     * @return a builder with these values
     */
    public Builder toBuilder() {
        return new Builder(values);
    }

    /**
     * Returns how many failures in a row eject.
     *
     * @return 0 where failures never eject
     */
    public int consecutiveFailures() {
        return values.consecutiveFailures;
    }

    /**
     * Returns how long the first ejection lasts.
     *
     * @return above zero
     */
    public Duration ejectionTime() {
        return values.ejectionTime;
    }

    /**
     * Returns how long an ejection lasts at most.
     *
     * @return at least {@link #ejectionTime()}
     */
    public Duration maximumEjectionTime() {
        return values.maximumEjectionTime;
    }

    /**
     * Returns which share of a group may be ejected at once.
     *
     * @return 0 to 1
     */
    public double maximumEjectedShare() {
        return values.maximumEjectedShare;
    }

    /**
     * Says whether the last endpoint that takes calls may be ejected.
     *
     * @return false unless asked for
     */
    public boolean ejectsLast() {
        return values.ejectsLast;
    }

    /**
     * Returns how many successes in a row end the probation.
     *
     * @return at least 1
     */
    public int probationSuccesses() {
        return values.probationSuccesses;
    }

    /**
     * Returns how long a new endpoint takes to reach its full share.
     *
     * @return zero where there is no slow start
     */
    public Duration slowStart() {
        return values.slowStart;
    }

    /**
     * Returns how the share grows during the slow start.
     *
     * @return above 0; 1 grows evenly
     */
    public double aggression() {
        return values.aggression;
    }

    /**
     * Returns the share at the beginning of the slow start and during probation.
     *
     * @return above 0, at most 1
     */
    public double minimumShare() {
        return values.minimumShare;
    }

    /**
     * Returns how many passed checks in a row bring an endpoint up.
     *
     * @return at least 1
     */
    public int rise() {
        return values.rise;
    }

    /**
     * Returns how many failed checks in a row take an endpoint down.
     *
     * @return at least 1
     */
    public int fall() {
        return values.fall;
    }

    /**
     * Says whether a new endpoint takes no calls before its first checks have passed.
     *
     * @return false unless asked for
     */
    public boolean startsProbing() {
        return values.startsProbing;
    }

    /**
     * Says whether an ejected endpoint comes back only once checks have passed.
     *
     * @return false unless asked for
     */
    public boolean returnsByChecks() {
        return values.returnsByChecks;
    }

    /**
     * Returns when an endpoint is ejected because it does worse than the others.
     *
     * @return {@link OutlierPolicy#none()} unless asked for
     */
    public OutlierPolicy outliers() {
        return values.outliers;
    }

    @Override
    public String toString() {
        return "HealthPolicy" + values;
    }

    /** Collects the values of a policy. Not thread-safe. */
    public static final class Builder {

        private int consecutiveFailures = 5;
        private Duration ejectionTime = Duration.ofSeconds(10);
        private Duration maximumEjectionTime = Duration.ofMinutes(5);
        private double maximumEjectedShare = 0.5;
        private boolean ejectsLast;
        private int probationSuccesses = 3;
        private Duration slowStart = Duration.ZERO;
        private double aggression = 1;
        private double minimumShare = 0.1;
        private int rise = 2;
        private int fall = 3;
        private boolean startsProbing;
        private boolean returnsByChecks;
        private OutlierPolicy outliers = OutlierPolicy.none();

        private Builder() {}

        private Builder(Builder from) {
            consecutiveFailures = from.consecutiveFailures;
            ejectionTime = from.ejectionTime;
            maximumEjectionTime = from.maximumEjectionTime;
            maximumEjectedShare = from.maximumEjectedShare;
            ejectsLast = from.ejectsLast;
            probationSuccesses = from.probationSuccesses;
            slowStart = from.slowStart;
            aggression = from.aggression;
            minimumShare = from.minimumShare;
            rise = from.rise;
            fall = from.fall;
            startsProbing = from.startsProbing;
            returnsByChecks = from.returnsByChecks;
            outliers = from.outliers;
        }

        /**
         * Sets how many failures in a row eject. A failure is an outcome that {@linkplain
         * dev.tenfold.topology.Outcome#countsAgainstEndpoint counts against} the endpoint.
         *
         * @param count >= 0; 0 never ejects; default 5
         * @return this builder
         */
        public Builder consecutiveFailures(int count) {
            consecutiveFailures = count;
            return this;
        }

        /**
         * Sets how long an ejection lasts. It doubles with each that follows, until the endpoint has been healthy for
         * {@code maximum}.
         *
         * @param first the first time, > 0; default 10 s
         * @param maximum the longest, >= {@code first}, at most 365 days; default 5 min
         * @return this builder
         */
        public Builder ejectionTime(Duration first, Duration maximum) {
            ejectionTime = first;
            maximumEjectionTime = maximum;
            return this;
        }

        /**
         * Sets which share of a group may be ejected at once, the ejection in question included.
         *
         * @param share 0 to 1; default 0.5
         * @return this builder
         */
        public Builder maximumEjectedShare(double share) {
            maximumEjectedShare = share;
            return this;
        }

        /**
         * Allows ejecting even the last endpoint that takes calls, as where another pool stands in.
         *
         * @param allowed default false
         * @return this builder
         */
        public Builder ejectsLast(boolean allowed) {
            ejectsLast = allowed;
            return this;
        }

        /**
         * Sets how many successes in a row end the probation after an ejection.
         *
         * @param count >= 1; default 3
         * @return this builder
         */
        public Builder probationSuccesses(int count) {
            probationSuccesses = count;
            return this;
        }

        /**
         * Sets how long the share of an endpoint that is new or back grows from {@link #minimumShare} to the whole.
         *
         * @param window >= 0, at most 365 days; default 0, no slow start
         * @return this builder
         */
        public Builder slowStart(Duration window) {
            slowStart = window;
            return this;
        }

        /**
         * Sets how the share grows during the slow start: {@code (t / window)^(1 / aggression)} of the whole.
         *
         * @param aggression 0.01 to 100; above 1 grows fast first, below 1 slowly; default 1, evenly
         * @return this builder
         */
        public Builder aggression(double aggression) {
            this.aggression = aggression;
            return this;
        }

        /**
         * Sets the share during probation and at the beginning of the slow start.
         *
         * @param share above 0, at most 1; default 0.1
         * @return this builder
         */
        public Builder minimumShare(double share) {
            minimumShare = share;
            return this;
        }

        /**
         * Sets how many checks in a row decide.
         *
         * @param rise passed checks that bring an endpoint up, >= 1; default 2
         * @param fall failed checks that take it down, >= 1; default 3
         * @return this builder
         */
        public Builder checks(int rise, int fall) {
            this.rise = rise;
            this.fall = fall;
            return this;
        }

        /**
         * Keeps calls from a new endpoint until its first checks have passed. Only for groups whose checks are reported:
         * without them it would wait for ever.
         *
         * @param probing default false
         * @return this builder
         */
        public Builder startsProbing(boolean probing) {
            startsProbing = probing;
            return this;
        }

        /**
         * Lets an ejected endpoint come back only once its time is over <em>and</em> {@code rise} checks in a row have passed
         * since, so that no call is spent on finding out that it is still dead. Only for groups whose checks are reported;
         * a balancer with a health check sets it by itself.
         *
         * @param byChecks default false
         * @return this builder
         */
        public Builder returnsByChecks(boolean byChecks) {
            returnsByChecks = byChecks;
            return this;
        }

        /**
         * Sets when an endpoint is ejected because it does worse than the others.
         *
         * @param outliers default {@link OutlierPolicy#none()}
         * @return this builder
         */
        public Builder outliers(OutlierPolicy outliers) {
            this.outliers = outliers;
            return this;
        }

        /**
         * Builds the policy.
         *
         * @return an immutable policy
         * @throws dev.tenfold.error.InvalidConfigurationException if a value is out of its range
         */
        public HealthPolicy build() {
            Duration year = Duration.ofDays(365);
            Validation check = Validation.of("health policy");
            check.atLeast("consecutiveFailures", consecutiveFailures, 0);
            check.positive("ejectionTime", ejectionTime);
            check.require(
                    maximumEjectionTime.compareTo(ejectionTime) >= 0 && maximumEjectionTime.compareTo(year) <= 0,
                    "maximumEjectionTime",
                    maximumEjectionTime,
                    ">= ejectionTime, which is " + ejectionTime + ", and at most 365 days");
            check.between("maximumEjectedShare", maximumEjectedShare, 0, 1);
            check.atLeast("probationSuccesses", probationSuccesses, 1);
            check.require(
                    !slowStart.isNegative() && slowStart.compareTo(year) <= 0, "slowStart", slowStart, "0 to 365 days");
            check.between("aggression", aggression, 0.01, 100);
            check.require(minimumShare > 0 && minimumShare <= 1, "minimumShare", minimumShare, "above 0, at most 1");
            check.atLeast("rise", rise, 1);
            check.atLeast("fall", fall, 1);
            check.throwIfInvalid();
            return new HealthPolicy(this);
        }

        @Override
        public String toString() {
            return "[consecutiveFailures=" + consecutiveFailures + ", ejectionTime=" + ejectionTime
                    + ", maximumEjectionTime=" + maximumEjectionTime + ", maximumEjectedShare=" + maximumEjectedShare
                    + ", ejectsLast=" + ejectsLast + ", probationSuccesses=" + probationSuccesses + ", slowStart="
                    + slowStart + ", aggression=" + aggression + ", minimumShare=" + minimumShare + ", rise=" + rise
                    + ", fall=" + fall + ", startsProbing=" + startsProbing + ", returnsByChecks=" + returnsByChecks
                    + ", outliers=" + outliers + "]";
        }
    }
}
