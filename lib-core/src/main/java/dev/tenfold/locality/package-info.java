/** Routing between data centres: the nearest healthy region for a client, and the others while it is gone. */
@NullMarked
package dev.tenfold.locality;

import org.jspecify.annotations.NullMarked;
