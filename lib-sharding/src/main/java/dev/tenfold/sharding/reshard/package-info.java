/**
 * Moves slots between shards while writers write. A {@link dev.tenfold.sharding.reshard.Resharder} carries a plan out,
 * slot by slot, over {@link dev.tenfold.sharding.reshard.ShardStore stores} that copy, fence and open them.
 */
@NullMarked
package dev.tenfold.sharding.reshard;

import org.jspecify.annotations.NullMarked;
