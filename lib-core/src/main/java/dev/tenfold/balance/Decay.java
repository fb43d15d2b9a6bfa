package dev.tenfold.balance;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Tells what a measurement of some age is still worth: {@code exp(-age / time)}, from a table and one linear step between its
 * entries, within 0.02 % of the true value. Immutable.
 */
final class Decay {

    /** What is left of a measurement however old it is: as good as nothing, yet never zero, so that weights may be divided. */
    static final double NOTHING = 1e-9;

    /** As long as a person would call recent; Finagle's default, too. */
    static final Decay STANDARD = new Decay(Duration.ofSeconds(10));

    private static final int STEPS = 64;
    private static final int LENGTHS = 20;

    private final double perTick;
    private final double[] table = new double[STEPS * LENGTHS];

    Decay(Duration time) {
        this.perTick = STEPS / Ticks.of(time.toNanos(), TimeUnit.NANOSECONDS);
        for (int i = 0; i < table.length; i++) {
            table[i] = Math.exp(-(double) i / STEPS);
        }
    }

    /** What is left after some ticks; all of it where the age is not positive. */
    double after(int ticks) {
        if (ticks <= 0) {
            return 1;
        }
        double steps = ticks * perTick;
        if (steps >= table.length) {
            return NOTHING;
        }
        int whole = (int) steps;
        return table[whole] * (1 - (steps - whole) / STEPS);
    }

    /** The time itself, in ticks. */
    int ticks() {
        return (int) (STEPS / perTick);
    }
}
