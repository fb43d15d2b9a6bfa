package dev.tenfold.facade;

import dev.tenfold.Codec;
import dev.tenfold.DataPath;
import dev.tenfold.DataPath.Change;
import dev.tenfold.Publisher;
import dev.tenfold.Tenfold;
import dev.tenfold.queue.outbox.Outbox;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Balances by account in one PostgreSQL, each change announced by an outbox: the wiring that the guide shows. */
final class AccountPath {

    static final Outbox<String> OUTBOX = Outbox.of("outbox", Codec.utf8());

    private AccountPath() {}

    static void createTables(DataSource database) throws SQLException {
        OUTBOX.createTable(database);
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE account (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL)");
        }
    }

    static DataPath<Long, Long> over(DataSource database, Runnable wake) {
        Publisher.Recorder<Connection, Change<Long, Long>> events = (connection, change) ->
                OUTBOX.record(connection, "account-" + change.key(), "account.changed", text(change));
        return Tenfold.<Long, Long>dataPath("accounts")
                .storedIn(database)
                .reading(AccountPath::find)
                .writing(events, (db, id, balance, announcement) -> {
                    try (Connection connection = db.getConnection()) {
                        connection.setAutoCommit(false);
                        upsert(connection, id, balance);
                        announcement.recordIn(connection);
                        connection.commit();
                    }
                })
                .relayedBy(wake)
                .build();
    }

    static String text(Change<Long, Long> change) {
        return change.key() + "=" + change.value();
    }

    private static @Nullable Long find(DataSource database, Long id) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement("SELECT balance FROM account WHERE id = ?")) {
            select.setLong(1, id);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? row.getLong(1) : null;
            }
        }
    }

    private static void upsert(Connection connection, long id, long balance) throws SQLException {
        try (PreparedStatement upsert = connection.prepareStatement("INSERT INTO account (id, balance) VALUES (?, ?)"
                + " ON CONFLICT (id) DO UPDATE SET balance = excluded.balance")) {
            upsert.setLong(1, id);
            upsert.setLong(2, balance);
            upsert.executeUpdate();
        }
    }
}
