package dev.tenfold.journey.stage;

import java.time.Duration;

/**
 * How hard and how long a stage is driven.
 *
 * @param rate requests per second
 * @param length of the load in each stage
 * @param people how many users there are
 * @param seed decides who does what
 * @param live whether a visitor decides what is broken, and when
 */
public record Pace(double rate, Duration length, int people, long seed, boolean live) {

    /** From here on there is all the load that two cores carry. */
    private static final int FULL = 3;

    private static final double TENFOLD = 10;
    private static final double LEAST_RATE = 5;
    private static final int LEAST_PEOPLE = 10;

    /**
     * Returns the pace of one stage on the way to this one: users and requests are tenfold of the stage before, up to the
     * third, which has all of them.
     *
     * @param number the stage's
     * @return never below 10 users and 5 requests a second, unless this is
     */
    public Pace at(int number) {
        double share = Math.pow(TENFOLD, Math.min(0, number - FULL));
        return new Pace(
                Math.min(rate, Math.max(LEAST_RATE, rate * share)),
                length,
                (int) Math.min(people, Math.max(LEAST_PEOPLE, people * share)),
                seed,
                live);
    }
}
