/** How entries and messages of caches are written down. Not for users: the module does not export it. */
@org.jspecify.annotations.NullMarked
package dev.tenfold.cache.wire;
