package dev.tenfold.sharding.jdbc;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.DeadlineExceededException;
import dev.tenfold.error.StaleEpochException;
import dev.tenfold.error.Validation;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.reshard.RowChunk;
import dev.tenfold.sharding.reshard.ShardStore;
import dev.tenfold.sharding.reshard.SlotState;
import dev.tenfold.time.Deadline;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A shard that is a PostgreSQL database (14 or newer). Its guards are two tables that {@link #install} creates on the
 * search path: {@code tenfold_slot_v1} says what the shard does with each slot and is locked by every writer through {@link
 * ShardGuard}; {@code tenfold_move} holds the movers' tokens, apart, so that claiming a slot waits for no writer.
 *
 * <p>Thread-safe; every method takes a connection for one transaction. Tables are copied in the order given and deleted in
 * the reverse, so a table comes after those its foreign keys refer to. Finding the rows of slots reads every key of the
 * table once: seconds for millions of rows, within the fence; so this store suits small shards or patient writers.
 */
public final class JdbcShardStore implements ShardStore {

    /** Waiting for a lock ended without it; a statement took too long; two transactions waited for each other. */
    private static final Set<String> BUSY = Set.of("55P03", "57014", "40P01");

    private static final String UNSETTLED =
            "SELECT slot, state, peer FROM tenfold_slot_v1 WHERE state IN ('FENCED', 'INCOMING')";

    private final String shard;
    private final DataSource dataSource;
    private final KeyHash hash;
    private final List<PostgresRows> tables;

    private JdbcShardStore(String shard, DataSource dataSource, KeyHash hash, List<PostgresRows> tables) {
        this.shard = shard;
        this.dataSource = dataSource;
        this.hash = hash;
        this.tables = tables;
    }

    /**
     * Makes a store. Nothing is opened yet.
     *
     * @param shard its name in the map
     * @param dataSource opens connections to its primary; if it is a pool, one that resets their state
     * @param hash as the sharder's
     * @param tables what moves with a slot, parents before children; at least one
     * @return the store
     * @throws dev.tenfold.error.InvalidConfigurationException if there is no table
     */
    public static JdbcShardStore postgres(
            String shard, DataSource dataSource, KeyHash hash, List<ShardedTable> tables) {
        Validation check = Validation.of("store of shard '" + shard + "'");
        check.notEmpty("tables", tables, "name those that move with a slot");
        check.throwIfInvalid();
        return new JdbcShardStore(
                shard,
                dataSource,
                hash,
                tables.stream().map(table -> new PostgresRows(table, hash)).toList());
    }

    @Override
    public String shard() {
        return shard;
    }

    @Override
    public void install(ShardMap map) {
        checkHash(map);
        inTransaction("installing guards", connection -> {
            try (Statement statement = connection.createStatement()) {
                // Two processes that create one table at once would fail on each other.
                statement.execute("SELECT pg_advisory_xact_lock(hashtext('tenfold_slot_v1'))");
                statement.execute("CREATE TABLE IF NOT EXISTS tenfold_slot_v1 (slot integer PRIMARY KEY,"
                        + " shard text NOT NULL, epoch bigint NOT NULL, peer text,"
                        + " captured boolean NOT NULL DEFAULT false, state text NOT NULL"
                        + " CHECK (state IN ('OWNER', 'FENCED', 'INCOMING', 'CLOSED')))");
                statement.execute("CREATE TABLE IF NOT EXISTS tenfold_move"
                        + " (slot integer PRIMARY KEY, token bigint NOT NULL)");
            }
            update(
                    connection,
                    "INSERT INTO tenfold_slot_v1 (slot, shard, epoch, state) SELECT s, ?, ?, 'OWNER' FROM unnest(?) s"
                            + " WHERE NOT EXISTS (SELECT FROM tenfold_slot_v1)",
                    shard,
                    map.epoch(),
                    array(connection, map.slotsOf(shard)));
            return true;
        });
    }

    @Override
    public Map<Integer, Unsettled> unsettled() {
        return inTransaction("listing slots", connection -> {
            Map<Integer, Unsettled> slots = new LinkedHashMap<>();
            try (PreparedStatement select = connection.prepareStatement(UNSETTLED + " ORDER BY slot");
                    ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    slots.put(row.getInt(1), new Unsettled(SlotState.valueOf(row.getString(2)), row.getString(3)));
                }
            }
            return slots;
        });
    }

    @Override
    public Optional<SlotState> state(int slot) {
        return inTransaction("reading slot " + slot, connection -> {
            try (PreparedStatement select =
                    prepare(connection, "SELECT state FROM tenfold_slot_v1 WHERE slot = ?", slot)) {
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(SlotState.valueOf(row.getString(1))) : Optional.empty();
                }
            }
        });
    }

    @Override
    public long token(int[] slots) {
        return inTransaction(
                "reading tokens",
                connection -> count(
                        connection,
                        "SELECT coalesce(max(token), 0) FROM tenfold_move WHERE slot = ANY(?)",
                        array(connection, slots)));
    }

    @Override
    public void claim(int[] slots, long token) {
        inTransaction("claiming slots", connection -> {
            int claimed = update(
                    connection,
                    "INSERT INTO tenfold_move AS m (slot, token) SELECT s, ? FROM unnest(?) s ORDER BY s"
                            + " ON CONFLICT (slot) DO UPDATE SET token = excluded.token WHERE m.token < excluded.token",
                    token,
                    array(connection, slots));
            if (claimed != slots.length) {
                throw refusal(slots, "claimed by another mover", token);
            }
            return true;
        });
    }

    @Override
    public boolean fence(int[] slots, long token, String peer, Duration wait) {
        return ifNotBusy("fencing slots", connection -> {
            limit(connection, wait);
            checkToken(connection, slots, token);
            int fenced = update(
                    connection,
                    "UPDATE tenfold_slot_v1 SET state = 'FENCED', peer = ? WHERE slot = ANY(?) AND state = 'OWNER'",
                    peer,
                    array(connection, slots));
            if (fenced != slots.length) {
                throw refusal(slots, "not all owned", token);
            }
            return true;
        });
    }

    @Override
    public void verify(int[] slots, long token, SlotState state) {
        inTransaction("checking slots", connection -> {
            checkToken(connection, slots, token);
            checkState(connection, slots, token, state);
            return true;
        });
    }

    @Override
    public void prepare(ShardMap map, int[] slots, long token, String peer) {
        checkHash(map);
        inTransaction("preparing slots", connection -> {
            checkToken(connection, slots, token);
            int marked = update(
                    connection,
                    "INSERT INTO tenfold_slot_v1 AS g (slot, shard, epoch, state, peer)"
                            + " SELECT s, ?, 0, 'INCOMING', ? FROM unnest(?) s ORDER BY s ON CONFLICT (slot) DO UPDATE"
                            + " SET state = 'INCOMING', peer = excluded.peer WHERE g.state <> 'OWNER'",
                    shard,
                    peer,
                    array(connection, slots));
            if (marked != slots.length) {
                throw refusal(slots, "owned here already", token);
            }
            deleteRows(connection, map, slots);
            return true;
        });
    }

    @Override
    public RowSource rows(ShardMap map, int[] slots, Deadline deadline) {
        checkHash(map);
        return sink -> inTransaction("reading rows", connection -> {
            for (PostgresRows table : tables) {
                limit(connection, remaining(deadline, "reading rows"));
                table.send(connection, map, slots, chunk -> {
                    sink.accept(chunk);
                    limit(connection, remaining(deadline, "reading rows"));
                });
            }
            return true;
        });
    }

    @Override
    public void receive(int[] slots, long token, RowSource rows, Deadline deadline) {
        inTransaction("writing rows", connection -> {
            checkToken(connection, slots, token);
            checkState(connection, slots, token, SlotState.INCOMING);
            rows.sendTo(chunk -> insert(connection, chunk, deadline));
            return true;
        });
    }

    private void insert(Connection connection, RowChunk chunk, Deadline deadline) {
        try {
            limit(connection, remaining(deadline, "writing rows"));
            for (PostgresRows table : tables) {
                if (table.table().name().equals(chunk.table())) {
                    table.insert(connection, chunk);
                    return;
                }
            }
            throw new IllegalStateException("table: " + chunk.table() + " (expected: a table of shard " + shard + ")");
        } catch (SQLException failure) {
            throw new CallFailedException("writing rows of " + chunk.table() + " on shard " + shard, failure);
        }
    }

    @Override
    public void open(int[] slots, long token, long epoch) {
        inTransaction("opening slots", connection -> {
            checkToken(connection, slots, token);
            long here = count(
                    connection,
                    "SELECT count(*) FROM tenfold_slot_v1 WHERE slot = ANY(?) AND state <> 'CLOSED'",
                    array(connection, slots));
            if (here != slots.length) {
                throw refusal(slots, "not all here", token);
            }
            // Rows of open slots are left alone: changing one would wait for its writers.
            update(
                    connection,
                    "UPDATE tenfold_slot_v1 SET state = 'OWNER', peer = NULL, epoch = greatest(epoch, ?)"
                            + " WHERE slot = ANY(?) AND state <> 'OWNER'",
                    epoch,
                    array(connection, slots));
            return true;
        });
    }

    @Override
    public void clear(ShardMap map, int[] slots, long token) {
        checkHash(map);
        inTransaction("clearing slots", connection -> {
            checkToken(connection, slots, token);
            int closed = update(
                    connection,
                    "UPDATE tenfold_slot_v1 SET state = 'CLOSED', peer = NULL WHERE slot = ANY(?) AND state <> 'OWNER'",
                    array(connection, slots));
            if (closed != slots.length) {
                throw refusal(slots, "owned here", token);
            }
            deleteRows(connection, map, slots);
            return true;
        });
    }

    @Override
    public boolean divide(int from, int part, long token, long epoch, Duration wait) {
        return ifNotBusy("dividing slot " + from, connection -> {
            limit(connection, wait);
            checkToken(connection, new int[] {from}, token);
            update(
                    connection,
                    "UPDATE tenfold_slot_v1 SET epoch = greatest(epoch, ?) WHERE slot = ? AND state = 'OWNER'",
                    epoch,
                    from);
            update(
                    connection,
                    "INSERT INTO tenfold_slot_v1 (slot, shard, epoch, state) VALUES (?, ?, ?, 'OWNER')"
                            + " ON CONFLICT (slot) DO NOTHING",
                    part,
                    shard,
                    epoch);
            return true;
        });
    }

    private void deleteRows(Connection connection, ShardMap map, int[] slots) throws SQLException {
        for (int i = tables.size() - 1; i >= 0; i--) {
            tables.get(i).delete(connection, map, slots);
        }
    }

    /** Locks the tokens, so that nobody claims the slots before this transaction has ended. */
    private void checkToken(Connection connection, int[] slots, long token) throws SQLException {
        long held = count(
                connection,
                "SELECT count(*) FROM (SELECT token FROM tenfold_move WHERE slot = ANY(?) ORDER BY slot FOR UPDATE) m"
                        + " WHERE token = ?",
                array(connection, slots),
                token);
        if (held != slots.length) {
            throw refusal(slots, "claimed by another mover", token);
        }
    }

    private void checkState(Connection connection, int[] slots, long token, SlotState state) throws SQLException {
        long fitting = count(
                connection,
                "SELECT count(*) FROM tenfold_slot_v1 WHERE slot = ANY(?) AND state = ?",
                array(connection, slots),
                state.name());
        if (fitting != slots.length) {
            throw refusal(slots, "not all " + state, token);
        }
    }

    private void checkHash(ShardMap map) {
        if (!map.hashName().equals(hash.name()) || map.hashSeed() != hash.seed()) {
            throw new IllegalStateException("hash of shard " + shard + ": " + hash.name() + " with seed " + hash.seed()
                    + " (expected: " + map.hashName() + " with seed " + map.hashSeed() + ", as the map says)");
        }
    }

    private StaleEpochException refusal(int[] slots, String why, long token) {
        return new StaleEpochException(
                "move of " + slots.length + " slots from " + slots[0] + " on, " + why + " on shard " + shard,
                token,
                token + 1);
    }

    private static Duration remaining(Deadline deadline, String stage) {
        if (deadline.isExpired()) {
            throw new DeadlineExceededException(stage, deadline.budget(), null);
        }
        return deadline.remaining();
    }

    /** Ends any one statement of the transaction, and any wait for a lock, after a while. */
    private static void limit(Connection connection, Duration wait) throws SQLException {
        String millis = Long.toString(Math.max(1, Math.min(wait.toMillis(), Integer.MAX_VALUE)));
        try (PreparedStatement set = prepare(
                connection,
                "SELECT set_config('lock_timeout', ?, true), set_config('statement_timeout', ?, true)",
                millis,
                millis)) {
            set.execute();
        }
    }

    /** What a transaction does. */
    @FunctionalInterface
    private interface Work<R> {
        R on(Connection connection) throws SQLException;
    }

    private boolean ifNotBusy(String what, Work<Boolean> work) {
        try {
            return inTransaction(what, work);
        } catch (CallFailedException failure) {
            if (failure.getCause() instanceof SQLException sql && BUSY.contains(String.valueOf(sql.getSQLState()))) {
                return false;
            }
            throw failure;
        }
    }

    private <R> R inTransaction(String what, Work<R> work) {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            // Each statement must see what was committed while the one before it waited for a lock.
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            try {
                R result = work.on(connection);
                connection.commit();
                return result;
            } catch (Throwable failure) {
                rollback(connection, failure);
                throw failure;
            }
        } catch (SQLException failure) {
            throw new CallFailedException(what + " on shard " + shard, failure);
        }
    }

    private static void rollback(Connection connection, Throwable failure) {
        try {
            connection.rollback();
        } catch (SQLException also) {
            failure.addSuppressed(also);
        }
    }

    private static java.sql.Array array(Connection connection, int[] slots) throws SQLException {
        return connection.createArrayOf("integer", Arrays.stream(slots).boxed().toArray());
    }

    private static int update(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, values)) {
            return statement.executeUpdate();
        }
    }

    private static long count(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, values);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private static PreparedStatement prepare(Connection connection, String sql, @Nullable Object... values)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }
}
