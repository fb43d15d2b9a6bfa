package dev.tenfold.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tenfold.replication.testing.PostgresCluster;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/** A PostgreSQL primary with one replica, a table, and the read that is measured. Node {@code a} is the primary. */
public final class ReadCluster implements AutoCloseable {

    private static final int USERS = 1000;

    private final PostgresCluster cluster =
            PostgresCluster.builder().replicas(1).start();
    private final List<HikariDataSource> pools = new ArrayList<>();

    /** Starts the servers, which takes some seconds. */
    public ReadCluster() throws SQLException {
        cluster.node("a")
                .execute("CREATE TABLE users AS SELECT id, 'user ' || id AS name FROM generate_series(1, " + USERS
                        + ") AS id");
        cluster.node("a").execute("ALTER TABLE users ADD PRIMARY KEY (id)");
        while (!"1000".equals(count())) {
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    private String count() {
        try {
            return String.valueOf(cluster.node("b").execute("SELECT count(*) FROM users WHERE id > 0"));
        } catch (SQLException notThereYet) {
            return "";
        }
    }

    /** Makes a pool to a node, as an application would have it. */
    public DataSource pool(String id) {
        return pool(cluster.node(id).dataSource());
    }

    /** Makes a pool above a data source. */
    public DataSource pool(DataSource source) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(4);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        return pool;
    }

    /** Returns the port of a node on 127.0.0.1. */
    public int port(String id) {
        return cluster.node(id).port();
    }

    /** Makes a pool to a node that knows its URL, as some libraries want to read it there. */
    public DataSource poolByUrl(String id) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(cluster.node(id).url());
        config.setUsername("postgres");
        config.setPassword("");
        config.setMaximumPoolSize(4);
        HikariDataSource pool = new HikariDataSource(config);
        pools.add(pool);
        return pool;
    }

    /** One read by its primary key: a connection, a statement, a row, and all of it given back. */
    public static String read(DataSource source, boolean readOnly) throws SQLException {
        try (Connection connection = source.getConnection()) {
            if (readOnly) {
                connection.setReadOnly(true);
            }
            try (PreparedStatement statement = connection.prepareStatement("SELECT name FROM users WHERE id = ?")) {
                statement.setInt(1, 1 + ThreadLocalRandom.current().nextInt(USERS));
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    return rows.getString(1);
                }
            }
        }
    }

    @Override
    public void close() {
        pools.forEach(HikariDataSource::close);
        cluster.close();
    }
}
