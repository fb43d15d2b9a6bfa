package dev.tenfold.time;

import java.time.Duration;

/**
 * The moment by which a call must have ended. A call carries one deadline through all its stages, and each stage spends
 * from it, so that waits add up to what the caller allowed and no more.
 *
 * <p>Immutable and thread-safe; reading it costs one reading of the time source.
 */
public final class Deadline {

    private static final Deadline NONE = new Deadline(TimeSource.system(), 0, Long.MAX_VALUE);

    private final TimeSource time;
    private final long start;
    private final long budget;

    private Deadline(TimeSource time, long start, long budget) {
        this.time = time;
        this.start = start;
        this.budget = budget;
    }

    /**
     * Starts a deadline now.
     *
     * @param budget how long the call may take; zero or negative is already expired; longer than 292 years means none
     * @param time the clock to measure with
     * @return a deadline that expires when {@code budget} has passed on {@code time}
     */
    public static Deadline after(Duration budget, TimeSource time) {
        long nanos;
        try {
            nanos = budget.toNanos();
        } catch (ArithmeticException tooLong) {
            return budget.isNegative() ? new Deadline(time, time.nanoTime(), 0) : NONE;
        }
        // Not below zero: what is left is a difference, and one from the least long would come out positive.
        return new Deadline(time, time.nanoTime(), Math.max(0, nanos));
    }

    /**
     * Returns the deadline that never expires.
     *
     * @return the unlimited deadline
     */
    public static Deadline none() {
        return NONE;
    }

    /**
     * Says whether this deadline ever expires.
     *
     * @return false for {@link #none()}
     */
    public boolean isLimited() {
        return budget != Long.MAX_VALUE;
    }

    /**
     * Returns the time the call was given at the start.
     *
     * @return the whole budget
     */
    public Duration budget() {
        return Duration.ofNanos(budget);
    }

    /**
     * Returns what is left to spend.
     *
     * @return nanoseconds left, zero when expired, {@link Long#MAX_VALUE} when unlimited
     */
    public long remainingNanos() {
        if (budget == Long.MAX_VALUE) {
            return Long.MAX_VALUE;
        }
        long left = budget - (time.nanoTime() - start);
        return Math.max(0, left);
    }

    /**
     * Returns what is left to spend.
     *
     * @return the time left, zero when expired
     */
    public Duration remaining() {
        return Duration.ofNanos(remainingNanos());
    }

    /**
     * Says whether the time is up.
     *
     * @return true once nothing is left
     */
    public boolean isExpired() {
        return remainingNanos() == 0;
    }

    @Override
    public String toString() {
        return isLimited() ? "Deadline[" + remaining() + " of " + budget() + " left]" : "Deadline[none]";
    }
}
