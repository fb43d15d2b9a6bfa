/**
 * A discrete-event simulation of clients that balance their calls over servers with the library's own balancers: seeded, open
 * loop, in virtual time. It reproduces published results and compares policies where no real test could be repeated.
 */
@NullMarked
package dev.tenfold.benchmarks.simulation;

import org.jspecify.annotations.NullMarked;
