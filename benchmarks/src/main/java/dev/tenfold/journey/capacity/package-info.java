/** What the measured costs come to for a million users, on paper. */
@NullMarked
package dev.tenfold.journey.capacity;

import org.jspecify.annotations.NullMarked;
