/** What every implementation of the cache's interfaces must do, to be extended by a test of one's own. */
@org.jspecify.annotations.NullMarked
package dev.tenfold.cache.testing;
