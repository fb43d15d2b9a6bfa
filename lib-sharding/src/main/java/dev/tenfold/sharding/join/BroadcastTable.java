package dev.tenfold.sharding.join;

import dev.tenfold.error.CallFailedException;
import dev.tenfold.error.OutcomeUnknownException;
import dev.tenfold.error.Validation;
import dev.tenfold.observe.Event;
import dev.tenfold.observe.Observer;
import dev.tenfold.sharding.join.BroadcastReport.Copy;
import dev.tenfold.sharding.join.BroadcastReport.State;
import dev.tenfold.time.TimeSource;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * A small reference table that is whole on every shard, so that it can be joined with any other there. The original is in one
 * database, which may be one of the shards; every write goes to it, and from there, all rows at once, to the copies. For
 * PostgreSQL, 14 or newer.
 *
 * <pre>{@code
 * BroadcastTable currencies = BroadcastTable.of("currency", control, shards::targets);
 * currencies.install();
 * currencies.write(connection -> {
 *     try (Statement statement = connection.createStatement()) {
 *         statement.execute("UPDATE currency SET rate = 1.07 WHERE code = 'USD'");
 *     }
 * });
 * BroadcastReport report = currencies.verify();     // now and then; then currencies.repair()
 * }</pre>
 *
 * <p>Each database has a row in {@code tenfold_broadcast} with the version of its copy, which changes in the transaction that
 * changes the copy. A write takes effect when the original commits; a shard that cannot be reached then <b>misses</b> it, which
 * the report says, and is brought up by {@link #repair} or the next write. A shard that was added is one that missed all writes:
 * call {@link #repair} before rows move there; its table must exist, with the same columns and primary key.
 *
 * <p><b>Limits:</b>
 *
 * <ul>
 *   <li>at most {@value #MAX_ROWS} rows, and small ones: each write reads all of them, and sends them to each shard;
 *   <li>copies follow one after another: a reader may see the new row on one shard and the old on another for a moment, and
 *       for longer where one missed the write;
 *   <li>writes to the original by other means are copied with the next write, and those to a copy stay until {@link #verify}
 *       finds them; revoke the right to write from whoever might;
 *   <li>a primary key is needed. Rows that stay are not touched, so that foreign keys may refer to them; a row to which one
 *       refers on some shard cannot be deleted there, and that shard fails.
 * </ul>
 *
 * <p>Thread-safe, also among processes; every method blocks on the databases, one after the other.
 */
public final class BroadcastTable {

    /** The most rows. */
    public static final int MAX_ROWS = 100_000;

    private static final Pattern NAME = Pattern.compile("([A-Za-z_][A-Za-z0-9_]{0,62}\\.)?[A-Za-z_][A-Za-z0-9_]{0,62}");

    /** What changes the original; it neither commits nor rolls back. */
    @FunctionalInterface
    public interface Work {

        /**
         * Changes rows of the table.
         *
         * @param connection with a transaction open
         * @throws SQLException if it failed; then nothing changes
         */
        void on(Connection connection) throws SQLException;
    }

    private final String table;
    private final BroadcastRows rows;
    private final DataSource origin;
    private final Supplier<? extends Map<String, ? extends DataSource>> shards;
    private final Observer observer;
    private final TimeSource time;

    private BroadcastTable(
            String table,
            DataSource origin,
            Supplier<? extends Map<String, ? extends DataSource>> shards,
            Observer observer,
            TimeSource time) {
        this.table = table;
        this.rows = new BroadcastRows(table);
        this.origin = origin;
        this.shards = shards;
        this.observer = observer.guarded();
        this.time = time;
    }

    /**
     * Makes the keeper of a table, with the system's clock, observed by {@link Observer#slf4j()}. Opens nothing yet.
     *
     * @param table its name, with its schema where it is not on the search path: letters, digits and {@code _}, as SQL folds
     *     them when unquoted
     * @param origin has the original
     * @param shards the databases that have copies, by name, asked for anew each time; if the origin is among them, by the
     *     same object
     * @return the keeper
     * @throws dev.tenfold.error.InvalidConfigurationException if the name has other characters
     */
    public static BroadcastTable of(
            String table, DataSource origin, Supplier<? extends Map<String, ? extends DataSource>> shards) {
        return of(table, origin, shards, Observer.slf4j(), TimeSource.system());
    }

    /**
     * Makes the keeper of a table. Opens nothing yet.
     *
     * @param table its name, with its schema where it is not on the search path: letters, digits and {@code _}, as SQL folds
     *     them when unquoted
     * @param origin has the original
     * @param shards the databases that have copies, by name, asked for anew each time; if the origin is among them, by the
     *     same object
     * @param observer is told of shards that missed a write
     * @param time dates events
     * @return the keeper
     * @throws dev.tenfold.error.InvalidConfigurationException if the name has other characters
     */
    public static BroadcastTable of(
            String table,
            DataSource origin,
            Supplier<? extends Map<String, ? extends DataSource>> shards,
            Observer observer,
            TimeSource time) {
        Validation check = Validation.of("broadcast table");
        check.require(
                NAME.matcher(table).matches(), "table", table, "letters, digits and _, with its schema or without");
        check.throwIfInvalid();
        return new BroadcastTable(table, origin, shards, observer, time);
    }

    /**
     * Creates the table of versions in the original's database, unless it exists; the copies' are created when they are first
     * written.
     *
     * @throws CallFailedException if the database cannot be reached, or refuses
     */
    public void install() {
        inTransaction("installing versions", origin, false, connection -> {
            BroadcastRows.createVersions(connection);
            return true;
        });
    }

    /**
     * Changes the original, then brings every copy up to it.
     *
     * @param work changes the original
     * @return which copies are up to date; those that are not need {@link #repair}, and the write counts nevertheless
     * @throws CallFailedException if the original could not be changed; nothing was
     * @throws OutcomeUnknownException if it is not known whether the original was changed; {@link #repair} copies what is there
     */
    public BroadcastReport write(Work work) {
        inTransaction("writing the original", origin, true, connection -> {
            long version = rows.lockVersion(connection);
            work.on(connection);
            rows.setVersion(connection, version + 1);
            return true;
        });
        return repair();
    }

    /**
     * Brings every copy up to the original: those that missed a write, those of new shards, and altered ones.
     *
     * @return how the copies stand then
     * @throws CallFailedException if the original could not be read
     */
    public BroadcastReport repair() {
        BroadcastRows.Content original = read(origin);
        Map<String, Copy> copies = new LinkedHashMap<>();
        shards.get().forEach((shard, database) -> copies.put(shard, attempt(() -> repair(database, original))));
        return report(original, copies);
    }

    private Copy repair(DataSource database, BroadcastRows.Content original) {
        if (database == origin) {
            return compare(read(origin), original);
        }
        long found = inTransaction("reading the copy's version", database, false, connection -> {
            BroadcastRows.createVersions(connection);
            return rows.lockVersion(connection);
        });
        BroadcastRows.Content copy = read(database);
        if (copy.version() > original.version() || copy.same(original)) {
            return compare(copy, original);
        }
        long written = inTransaction("writing the copy", database, false, connection -> {
            long version = rows.lockVersion(connection);
            // A newer one may have been copied since; it has everything that this one has.
            if (version <= original.version()) {
                rows.replace(connection, original);
                rows.setVersion(connection, original.version());
            }
            return Math.max(version, original.version());
        });
        return new Copy(written > original.version() ? State.AHEAD : State.WHOLE, Math.max(found, written), "");
    }

    /**
     * Compares every copy with the original by version and checksum, and changes nothing.
     *
     * @return how they compare
     * @throws CallFailedException if the original could not be read
     */
    public BroadcastReport verify() {
        BroadcastRows.Content original = read(origin);
        Map<String, Copy> copies = new LinkedHashMap<>();
        shards.get().forEach((shard, database) -> copies.put(shard, attempt(() -> compare(read(database), original))));
        return report(original, copies);
    }

    private static Copy compare(BroadcastRows.Content copy, BroadcastRows.Content original) {
        State state = copy.version() < original.version()
                ? State.BEHIND
                : copy.version() > original.version() ? State.AHEAD : copy.same(original) ? State.WHOLE : State.ALTERED;
        return new Copy(state, copy.version(), "");
    }

    private static Copy attempt(Supplier<Copy> attempt) {
        try {
            return attempt.get();
        } catch (CallFailedException | OutcomeUnknownException failure) {
            Throwable cause = failure.getCause();
            return new Copy(State.FAILED, 0, String.valueOf(cause == null ? failure : cause));
        }
    }

    private BroadcastReport report(BroadcastRows.Content original, Map<String, Copy> copies) {
        BroadcastReport report = new BroadcastReport(table, original.version(), copies);
        if (!report.isWhole()) {
            observer.on(new Event(
                    time.now(),
                    "sharding/broadcast/" + table,
                    "copy.differs",
                    Level.WARNING,
                    "version " + report.version() + " is not on " + report.missed() + ": " + copies,
                    Map.of("version", report.version(), "missed", report.missed())));
        }
        return report;
    }

    private BroadcastRows.Content read(DataSource database) {
        return inTransaction("reading rows", database, false, rows::read);
    }

    /** What a transaction does. */
    @FunctionalInterface
    private interface Call<R> {
        R on(Connection connection) throws SQLException;
    }

    private <R> R inTransaction(String what, DataSource database, boolean tellsUnknown, Call<R> call) {
        boolean committing = false;
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            try {
                R result = call.on(connection);
                committing = tellsUnknown;
                connection.commit();
                committing = false;
                return result;
            } catch (Throwable failure) {
                try {
                    connection.rollback();
                } catch (SQLException also) {
                    failure.addSuppressed(also);
                }
                throw failure;
            }
        } catch (SQLException failure) {
            String where = what + " of broadcast table " + table;
            if (committing) {
                throw new OutcomeUnknownException(where, failure);
            }
            throw new CallFailedException(where, failure);
        }
    }

    @Override
    public String toString() {
        return "BroadcastTable[" + table + "]";
    }
}
