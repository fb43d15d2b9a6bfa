package dev.tenfold.queue.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenfold.Codec;
import dev.tenfold.error.UnavailableException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** The same outbox on H2, where a key's lock is a row. */
class OutboxOnH2Test extends OutboxTest {

    private static final AtomicInteger COUNT = new AtomicInteger();

    @Override
    DataSource fresh() {
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:outbox" + COUNT.incrementAndGet() + ";DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=20000");
        return source;
    }

    @Override
    void kill(Connection victim) throws SQLException {
        victim.close();
    }

    @Test
    void anotherDatabaseIsRefusedByName() {
        DatabaseMetaData data = answering(DatabaseMetaData.class, "getDatabaseProductName", "Ingres");
        Connection connection = answering(Connection.class, "getMetaData", data);
        DataSource source = answering(DataSource.class, "getConnection", connection);
        assertThatThrownBy(() -> Outbox.of("outbox", Codec.utf8()).createTable(source))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("Ingres")
                .hasMessageContaining("PostgreSQL or H2");
    }

    @Test
    void migrationsGetWholeStatements() {
        Outbox<String> outbox = Outbox.of("shop.outbox", Codec.utf8());
        assertThat(outbox.ddl(Outbox.Database.POSTGRESQL))
                .contains("CREATE TABLE IF NOT EXISTS shop.outbox (", "CREATE INDEX IF NOT EXISTS outbox_retries")
                .endsWith(";\n");
        assertThat(outbox.ddl(Outbox.Database.H2)).contains("shop.outbox_locks");
    }

    private <T> T answering(Class<T> type, String question, Object answer) {
        return type.cast(Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> method.getName().equals(question) ? answer : null));
    }
}
