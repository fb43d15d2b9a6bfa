/** Caches and an edge network: one load per key, no stale fill after an invalidation, expiry with jitter. */
@org.jspecify.annotations.NullMarked
module dev.tenfold.cache {
    requires transitive dev.tenfold.core;
    requires com.github.benmanes.caffeine;
    requires static transitive org.jspecify;
    requires static transitive java.net.http;
    requires static transitive jdk.httpserver;
    requires static cache.api;
    requires static java.management;
    requires static lettuce.core;

    exports dev.tenfold.cache;
    exports dev.tenfold.cache.edge;
    exports dev.tenfold.cache.edge.http;
    exports dev.tenfold.cache.jcache;
    exports dev.tenfold.cache.tier;
    exports dev.tenfold.cache.write;
}
