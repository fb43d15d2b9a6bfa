/** What every broker must do, to be extended by a test of one's own. */
@org.jspecify.annotations.NullMarked
package dev.tenfold.queue.testing;
