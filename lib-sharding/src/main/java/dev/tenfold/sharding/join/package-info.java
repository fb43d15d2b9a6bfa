/**
 * Joins where tables are sharded: rows that are joined live together ({@link dev.tenfold.sharding.join.Colocation}), small
 * tables are on every shard ({@link dev.tenfold.sharding.join.BroadcastTable}), and what is needed elsewhere is copied there
 * ({@link dev.tenfold.sharding.join.DenormalisedCopy}).
 */
@NullMarked
package dev.tenfold.sharding.join;

import org.jspecify.annotations.NullMarked;
