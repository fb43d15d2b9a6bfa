/** Exchanges and queues with retry and dead letters. */
@org.jspecify.annotations.NullMarked
module dev.tenfold.queue {
    requires transitive dev.tenfold.core;
    requires static transitive org.jspecify;
    requires static transitive java.sql;
    requires static com.rabbitmq.client;

    exports dev.tenfold.queue;
    exports dev.tenfold.queue.amqp;
    exports dev.tenfold.queue.outbox;
}
