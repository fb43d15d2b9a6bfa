/** What tests of replication, here and in other modules, run against: a real PostgreSQL cluster from Maven artifacts. */
@NullMarked
package dev.tenfold.replication.testing;

import org.jspecify.annotations.NullMarked;
