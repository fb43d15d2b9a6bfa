/**
 * Who is there, and which of them a request goes to: endpoints with their place in the world, the versioned snapshot
 * that holds them, and the selection that is used and then reported.
 */
@NullMarked
package dev.tenfold.topology;

import org.jspecify.annotations.NullMarked;
