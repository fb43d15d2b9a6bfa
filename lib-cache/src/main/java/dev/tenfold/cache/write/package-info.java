/**
 * For caches that stand in front of their store: {@link dev.tenfold.cache.write.WriteThrough} changes the store before the
 * cache, {@link dev.tenfold.cache.write.WriteBehind} after it, in batches.
 */
@NullMarked
package dev.tenfold.cache.write;

import org.jspecify.annotations.NullMarked;
