/** What a balancer does with real servers that fail: programs, not microbenchmarks. */
@NullMarked
package dev.tenfold.benchmarks.balance;

import org.jspecify.annotations.NullMarked;
