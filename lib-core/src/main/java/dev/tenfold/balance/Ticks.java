package dev.tenfold.balance;

import dev.tenfold.time.TimeSource;
import java.util.concurrent.TimeUnit;

/**
 * The coarse clock of one balancer, in ticks of 2^20 ns (about a millisecond), so that a pick can weigh how old a measurement is
 * without reading the real clock, which would cost more than the pick.
 *
 * <p>Whoever reads the real clock moves it: every report of a latency does. It therefore stands still while nothing is reported;
 * then there is nothing to age either, save by the wait for the next report.
 *
 * <p><b>Invariant:</b> {@code last} is a tick that some thread has read off the real clock; two writers may step it back by what
 * lay between their readings, which readers take for no age. <b>Writers:</b> any thread, at most once a tick each. <b>Readers:</b>
 * any thread; the line is shared by all and stays clean between ticks.
 */
final class Ticks {

    /** Nanoseconds of a tick, as a power of two. A tick count of 32 bits wraps after 52 days. */
    private static final int SHIFT = 20;

    private final TimeSource time;
    private volatile int last;

    Ticks(TimeSource time) {
        this.time = time;
        this.last = of(time.nanoTime());
    }

    private static int of(long nanoTime) {
        return (int) (nanoTime >>> SHIFT);
    }

    /** How many ticks a time lasts, with fractions. */
    static double of(long amount, TimeUnit unit) {
        return unit.toNanos(amount) / (double) (1 << SHIFT);
    }

    /** The latest tick that was read off the real clock. */
    int last() {
        return last;
    }

    /** The tick of a reading of the real clock. */
    int at(long nanoTime) {
        int tick = of(nanoTime);
        if (tick - last > 0) {
            last = tick;
        }
        return tick;
    }

    /** The tick of now. */
    int read() {
        return at(time.nanoTime());
    }

    /** The real clock. */
    long nanoTime() {
        return time.nanoTime();
    }
}
