package dev.tenfold.health;

import dev.tenfold.error.Validation;
import java.time.Duration;

/**
 * How often each endpoint of a group is checked. Immutable and thread-safe.
 *
 * <p>The first check of each endpoint comes at a random moment within the first interval, and each that follows after a pause of
 * {@code interval * (1 - jitter)} to {@code interval * (1 + jitter)}, counted from the end of the one before. So neither the
 * checks of one process on many endpoints nor those of many processes on one endpoint fall together.
 */
public final class CheckSchedule {

    /** Which part of the interval is drawn unless changed: a tenth. */
    public static final double DEFAULT_JITTER = 0.1;

    /** How many checks run at once unless changed. */
    public static final int DEFAULT_CONCURRENCY = 16;

    private static final Duration LONGEST_DEFAULT_TIMEOUT = Duration.ofSeconds(2);

    private final Duration interval;
    private final Duration timeout;
    private final double jitter;
    private final int concurrency;

    private CheckSchedule(Duration interval, Duration timeout, double jitter, int concurrency) {
        Duration year = Duration.ofDays(365);
        Validation check = Validation.of("check schedule");
        check.positive("interval", interval);
        check.require(interval.compareTo(year) <= 0, "interval", interval, "at most 365 days");
        check.positive("timeout", timeout);
        check.require(timeout.compareTo(year) <= 0, "timeout", timeout, "at most 365 days");
        check.between("jitter", jitter, 0, 1);
        check.atLeast("concurrency", concurrency, 1);
        check.throwIfInvalid();
        this.interval = interval;
        this.timeout = timeout;
        this.jitter = jitter;
        this.concurrency = concurrency;
    }

    /**
     * Makes a schedule.
     *
     * @param interval the mean pause between two checks of an endpoint, > 0, at most 365 days
     * @return a schedule with a timeout of {@code interval}, at most 2 s
     */
    public static CheckSchedule every(Duration interval) {
        Duration timeout = interval.compareTo(LONGEST_DEFAULT_TIMEOUT) < 0 ? interval : LONGEST_DEFAULT_TIMEOUT;
        return new CheckSchedule(interval, timeout, DEFAULT_JITTER, DEFAULT_CONCURRENCY);
    }

    /**
     * Sets when a check that has not answered has failed.
     *
     * @param timeout > 0, at most 365 days
     * @return a schedule with this timeout
     */
    public CheckSchedule timeout(Duration timeout) {
        return new CheckSchedule(interval, timeout, jitter, concurrency);
    }

    /**
     * Sets which part of the interval is drawn for each pause.
     *
     * @param jitter 0 to 1; default {@value #DEFAULT_JITTER}
     * @return a schedule with this jitter
     */
    public CheckSchedule jitter(double jitter) {
        return new CheckSchedule(interval, timeout, jitter, concurrency);
    }

    /**
     * Sets how many checks of the group run at once; others that are due wait their turn.
     *
     * @param concurrency >= 1; default {@value #DEFAULT_CONCURRENCY}
     * @return a schedule with this limit
     */
    public CheckSchedule concurrency(int concurrency) {
        return new CheckSchedule(interval, timeout, jitter, concurrency);
    }

    /**
     * Returns the mean pause between two checks of an endpoint.
     *
     * @return above zero
     */
    public Duration interval() {
        return interval;
    }

    /**
     * Returns how long a check may take.
     *
     * @return above zero
     */
    public Duration timeout() {
        return timeout;
    }

    /**
     * Returns which part of the interval is drawn.
     *
     * @return 0 to 1
     */
    public double jitter() {
        return jitter;
    }

    /**
     * Returns how many checks run at once.
     *
     * @return at least 1
     */
    public int concurrency() {
        return concurrency;
    }

    @Override
    public String toString() {
        return "CheckSchedule[interval=" + interval + ", timeout=" + timeout + ", jitter=" + jitter + ", concurrency="
                + concurrency + "]";
    }
}
