package dev.tenfold.benchmarks.simulation;

/**
 * What a client's policy may use besides what its own calls tell.
 *
 * @param time the clock, and what is due later
 * @param probeRoundTripNanos how long a probe takes there and back
 */
record Client(VirtualTime time, long probeRoundTripNanos) {}
