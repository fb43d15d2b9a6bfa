/**
 * The journey: one small real application on its way from one server to many, under load and with its parts failing.
 * Run it with {@code mvn -q -Pjourney verify}.
 */
@NullMarked
package dev.tenfold.journey;

import org.jspecify.annotations.NullMarked;
