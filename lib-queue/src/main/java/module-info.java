/** Exchanges and queues with retry and dead letters. */
@org.jspecify.annotations.NullMarked
module dev.tenfold.queue {
    requires transitive dev.tenfold.core;
    requires static transitive org.jspecify;
    requires static transitive java.sql;

    exports dev.tenfold.queue;
    exports dev.tenfold.queue.outbox;
}
