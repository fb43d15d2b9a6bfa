/** What the journey runs on: server processes, PostgreSQL and Redis on this machine, all of which end with it. */
@NullMarked
package dev.tenfold.journey.env;

import org.jspecify.annotations.NullMarked;
