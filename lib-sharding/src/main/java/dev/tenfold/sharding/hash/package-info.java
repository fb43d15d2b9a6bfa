/**
 * How slots are placed on shards: placements by the algorithms of {@code dev.tenfold.hash}, each with a name that carries
 * its version, because it is stored in shard maps and its results must never change.
 */
@NullMarked
package dev.tenfold.sharding.hash;

import org.jspecify.annotations.NullMarked;
