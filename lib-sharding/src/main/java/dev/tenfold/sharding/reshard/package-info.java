/**
 * Moves slots between shards that hold data, while writers write. A {@link dev.tenfold.sharding.reshard.Resharder} carries a plan
 * out over {@link dev.tenfold.sharding.reshard.ShardStore stores} that record, copy, compare, fence and open slots; a {@link
 * dev.tenfold.sharding.reshard.Reshard} is the plan under way, to be watched, paused, aborted, rolled back and taken over; and a
 * {@link dev.tenfold.sharding.reshard.MemoryShardStore} lets an application test all of it without a database.
 */
@NullMarked
package dev.tenfold.sharding.reshard;

import org.jspecify.annotations.NullMarked;
