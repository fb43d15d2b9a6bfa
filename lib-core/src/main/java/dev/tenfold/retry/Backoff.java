package dev.tenfold.retry;

import dev.tenfold.error.Validation;
import java.time.Duration;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait before each attempt, and how many attempts there are. Immutable and thread-safe; a delay costs one
 * random number.
 *
 * <p>The delay before attempt <i>n</i> (the first retry is attempt 2) is {@code min(maximum, initial * 2^(n-2))}, of which
 * the jittered share is drawn evenly: with jitter 1 (the default) this is the "full jitter" of M. Brooker, "Exponential
 * Backoff and Jitter", AWS Architecture Blog, 2015.
 */
public final class Backoff {

    /** Attempts unless changed: the first and two retries. */
    public static final int DEFAULT_ATTEMPTS = 3;

    private final Duration initial;
    private final Duration maximum;
    private final int attempts;
    private final double jitter;

    private Backoff(Duration initial, Duration maximum, int attempts, double jitter) {
        Validation check = Validation.of("backoff");
        check.notNegative("initial", initial);
        check.require(maximum.compareTo(initial) >= 0, "maximum", maximum, ">= initial, which is " + initial);
        check.require(maximum.compareTo(Duration.ofDays(365)) <= 0, "maximum", maximum, "at most 365 days");
        check.atLeast("attempts", attempts, 1);
        check.between("jitter", jitter, 0, 1);
        check.throwIfInvalid();
        this.initial = initial;
        this.maximum = maximum;
        this.attempts = attempts;
        this.jitter = jitter;
    }

    /**
     * Doubles the delay with each attempt.
     *
     * @param initial the delay before the first retry, >= 0
     * @param maximum the longest delay, >= {@code initial}, at most 365 days
     * @return a backoff of {@value #DEFAULT_ATTEMPTS} attempts with full jitter
     */
    public static Backoff exponential(Duration initial, Duration maximum) {
        return new Backoff(initial, maximum, DEFAULT_ATTEMPTS, 1);
    }

    /**
     * Waits equally long before each retry.
     *
     * @param delay the delay, >= 0
     * @return a backoff of {@value #DEFAULT_ATTEMPTS} attempts without jitter
     */
    public static Backoff fixed(Duration delay) {
        return new Backoff(delay, delay, DEFAULT_ATTEMPTS, 0);
    }

    /**
     * Never retries.
     *
     * @return a backoff of one attempt
     */
    public static Backoff none() {
        return new Backoff(Duration.ZERO, Duration.ZERO, 1, 0);
    }

    /**
     * Sets how many attempts there are, the first included.
     *
     * @param attempts >= 1
     * @return a copy
     */
    public Backoff attempts(int attempts) {
        return new Backoff(initial, maximum, attempts, jitter);
    }

    /**
     * Sets which share of each delay is drawn by chance.
     *
     * @param jitter 0 (exactly the delay) to 1 (evenly from nothing to the delay)
     * @return a copy
     */
    public Backoff jitter(double jitter) {
        return new Backoff(initial, maximum, attempts, jitter);
    }

    /**
     * Returns how many attempts there are.
     *
     * @return at least 1, the first included
     */
    public int attempts() {
        return attempts;
    }

    /**
     * Returns the delay before the first retry.
     *
     * @return at most {@link #maximum()}
     */
    public Duration initial() {
        return initial;
    }

    /**
     * Returns which share of each delay is drawn by chance.
     *
     * @return 0 to 1
     */
    public double jitter() {
        return jitter;
    }

    /**
     * Returns the longest delay.
     *
     * @return zero where every attempt follows at once
     */
    public Duration maximum() {
        return maximum;
    }

    /**
     * Says whether another attempt is allowed.
     *
     * @param attemptsMade how many were made, from 1
     * @return whether fewer than {@link #attempts()} were
     */
    public boolean allowsAfter(int attemptsMade) {
        return attemptsMade < attempts;
    }

    /**
     * Returns the delay before the next attempt.
     *
     * @param attemptsMade how many were made, from 1
     * @param random draws the jitter
     * @return between {@code (1 - jitter)} and 1 times the delay of the schedule
     */
    public Duration delayAfter(int attemptsMade, RandomGenerator random) {
        if (attemptsMade < 1) {
            throw new IllegalArgumentException("attemptsMade: " + attemptsMade + " (expected: >= 1)");
        }
        long cap = maximum.toNanos();
        long base = initial.toNanos();
        int doublings = attemptsMade - 1;
        // A shift that would pass the cap (or overflow) is the cap.
        boolean capped = base > 0 && (doublings >= 63 || base > (cap >> doublings));
        long delay = capped ? cap : base << doublings;
        // A delay of more than 104 days is rounded on its way to double, possibly up.
        return Duration.ofNanos(
                jitter == 0 ? delay : Math.min(delay, (long) (delay * (1 - jitter * random.nextDouble()))));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Backoff that
                && initial.equals(that.initial)
                && maximum.equals(that.maximum)
                && attempts == that.attempts
                && Double.compare(jitter, that.jitter) == 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(initial, maximum, attempts, jitter);
    }

    @Override
    public String toString() {
        return "Backoff[initial=" + initial + ", maximum=" + maximum + ", attempts=" + attempts + ", jitter=" + jitter
                + "]";
    }
}
