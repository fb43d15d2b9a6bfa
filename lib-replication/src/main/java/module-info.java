/** Read/write routing over replicated stores, with lag awareness and failover. */
@org.jspecify.annotations.NullMarked
module dev.tenfold.replication {
    requires transitive dev.tenfold.core;
    requires transitive java.sql;
    requires static transitive org.jspecify;
    requires static org.postgresql.jdbc;

    exports dev.tenfold.replication;
    exports dev.tenfold.replication.jdbc;
    exports dev.tenfold.replication.memory;
    exports dev.tenfold.replication.postgres;
}
