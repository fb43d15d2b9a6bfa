/**
 * What can go wrong, as types a caller can tell apart, and the collector that lets a builder report every problem at
 * once. Messages have one shape, {@code name: value (expected: rule)}, and end with the way out where there is one.
 *
 * @serial exclude
 */
@NullMarked
package dev.tenfold.error;

import org.jspecify.annotations.NullMarked;
