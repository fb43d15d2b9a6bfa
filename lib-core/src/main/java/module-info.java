/** The shared vocabulary of Tenfold, its load balancer, its data-centre routing, and the facade. */
@org.jspecify.annotations.NullMarked
module dev.tenfold.core {
    requires transitive org.slf4j;
    requires static transitive org.jspecify;
    requires static jdk.jfr;
    requires static java.naming;
    requires static transitive java.net.http;
    requires static transitive java.sql;
    requires static micrometer.core;

    exports dev.tenfold;
    exports dev.tenfold.balance;
    exports dev.tenfold.balance.http;
    exports dev.tenfold.balance.jdbc;
    exports dev.tenfold.coordination;
    exports dev.tenfold.discovery;
    exports dev.tenfold.error;
    exports dev.tenfold.hash;
    exports dev.tenfold.health;
    exports dev.tenfold.locality;
    exports dev.tenfold.observe;
    exports dev.tenfold.observe.micrometer;
    exports dev.tenfold.retry;
    exports dev.tenfold.session;
    exports dev.tenfold.time;
    exports dev.tenfold.topology;
}
