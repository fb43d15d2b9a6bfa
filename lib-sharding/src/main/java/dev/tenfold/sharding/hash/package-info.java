/**
 * How keys become numbers and numbers become shards: key hashes and placements, each with a name that carries its version,
 * because both are stored in shard maps and their results must never change.
 */
@NullMarked
package dev.tenfold.sharding.hash;

import org.jspecify.annotations.NullMarked;
