/**
 * A cache in process: {@link dev.tenfold.cache.Cache}. Caffeine holds the entries and chooses what to evict; this package
 * adds what its users build by hand around it: loads that never block other keys, never leave a value that an
 * invalidation overtook, and never overwrite a newer position.
 */
@NullMarked
package dev.tenfold.cache;

import org.jspecify.annotations.NullMarked;
