package dev.tenfold.adoption;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tenfold.replication.Failover;
import dev.tenfold.replication.ReplicaSet;
import dev.tenfold.replication.jdbc.RoutingDataSource;
import dev.tenfold.replication.postgres.Postgres;
import java.nio.charset.StandardCharsets;
import javax.sql.DataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Step 3: the database has two replicas, which take the reads, and the place of the primary if it dies. */
@Configuration(proxyBeanMethods = false)
class Replicated {

    // example: adoptReplicas
    @Bean
    ReplicaSet<DataSource> database(@Value("${shop.databases}") String[] urls, @Value("${shop.nodes}") String[] nodes) {
        return ReplicaSet.<DataSource>builder("shop")
                .primary("a", pool(urls[0]))
                .replica("b", pool(urls[1]))
                .replica("c", pool(urls[2]))
                .engine(Postgres.streaming()
                        .synchronousReplicas(1) // synchronous_standby_names = 'ANY 1 (*)'
                        .connectionInfo("a", nodes[0]) // "host=... port=... user=..."
                        .connectionInfo("b", nodes[1])
                        .connectionInfo("c", nodes[2]))
                .failover(Failover.automatic())
                .start();
    }

    @Bean
    DataSource dataSource(ReplicaSet<DataSource> database) {
        return RoutingDataSource.over(database).withSessions(SessionCookie::current);
    }

    @Bean
    SessionCookie sessionCookie(@Value("${shop.secret}") String secret) {
        return new SessionCookie(secret.getBytes(StandardCharsets.UTF_8));
    }

    private static DataSource pool(String url) {
        HikariConfig node = new HikariConfig();
        node.setJdbcUrl(url);
        node.setConnectionTimeout(500); // ms; the router waits for a primary, the pool of a dead one must not
        node.setValidationTimeout(250);
        node.setInitializationFailTimeout(-1);
        return new HikariDataSource(node);
    }
    // end
}
