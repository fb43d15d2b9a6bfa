package dev.tenfold.sharding.jdbc;

import dev.tenfold.error.StaleEpochException;
import dev.tenfold.sharding.ShardRoute;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/**
 * Keeps writers with an outdated map from writing to the wrong shard: each calls {@link #check} in its transaction, <b>before
 * its first statement that writes</b>. Readers that must not miss what moved call {@link #checkRead} after theirs.
 *
 * <p>The check locks the slot's row in the table {@code tenfold_slot_v1} with {@code FOR SHARE} until the transaction ends.
 * Whoever moves the slot changes that row, and so waits for writers that passed, and is seen by all that come after. A plain
 * read would not do at {@code REPEATABLE READ}: its snapshot may be older than the fence it waited for. In the same statement
 * it notes the slot, and whether writes to it are recorded, in the setting {@code tenfold.slot}, which ends with the
 * transaction or with a rollback to a savepoint before it, as the lock does. Triggers on each {@link ShardedTable} read the
 * setting: they refuse a write without one ({@value #UNGUARDED}), and record the rows that a move must send again.
 *
 * <p>Writers share the lock and do not wait for each other. A transaction writes rows of one slot; one that must write rows of
 * several calls {@link #checkAlso} before the rows of each, and fails for good once those slots live apart. The database cannot
 * tell which slot a row belongs to: a transaction that passed the guard of one slot and writes a row of another is not
 * refused, and such a write may be lost.
 *
 * <p>Stateless and thread-safe; works through pools that share connections between transactions, as nothing outlives the
 * transaction. Costs one round trip with one indexed read, and some 90 bytes of write-ahead log. The writers' role needs
 * {@code SELECT} and {@code UPDATE} on {@code tenfold_slot_v1}.
 */
public final class ShardGuard {

    /** The SQLSTATE of a write to a sharded table in a transaction that passed no guard. */
    public static final String UNGUARDED = "TF001";

    /** The SQLSTATE of an update that changes a row's shard key. */
    public static final String KEY_CHANGED = "TF002";

    /** The SQLSTATE of a {@code TRUNCATE} of a sharded table. */
    public static final String TRUNCATED = "TF003";

    private static final String READ = "SELECT shard, epoch, state FROM tenfold_slot_v1 WHERE slot = ?";

    private static final String READ_ALL =
            "SELECT r.n FROM unnest(?::integer[], ?::text[], ?::bigint[]) WITH ORDINALITY r (slot, shard, epoch, n)"
                    + " LEFT JOIN tenfold_slot_v1 s ON s.slot = r.slot AND s.shard = r.shard AND s.state = 'OWNER'"
                    + " AND s.epoch <= r.epoch WHERE s.slot IS NULL ORDER BY r.n LIMIT 1";

    /** The lock first, in a step of its own, so that what is noted is what was locked. Refused routes lock nothing. */
    private static final String LOCK =
            "WITH passed AS MATERIALIZED (SELECT slot::text || CASE WHEN captured THEN '+' ELSE ''"
                    + " END AS noted FROM tenfold_slot_v1 WHERE slot = ? AND shard = ? AND epoch <= ? AND state = 'OWNER' FOR SHARE)"
                    + " SELECT current_setting('tenfold.slot', true), set_config('tenfold.slot', noted, true) FROM passed";

    /** PostgreSQL's serialization_failure: the row changed after the transaction's snapshot was taken. */
    private static final String SERIALIZATION_FAILURE = "40001";

    private ShardGuard() {}

    /**
     * Makes sure that this database is the home of a slot until the transaction ends, and that what the transaction writes
     * is known to be of that slot. Repeating it for the same slot is allowed.
     *
     * @param connection with a transaction open (auto-commit off), at any isolation level
     * @param route what the sharder said
     * @throws StaleEpochException if the slot lives elsewhere, is being moved, or the route's epoch is too old; the
     *     transaction must be rolled back, and repeated as a whole by a newer route
     * @throws IllegalStateException if the connection is in auto-commit mode, where the lock would end at once, or the
     *     transaction passed the guard of another slot; roll it back
     * @throws SQLException if the database failed
     */
    public static void check(Connection connection, ShardRoute route) throws SQLException {
        pass(connection, route, false);
    }

