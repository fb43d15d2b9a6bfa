package dev.tenfold.time;

import java.time.Instant;

/**
 * The two clocks a component may read: a monotonic one for measuring and a wall clock for telling people.
 *
 * <p>Implementations are thread-safe. {@link #system()} costs what {@link System#nanoTime()} costs (20 to 30 ns on
 * common hardware) and allocates only in {@link #now()}. A test passes a simulated source and moves it by hand.
 */
public interface TimeSource {

    /**
     * Returns the monotonic clock in nanoseconds.
     *
     * <p>Only differences between two readings of one source mean anything; compare them as {@code b - a < 0}, never
     * {@code b < a}, because the value may wrap.
     *
     * @return nanoseconds since an arbitrary origin, possibly negative
     */
    long nanoTime();

    /**
     * Returns the wall clock. It may jump, so it dates events and never measures a duration.
     *
     * @return the current instant
     */
    Instant now();

    /**
     * Returns the machine's own clocks.
     *
     * @return the shared system time source
     */
    static TimeSource system() {
        return SystemTimeSource.INSTANCE;
    }
}
