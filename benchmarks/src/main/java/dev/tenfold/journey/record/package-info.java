/** What is measured while a stage plays, in bounded memory: slices of latency, marks of what happened, curves and shares. */
@NullMarked
package dev.tenfold.journey.record;

import org.jspecify.annotations.NullMarked;
