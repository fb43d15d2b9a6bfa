package dev.tenfold.queue.outbox;

import dev.tenfold.Codec;
import dev.tenfold.error.UnavailableException;
import dev.tenfold.hash.KeyHash;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * A table of messages that are to be published once the transaction that wrote them has committed, and never if it rolls
 * back. It needs PostgreSQL.
 *
 * <pre>{@code
 * Outbox<OrderCreated> outbox = Outbox.of("outbox", codec);
 * outbox.createTable(dataSource);                                     // or by your own migration, see there
 * try (OutboxRelay relay = OutboxRelay.of(outbox, dataSource, orders).lease(lease).start()) {
 *     // in the transaction that saves the order:
 *     outbox.record(connection, order.customer(), "order.created", new OrderCreated(order));
 * }
 * }</pre>
 *
 * <p><b>Order.</b> Messages of one key are published in the order in which their transactions committed. To that end {@link
 * #record} takes an advisory lock on the key until its transaction ends, so that transactions with messages of the same key
 * wait for each other there. One that records several keys should do so in the same order everywhere, else the database
 * may report a deadlock.
 *
 * <p>Immutable and thread-safe.
 *
 * @param <E> the kind of message
 */
public final class Outbox<E> {

    /** Unquoted, and short enough for names made of it. */
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,29}(\\.[a-z_][a-z0-9_]{0,29})?");

    private final String table;
    private final Codec<E> codec;

    private Outbox(String table, Codec<E> codec) {
        this.table = table;
        this.codec = codec;
    }

    /**
     * Describes an outbox; touches no database.
     *
     * @param <E> the kind of message
     * @param table its name, with the schema's name and a dot before it if need be: lower-case letters, digits and
     *     underscores, at most 30 each
     * @param codec writes and reads message bodies
     * @return the outbox of that table
     * @throws IllegalArgumentException if the name is another one
     */
    public static <E> Outbox<E> of(String table, Codec<E> codec) {
        if (!NAME.matcher(table).matches()) {
            throw new IllegalArgumentException("table: " + table
                    + " (expected: lower-case letters, digits and underscores, at most 30, with a schema before a dot if"
                    + " need be)");
        }
        return new Outbox<>(table, Objects.requireNonNull(codec, "codec"));
    }

    /**
     * Creates the table unless it exists.
     *
     * @param dataSource of the database where the transactions are
     * @throws UnavailableException if the database does not let it
     */
    public void createTable(DataSource dataSource) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(true);
            // Two sessions that create it at once would both find that it is not there.
            statement.execute("SELECT pg_advisory_lock(" + lockOf(table, "") + ")");
            try {
                statement.execute(ddl());
            } finally {
                statement.execute("SELECT pg_advisory_unlock(" + lockOf(table, "") + ")");
            }
        } catch (SQLException failure) {
            throw new UnavailableException(
                    "cannot create the outbox table " + table, List.of(failure.toString()), failure);
        }
    }

    /**
     * Returns the statement that creates the table, for a migration tool.
     *
     * @return SQL
     */
    public String ddl() {
        return "CREATE TABLE IF NOT EXISTS " + table + " (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                + " message_key TEXT NOT NULL, routing_key TEXT NOT NULL, headers BYTEA NOT NULL, body BYTEA NOT NULL,"
                + " recorded_at TIMESTAMPTZ NOT NULL DEFAULT now())";
    }

    /**
     * Writes a message down in the caller's transaction. It is published if and when that commits.
     *
     * @param connection with a transaction begun
     * @param key messages of the same key keep their order, such as a customer's number
     * @param routingKey where it is to be published, at most 255 bytes of UTF-8
     * @param body the message
     * @throws SQLException if the database refuses; the transaction is to be rolled back then
     * @throws IllegalStateException if the connection commits by itself: the message could not share the fate of anything
     */
    public void record(Connection connection, String key, String routingKey, E body) throws SQLException {
        record(connection, key, routingKey, body, Map.of());
    }

    /**
     * Writes a message down in the caller's transaction, with headers.
     *
     * @param connection with a transaction begun
     * @param key messages of the same key keep their order
     * @param routingKey where it is to be published, at most 255 bytes of UTF-8
     * @param body the message
     * @param headers what to tell consumers beside it
     * @throws SQLException if the database refuses; the transaction is to be rolled back then
     * @throws IllegalStateException if the connection commits by itself
     */
    public void record(Connection connection, String key, String routingKey, E body, Map<String, String> headers)
            throws SQLException {
        if (connection.getAutoCommit()) {
            throw new IllegalStateException(
                    "connection: commits by itself (expected: a transaction, so that the message"
                            + " is recorded exactly if the rest is; call setAutoCommit(false))");
        }
        String insert = "INSERT INTO " + table + " (message_key, routing_key, headers, body) VALUES (?, ?, ?, ?)";
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_advisory_xact_lock(?)");
                PreparedStatement row = connection.prepareStatement(insert)) {
            // Numbers are given out before the commit: only who holds the key's lock may draw one for it.
            lock.setLong(1, lockOf(table, key));
            lock.execute();
            row.setString(1, key);
            row.setString(2, routingKey);
            row.setBytes(3, HeaderBytes.write(headers));
            row.setBytes(4, codec.encode(body));
            row.executeUpdate();
        }
    }

    /** Keys that share a lock by chance wait for each other, and no more. */
    private static long lockOf(String table, String key) {
        return KeyHash.xxh3().hash(table + '\n' + key);
    }

    String table() {
        return table;
    }

    Codec<E> codec() {
        return codec;
    }

    @Override
    public String toString() {
        return "Outbox[" + table + "]";
    }
}
