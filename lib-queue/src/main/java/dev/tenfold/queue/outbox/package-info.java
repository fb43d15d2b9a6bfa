/**
 * Publishes exactly what a database transaction committed: messages are written to a table in the user's own transaction and
 * relayed from there to an exchange, at least once and in order per key.
 *
 * <p>Start at {@link dev.tenfold.queue.outbox.Outbox}.
 */
@NullMarked
package dev.tenfold.queue.outbox;

import org.jspecify.annotations.NullMarked;
