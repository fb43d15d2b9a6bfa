/**
 * How a component tells people what it does: one {@link dev.tenfold.observe.Event} type handed to one {@link
 * dev.tenfold.observe.Observer} for every change of state, and {@link dev.tenfold.observe.Measurement}s read from
 * counters for everything that happens too often to be an event.
 */
@NullMarked
package dev.tenfold.observe;

import org.jspecify.annotations.NullMarked;
