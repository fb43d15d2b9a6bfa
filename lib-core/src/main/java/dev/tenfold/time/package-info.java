/**
 * Time and chance as parameters: the clocks, the scheduler, the deadline and the source of chance that every Tenfold
 * class takes from its builder. No other package reads a clock, sleeps, starts a thread or draws a random number, which
 * is what lets a simulation drive the whole library deterministically.
 */
@NullMarked
package dev.tenfold.time;

import org.jspecify.annotations.NullMarked;