    /**
     * As {@link #check}, in a transaction that may have passed the guards of other slots: rows written from now on are of this
     * one. Only for data that never needs to live apart, since such a transaction fails once the slots do.
     *
     * @param connection with a transaction open (auto-commit off), at any isolation level
     * @param route what the sharder said
     * @throws StaleEpochException as {@link #check}
     * @throws IllegalStateException if the connection is in auto-commit mode
     * @throws SQLException if the database failed
     */
    public static void checkAlso(Connection connection, ShardRoute route) throws SQLException {
        pass(connection, route, true);
    }

    private static void pass(Connection connection, ShardRoute route, boolean also) throws SQLException {
        if (connection.getAutoCommit()) {
            throw new IllegalStateException("auto-commit: true (expected: false; the guard's lock must last as long as"
                    + " the transaction that writes)");
        }
        try (PreparedStatement lock = connection.prepareStatement(LOCK)) {
            lock.setInt(1, route.slot());
            lock.setString(2, route.shard());
            lock.setLong(3, route.epoch());
            try (ResultSet passed = lock.executeQuery()) {
                if (passed.next()) {
                    String before = passed.getString(1);
                    if (!also && before != null && !before.isEmpty() && !before.equals(passed.getString(2))) {
                        throw new IllegalStateException("slot: " + route.slot() + " after slot "
                                + before.replace("+", "") + " (expected: one slot per transaction; roll back, or call"
                                + " checkAlso for rows that need never live apart)");
                    }
                    return;
                }
            }
        } catch (SQLException failure) {
            throw orMoved(failure, route);
        }
        refuse(connection, route);
        throw refusal(route, "changed just now", route.epoch() + 1);
    }

    /**
     * Makes sure that rows just read were read at a slot's home. Without it, a reader with an outdated map may miss rows
     * that moved away, or see them as they were before later writes elsewhere.
     *
     * <p>Call it <b>after</b> the reads, on the same connection: a slot is given up before its rows are deleted, so a slot
     * that is still here afterwards was whole before. It takes no lock and works on a replica, as of what the replica has
     * replayed. While a slot is fenced its readers are refused like its writers; repeating the read waits for it.
     *
     * @param connection the one that read, with auto-commit on or a transaction at {@code READ COMMITTED}
     * @param route what the sharder said
     * @throws StaleEpochException if the slot lives elsewhere, is being moved, or the route's epoch is too old
     * @throws SQLException if the database failed
     */
    public static void checkRead(Connection connection, ShardRoute route) throws SQLException {
        refuse(connection, route);
    }

    /**
     * Makes sure of many slots what {@link #checkRead(Connection, ShardRoute)} makes sure of one, in one statement: after a
     * query over all that a shard owns, for instance.
     *
     * @param connection the one that read, with auto-commit on or a transaction at {@code READ COMMITTED}
     * @param routes what the sharder said
     * @throws StaleEpochException for one of those slots that live elsewhere, are being moved, or are sought by too old a route
     * @throws SQLException if the database failed
     */
    public static void checkRead(Connection connection, Collection<ShardRoute> routes) throws SQLException {
        List<ShardRoute> all = List.copyOf(routes);
        try (PreparedStatement select = connection.prepareStatement(READ_ALL)) {
            select.setArray(1, connection.createArrayOf("integer", column(all, ShardRoute::slot)));
            select.setArray(2, connection.createArrayOf("text", column(all, ShardRoute::shard)));
            select.setArray(3, connection.createArrayOf("bigint", column(all, ShardRoute::epoch)));
            try (ResultSet wrong = select.executeQuery()) {
                if (wrong.next()) {
                    ShardRoute route = all.get(wrong.getInt(1) - 1);
                    refuse(connection, route);
                    throw refusal(route, "changed just now", route.epoch() + 1);
                }
            }
        }
    }

    private static Object[] column(List<ShardRoute> routes, Function<ShardRoute, Object> part) {
        return routes.stream().map(part).toArray();
    }

    /** Throws what is wrong with a route; returns where nothing is. */
    private static void refuse(Connection connection, ShardRoute route) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(READ)) {
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
            throw orMoved(failure, route);
        }
    }

    private static SQLException orMoved(SQLException failure, ShardRoute route) {
        if (SERIALIZATION_FAILURE.equals(failure.getSQLState())) {
            StaleEpochException moved = refusal(route, "changed during the transaction", route.epoch() + 1);
            moved.addSuppressed(failure);
            throw moved;
        }
        return failure;
    }

    private static StaleEpochException refusal(ShardRoute route, String why, long needed) {
        return new StaleEpochException(
                "slot " + route.slot() + " of shard " + route.shard() + " " + why, route.epoch(), needed);
    }
}
