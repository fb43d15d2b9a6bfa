/** The hit rates of the cache's policies on recorded traces. */
@NullMarked
package dev.tenfold.benchmarks.hitrates;

import org.jspecify.annotations.NullMarked;
