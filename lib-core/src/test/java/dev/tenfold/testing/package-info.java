/**
 * What tests of every module share, published in the test jar: simulated time, real servers and the way to them, and, for those
 * who implement one of Tenfold's interfaces, the contract suites their implementation must pass.
 */
@NullMarked
package dev.tenfold.testing;

import org.jspecify.annotations.NullMarked;
