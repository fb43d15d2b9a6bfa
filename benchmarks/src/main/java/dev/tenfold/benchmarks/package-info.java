/**
 * One benchmark per hot path, each beside the libraries a user would otherwise take, in one run. {@link
 * dev.tenfold.benchmarks.BenchmarkRun} runs them and keeps the figures.
 */
@NullMarked
package dev.tenfold.benchmarks;

import org.jspecify.annotations.NullMarked;
