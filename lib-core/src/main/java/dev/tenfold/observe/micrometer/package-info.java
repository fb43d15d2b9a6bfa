/**
 * Tenfold's events and measurements in Micrometer. Needs {@code io.micrometer:micrometer-core}, which this artifact
 * declares as optional.
 */
@NullMarked
package dev.tenfold.observe.micrometer;

import org.jspecify.annotations.NullMarked;
