/** The cache's policies beside Caffeine's simulator, which needs JDK 25. */
@NullMarked
package dev.tenfold.benchmarks.simulator;

import org.jspecify.annotations.NullMarked;
