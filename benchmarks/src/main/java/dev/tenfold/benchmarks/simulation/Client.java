package dev.tenfold.benchmarks.simulation;

/**
 * Whose policy it is.
 *
 * @param number from 0 on
 * @param clients how many there are
 */
record Client(int number, int clients) {}
