package dev.tenfold.sharding.jdbc;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardRoute;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Keeps writers with an outdated map from writing to the wrong shard: each calls {@link #check} in its transaction, before
 * or after its own statements. Readers that must not miss what moved call {@link #checkRead} after theirs.
 *
 * <p>The check locks the slot's row in the table {@code tenfold_slot} with {@code FOR SHARE} until the transaction ends.
 * Whoever moves the slot changes that row, and so waits for writers that passed, and is seen by all that come after. A
 * plain read would not do at {@code REPEATABLE READ}: its snapshot may be older than the fence it waited for.
 *
 * <p>Writers share the lock and do not wait for each other. Stateless and thread-safe. Costs one indexed read, and some
 * 40 bytes of write-ahead log.
 */
public final class ShardGuard {

    private static final String READ = "SELECT shard, epoch, state FROM tenfold_slot WHERE slot = ?";

    private static final String LOCK = READ + " FOR SHARE";

    /** PostgreSQL's serialization_failure: the row changed after the transaction's snapshot was taken. */
    private static final String SERIALIZATION_FAILURE = "40001";

    private ShardGuard() {}

    /**
     * Makes sure that this database is the home of a slot until the transaction ends.
     *
     * @param connection with a transaction open (auto-commit off), at any isolation level
     * @param route what the sharder said
     * @throws StaleEpochException if the slot lives elsewhere, is being moved, or the route's epoch is too old; the
     *     transaction must be rolled back
     * @throws IllegalStateException if the connection is in auto-commit mode, where the lock would end at once
     * @throws SQLException if the database failed
     */
    public static void check(Connection connection, ShardRoute route) throws SQLException {
        if (connection.getAutoCommit()) {
            throw new IllegalStateException("auto-commit: true (expected: false; the guard's lock must last as long as"
                    + " the transaction that writes)");
        }
        compare(connection, LOCK, route);
    }

    /**
     * Makes sure that rows just read were read at a slot's home. Without it, a reader with an outdated map may miss rows
     * that moved away, or see them as they were before later writes elsewhere.
     *
     * <p>Call it <b>after</b> the reads, on the same connection: a slot is given up before its rows are deleted, so a slot
     * that is still here afterwards was whole before. It takes no lock and works on a replica, as of what the replica has
     * replayed. While a slot is being moved its readers are refused like its writers; repeating the read waits for it.
     *
     * @param connection the one that read, with auto-commit on or a transaction at {@code READ COMMITTED}
     * @param route what the sharder said
     * @throws StaleEpochException if the slot lives elsewhere, is being moved, or the route's epoch is too old
     * @throws SQLException if the database failed
     */
    public static void checkRead(Connection connection, ShardRoute route) throws SQLException {
        compare(connection, READ, route);
    }

    private static void compare(Connection connection, String sql, ShardRoute route) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setInt(1, route.slot());
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw refusal(route, "is not here", route.epoch() + 1);
                }
                String shard = row.getString(1);
                if (!shard.equals(route.shard())) {
                    throw refusal(route, "was sought on the database of shard " + shard, route.epoch() + 1);
                }
                long epoch = row.getLong(2);
                String state = row.getString(3);
                if (!state.equals("OWNER")) {
                    throw refusal(route, "is " + state, Math.max(epoch, route.epoch() + 1));
                }
                if (route.epoch() < epoch) {
                    throw refusal(route, "changed", epoch);
                }
            }
        } catch (SQLException failure) {
            if (SERIALIZATION_FAILURE.equals(failure.getSQLState())) {
                StaleEpochException moved = refusal(route, "changed during the transaction", route.epoch() + 1);
                moved.addSuppressed(failure);
                throw moved;
            }
            throw failure;
        }
    }

    private static StaleEpochException refusal(ShardRoute route, String why, long needed) {
        return new StaleEpochException(
                "slot " + route.slot() + " of shard " + route.shard() + " " + why, route.epoch(), needed);
    }
}
