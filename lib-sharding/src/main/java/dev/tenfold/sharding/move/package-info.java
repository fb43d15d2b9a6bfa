/**
 * Moves slots between shards that hold data, while writers write. A {@link dev.tenfold.sharding.move.Resharder} carries a plan
 * out over {@link dev.tenfold.sharding.move.ShardStore stores} that record, copy, compare, fence and open slots; a {@link
 * dev.tenfold.sharding.move.Reshard} is the plan under way, to be watched, paused, aborted, rolled back and taken over; and a
 * {@link dev.tenfold.sharding.move.MemoryShardStore} lets an application test all of it without a database.
 */
@NullMarked
package dev.tenfold.sharding.move;

import org.jspecify.annotations.NullMarked;
