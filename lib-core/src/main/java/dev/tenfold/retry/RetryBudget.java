package dev.tenfold.retry;

import dev.tenfold.error.Validation;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds retries as a share of the calls that succeed, so that retries cannot multiply the load of a pool in trouble.
 *
 * <p>A bucket of tokens, full at the start: a retry takes one before it waits, so retries still waiting count, and a success
 * puts {@code ratio} back. Over any time, retries are at most {@code reserve + ratio * successes}. After the scheme of
 * Finagle's {@code RetryBudget} (a deposit per call, a withdrawal per retry) without its clock.
 *
 * <p>Thread-safe and lock-free; {@link #deposit} on a full bucket is one volatile read, so a healthy pool shares no write.
 */
public final class RetryBudget {

    /** Retries per success unless set otherwise. */
    public static final double DEFAULT_RATIO = 0.2;

    /** Retries without any success unless set otherwise. */
    public static final int DEFAULT_RESERVE = 100;

    /** Tokens are counted in thousandths. */
    private static final long TOKEN = 1_000;

    private final double ratio;
    private final int reserve;
    private final long full;
    private final long refill;
    private final AtomicLong level;

    private RetryBudget(double ratio, int reserve) {
        Validation check = Validation.of("retry budget");
        check.between("ratio", ratio, 0, 10);
        check.require(reserve >= 0 && reserve <= 1_000_000_000, "reserve", reserve, "0 to 1000000000");
        check.throwIfInvalid();
        this.ratio = ratio;
        this.reserve = reserve;
        full = reserve * TOKEN;
        refill = Math.round(ratio * TOKEN);
        level = new AtomicLong(full);
    }

    /**
     * Makes a budget.
     *
     * @param ratio retries allowed per success, 0 to 10, counted in thousandths
     * @param reserve retries allowed before any success, >= 0; also the most that successes can save up
     * @return a full budget
     */
    public static RetryBudget of(double ratio, int reserve) {
        return new RetryBudget(ratio, reserve);
    }

    /**
     * Makes the default budget.
     *
     * @return {@value #DEFAULT_RATIO} retries per success, {@value #DEFAULT_RESERVE} in reserve
     */
    public static RetryBudget standard() {
        return of(DEFAULT_RATIO, DEFAULT_RESERVE);
    }

    /** Notes a success. */
    public void deposit() {
        long now = level.get();
        while (now < full && !level.compareAndSet(now, Math.min(full, now + refill))) {
            now = level.get();
        }
    }

    /**
     * Asks for a retry, before any wait for it.
     *
     * @return whether it may be made
     */
    public boolean tryWithdraw() {
        long now = level.get();
        while (now >= TOKEN) {
            if (level.compareAndSet(now, now - TOKEN)) {
                return true;
            }
            now = level.get();
        }
        return false;
    }

    /**
     * Returns how many retries are allowed now.
     *
     * @return whole retries, at least 0
     */
    public long available() {
        return level.get() / TOKEN;
    }

    /**
     * Returns how many retries a success allows.
     *
     * @return the ratio given
     */
    public double ratio() {
        return ratio;
    }

    /**
     * Returns how many retries are allowed without a success.
     *
     * @return the reserve given
     */
    public int reserve() {
        return reserve;
    }

    @Override
    public String toString() {
        return "RetryBudget[ratio=" + ratio + ", reserve=" + reserve + ", available=" + available() + "]";
    }
}
