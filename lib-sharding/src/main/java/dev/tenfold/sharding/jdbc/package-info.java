/** Shards that are databases: the guard that every write passes, and the store that moves rows between them. */
@NullMarked
package dev.tenfold.sharding.jdbc;

import org.jspecify.annotations.NullMarked;
