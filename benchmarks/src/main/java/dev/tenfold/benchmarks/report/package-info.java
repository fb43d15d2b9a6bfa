/** Turns JMH's raw results into the table and the chart that the documentation quotes. */
@NullMarked
package dev.tenfold.benchmarks.report;

import org.jspecify.annotations.NullMarked;
