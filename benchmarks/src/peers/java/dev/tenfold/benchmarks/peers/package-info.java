/**
 * The balancers, data sources and brokers of other libraries, each called as closely as it can be called alone, beside
 * Tenfold's. They bring some 300 jars along, so they are compiled and run only in the profile {@code peers}.
 */
@NullMarked
package dev.tenfold.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
