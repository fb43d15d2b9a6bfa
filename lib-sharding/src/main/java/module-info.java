/** Consistent hashing, versioned shard maps, and moving slots while the application runs. */
@org.jspecify.annotations.NullMarked
module dev.tenfold.sharding {
    requires transitive dev.tenfold.core;
    requires static transitive org.jspecify;
    requires static transitive java.sql;

    exports dev.tenfold.sharding;
    exports dev.tenfold.sharding.hash;
    exports dev.tenfold.sharding.hot;
    exports dev.tenfold.sharding.id;
    exports dev.tenfold.sharding.jdbc;
    exports dev.tenfold.sharding.join;
    exports dev.tenfold.sharding.reshard;
    exports dev.tenfold.sharding.scatter;
    exports dev.tenfold.sharding.vertical;
}
