/**
 * The users: an open-loop load, latencies free of coordinated omission, and a ledger of what the application
 * acknowledged, to be looked up afterwards.
 */
@NullMarked
package dev.tenfold.journey.load;

import org.jspecify.annotations.NullMarked;
