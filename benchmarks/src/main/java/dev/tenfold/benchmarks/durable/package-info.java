/** What durable confirms cost, beside what the disk does alone. */
@NullMarked
package dev.tenfold.benchmarks.durable;

import org.jspecify.annotations.NullMarked;
