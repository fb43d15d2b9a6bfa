package dev.tenfold.queue.outbox;

import dev.tenfold.hash.KeyHash;
import dev.tenfold.queue.outbox.Outbox.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.List;

/**
 * The statements about an outbox's table. All are the same everywhere but two: how bytes are declared, and how a transaction
 * locks a key, for which PostgreSQL has advisory locks and others have rows of a second table.
 */
final class OutboxTable {

    /** How many keys can be locked at a time where locks are rows. Keys that share one by chance wait for each other. */
    private static final int SLOTS = 256;

    private final String name;

    OutboxTable(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    static Database databaseOf(Connection connection) throws SQLException {
        String product = connection.getMetaData().getDatabaseProductName();
        return switch (product) {
            case "PostgreSQL" -> Database.POSTGRESQL;
            case "H2" -> Database.H2;
            default ->
                throw new SQLFeatureNotSupportedException(
                        "outbox: " + product + " (expected: PostgreSQL or H2, whose locks keep the order of keys)");
        };
    }

    List<String> ddl(Database database) {
        boolean postgres = database == Database.POSTGRESQL;
        String text = postgres ? "TEXT" : "VARCHAR";
        String bytes = postgres ? "BYTEA" : "BLOB";
        String time = "TIMESTAMP WITH TIME ZONE";
        String table = "CREATE TABLE IF NOT EXISTS " + name
                + " (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message_id UUID NOT NULL DEFAULT "
                + (postgres ? "gen_random_uuid()" : "RANDOM_UUID()") + ", message_key " + text
                + " NOT NULL, routing_key "
                + text + " NOT NULL, headers " + bytes + " NOT NULL, body " + bytes + " NOT NULL, recorded_at " + time
                + " NOT NULL DEFAULT CURRENT_TIMESTAMP, attempts INT NOT NULL DEFAULT 0, retry_at " + time
                + ", parked_at " + time + ", reason " + text + ")";
        String index = "CREATE INDEX IF NOT EXISTS " + name.substring(name.indexOf('.') + 1) + "_retries ON " + name
                + " (message_key" + (postgres ? ") WHERE retry_at IS NOT NULL" : ", retry_at)");
        return postgres
                ? List.of(table, index)
                : List.of(
                        table,
                        index,
                        "CREATE TABLE IF NOT EXISTS " + name + "_locks (slot INT PRIMARY KEY)",
                        "MERGE INTO " + name + "_locks KEY (slot) SELECT x FROM SYSTEM_RANGE(0, " + (SLOTS - 1) + ")");
    }

    /** Creates what is missing; several sessions may do so at once. */
    void create(Connection connection) throws SQLException {
        Database database = databaseOf(connection);
        try (Statement statement = connection.createStatement()) {
            boolean postgres = database == Database.POSTGRESQL;
            if (postgres) {
                // Two sessions that create it at once would both find that it is not there.
                statement.execute("SELECT pg_advisory_lock(" + hash("") + ")");
            }
            try {
                for (String each : ddl(database)) {
                    statement.execute(each);
                }
            } finally {
                if (postgres) {
                    statement.execute("SELECT pg_advisory_unlock(" + hash("") + ")");
                }
            }
        }
    }

    /** Keeps others from recording messages of a key until the transaction ends. */
    void lock(Connection connection, String key) throws SQLException {
        boolean postgres = databaseOf(connection) == Database.POSTGRESQL;
        String lock = postgres
                ? "SELECT pg_advisory_xact_lock(?)"
                : "SELECT slot FROM " + name + "_locks WHERE slot = ? FOR UPDATE";
        try (PreparedStatement statement = connection.prepareStatement(lock)) {
            statement.setLong(1, postgres ? hash(key) : Math.floorMod(hash(key), (long) SLOTS));
            statement.execute();
        }
    }

    /** Keys that share a lock by chance wait for each other, and no more. */
    private long hash(String key) {
        return KeyHash.xxh3().hash(name + '\n' + key);
    }

    String insert() {
        return "INSERT INTO " + name + " (message_key, routing_key, headers, body) VALUES (?, ?, ?, ?)";
    }

    /** Selects what is to be published: nothing that was given up, and nothing behind one of its key that waits. */
    String selectDue(int limit) {
        return "SELECT id, message_key, routing_key, headers, body, attempts, message_id FROM " + name + " o"
                + " WHERE parked_at IS NULL AND NOT EXISTS (SELECT 1 FROM " + name + " w"
                + " WHERE w.message_key = o.message_key AND w.id <= o.id AND w.retry_at > ?)"
                + " ORDER BY id LIMIT " + limit;
    }

    /** Changes nothing, but is written down. */
    String touch() {
        return "UPDATE " + name + " SET attempts = attempts WHERE id = ?";
    }

    String delete() {
        return "DELETE FROM " + name + " WHERE id = ?";
    }

    String refuse() {
        return "UPDATE " + name + " SET attempts = ?, retry_at = ?, parked_at = ?, reason = ? WHERE id = ?";
    }

    String selectParked(int limit) {
        return "SELECT id, message_key, routing_key, attempts, reason, parked_at FROM " + name
                + " WHERE parked_at IS NOT NULL ORDER BY id LIMIT " + limit;
    }

    String unpark() {
        return "UPDATE " + name + " SET attempts = 0, parked_at = NULL, reason = NULL"
                + " WHERE id = ? AND parked_at IS NOT NULL";
    }
}
