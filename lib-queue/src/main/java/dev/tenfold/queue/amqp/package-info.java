/** The same broker over RabbitMQ, for when one process is not enough. */
@org.jspecify.annotations.NullMarked
package dev.tenfold.queue.amqp;
