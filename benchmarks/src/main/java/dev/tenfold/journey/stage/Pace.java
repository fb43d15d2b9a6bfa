package dev.tenfold.journey.stage;

import java.time.Duration;

/**
 * How hard and how long each stage is driven.
 *
 * @param rate requests per second
 * @param length of the load in each stage
 * @param people how many users there are
 * @param seed decides who does what
 */
public record Pace(double rate, Duration length, int people, long seed) {}
