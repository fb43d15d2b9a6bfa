/** The contract suites of sharding, published in the test jar for those who implement one of its interfaces. */
@NullMarked
package dev.tenfold.sharding.testing;

import org.jspecify.annotations.NullMarked;
