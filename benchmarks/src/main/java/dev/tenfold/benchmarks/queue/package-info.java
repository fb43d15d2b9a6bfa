/**
 * What a message costs on its way through a broker, an event bus or a bare queue: publish, route, consume, acknowledge. See
 * {@link dev.tenfold.benchmarks.queue.QueueRun}.
 */
@org.jspecify.annotations.NullMarked
package dev.tenfold.benchmarks.queue;
