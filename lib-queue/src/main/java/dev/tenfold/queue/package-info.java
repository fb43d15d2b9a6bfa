/**
 * A message broker: exchanges route messages to queues, consumers take them from there, and what fails is retried and then
 * kept as a dead letter. The rules are RabbitMQ's wherever both have the feature.
 *
 * <p>Start at {@link dev.tenfold.queue.Broker}.
 */
@NullMarked
package dev.tenfold.queue;

import org.jspecify.annotations.NullMarked;
