/**
 * Queries over many shards: {@link dev.tenfold.sharding.scatter.Scatter} asks them within a deadline, follows slots that
 * move meanwhile, and merges what they answer; a {@link dev.tenfold.sharding.scatter.Gathered} says what is missing.
 */
@NullMarked
package dev.tenfold.sharding.scatter;

import org.jspecify.annotations.NullMarked;
