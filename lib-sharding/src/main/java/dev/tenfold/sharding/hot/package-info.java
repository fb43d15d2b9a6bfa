/**
 * Finds what is too hot: {@link dev.tenfold.sharding.hot.HotSpots} measures shards, slots and keys in bounded memory, a
 * {@link dev.tenfold.sharding.hot.HotSpotAdvisor} proposes splits, isolation and salting, and {@link
 * dev.tenfold.sharding.hot.Salting} spreads the writes of one key over several.
 */
@NullMarked
package dev.tenfold.sharding.hot;

import org.jspecify.annotations.NullMarked;
