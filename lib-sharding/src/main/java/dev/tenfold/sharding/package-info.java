/**
 * Spreads keys over shards: key, slot, shard, through an immutable {@link dev.tenfold.sharding.ShardMap} with an epoch. A
 * {@link dev.tenfold.sharding.Slotting} finds a key's slot: by its hash, with a directory of keys that have slots of their
 * own, or by {@linkplain dev.tenfold.sharding.Ranges range}. A {@link dev.tenfold.sharding.Sharder} routes by the newest map
 * it knows and follows the one that all processes share; a {@link dev.tenfold.sharding.ShardPlan} says beforehand what a
 * change would move.
 */
@NullMarked
package dev.tenfold.sharding;

import org.jspecify.annotations.NullMarked;
