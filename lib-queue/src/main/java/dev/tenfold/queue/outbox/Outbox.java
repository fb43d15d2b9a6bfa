package dev.tenfold.queue.outbox;

import dev.tenfold.Codec;
import dev.tenfold.error.UnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * A table of messages that are to be published once the transaction that wrote them has committed, and never if it rolls
 * back. It works with PostgreSQL and H2; others are refused, because how they lock and number rows was not tried.
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
 * #record} takes a lock on the key until its transaction ends, so that transactions with messages of the same key
 * wait for each other there; on H2, where that lock is a row, for no longer than its lock timeout. One that records several keys
 * should do so in the same order everywhere, else the database may report a deadlock.
 *
 * <p><b>Parked messages.</b> One that the exchange refuses again and again is parked: it stays in the table with the reason,
 * and those of its key that follow go on without it. {@link #parked} lists them, {@link #release} has them tried again. See
 * {@link OutboxRelay.Builder#retry}.
 *
 * <p>Immutable and thread-safe.
 *
 * @param <E> the kind of message
 */
public final class Outbox<E> {

    /** Unquoted, and short enough for names made of it. */
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,29}(\\.[a-z_][a-z0-9_]{0,29})?");

    private final OutboxTable table;
    private final Codec<E> codec;

    /** Where the table may be. */
    public enum Database {
        /** PostgreSQL 12 and newer. */
        POSTGRESQL,
        /** H2 2 and newer. */
        H2
    }

    /**
     * A message that was given up.
     *
     * @param id its number in the table
     * @param key what it keeps its order with
     * @param routingKey where it was to be published
     * @param attempts how often that was refused
     * @param reason what the last refusal said
     * @param since when it was given up
     */
    public record Parked(long id, String key, String routingKey, int attempts, String reason, Instant since) {}

    private Outbox(OutboxTable table, Codec<E> codec) {
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
        return new Outbox<>(new OutboxTable(table), Objects.requireNonNull(codec, "codec"));
    }

    /**
     * Creates the table unless it exists.
     *
     * @param dataSource of the database where the transactions are
     * @throws UnavailableException if the database does not let it, or is another one
     */
    public void createTable(DataSource dataSource) {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(true);
            table.create(connection);
        } catch (SQLException failure) {
            throw new UnavailableException(
                    "cannot create the outbox table " + table(), List.of(failure.toString()), failure);
        }
    }

    /**
     * Returns the statements that create the table, for a migration tool.
     *
     * @param database where
     * @return SQL, with a semicolon after each statement
     */
    public String ddl(Database database) {
        return String.join(";\n", table.ddl(database)) + ";\n";
    }

    /**
     * Writes a message down in the caller's transaction. It is published if and when that commits.
     *
     * @param connection with a transaction begun
     * @param key messages of the same key keep their order, such as a customer's number
     * @param routingKey where it is to be published, at most 255 bytes of UTF-8
     * @param body the message
     * @throws SQLException if the database refuses, or is another one; the transaction is to be rolled back then
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
     * @throws SQLException if the database refuses, or is another one; the transaction is to be rolled back then
     * @throws IllegalStateException if the connection commits by itself
     */
    public void record(Connection connection, String key, String routingKey, E body, Map<String, String> headers)
            throws SQLException {
        if (connection.getAutoCommit()) {
            throw new IllegalStateException(
                    "connection: commits by itself (expected: a transaction, so that the message"
                            + " is recorded exactly if the rest is; call setAutoCommit(false))");
        }
        // Numbers are given out before the commit: only who holds the key's lock may draw one for it.
        table.lock(connection, key);
        try (PreparedStatement row = connection.prepareStatement(table.insert())) {
            row.setString(1, key);
            row.setString(2, routingKey);
            row.setBytes(3, HeaderBytes.write(headers));
            row.setBytes(4, codec.encode(body));
            row.executeUpdate();
        }
    }

    /**
     * Lists messages that were given up, oldest first.
     *
     * @param dataSource of the database where the table is
     * @param limit how many at most, at least 1
     * @return what is parked now
     * @throws UnavailableException if the database does not answer
     */
    public List<Parked> parked(DataSource dataSource, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit: " + limit + " (expected: >= 1)");
        }
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement(table.selectParked(limit));
                ResultSet found = statement.executeQuery()) {
            List<Parked> parked = new ArrayList<>();
            while (found.next()) {
                parked.add(new Parked(
                        found.getLong(1),
                        found.getString(2),
                        found.getString(3),
                        found.getInt(4),
                        found.getString(5),
                        found.getObject(6, OffsetDateTime.class).toInstant()));
            }
            return List.copyOf(parked);
        } catch (SQLException failure) {
            throw new UnavailableException(
                    "cannot read the outbox table " + table(), List.of(failure.toString()), failure);
        }
    }

    /**
     * Has a parked message tried again, from its first attempt. It comes before those of its key that are still in the table,
     * and after those that were published meanwhile.
     *
     * @param dataSource of the database where the table is
     * @param id the message's number
     * @return whether it was parked
     * @throws UnavailableException if the database does not answer
     */
    public boolean release(DataSource dataSource, long id) {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement(table.unpark())) {
            connection.setAutoCommit(true);
            statement.setLong(1, id);
            return statement.executeUpdate() > 0;
        } catch (SQLException failure) {
            throw new UnavailableException(
                    "cannot change the outbox table " + table(), List.of(failure.toString()), failure);
        }
    }

    String table() {
        return table.name();
    }

    OutboxTable statements() {
        return table;
    }

    Codec<E> codec() {
        return codec;
    }

    @Override
    public String toString() {
        return "Outbox[" + table() + "]";
    }
}
