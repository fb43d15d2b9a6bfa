package dev.tenfold.sharding.jdbc;

import dev.tenfold.error.Validation;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Slotting;
import dev.tenfold.sharding.jdbc.Transactions.Statements;
import dev.tenfold.sharding.reshard.Changes;
import dev.tenfold.sharding.reshard.Cursor;
import dev.tenfold.sharding.reshard.Row;
import dev.tenfold.sharding.reshard.RowChunk;
import dev.tenfold.sharding.reshard.RowDigests;
import dev.tenfold.sharding.reshard.ShardStore;
import dev.tenfold.sharding.reshard.SlotState;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.sql.DataSource;

/**
 * A shard that is a PostgreSQL database (14 or newer), whose rows move while writers write. Writers call {@link
 * ShardGuard#check} first in each transaction; triggers on the tables refuse those that do not, and note the primary keys of
 * rows that are written while their slot moves.
 *
 * <pre>{@code
 * ShardStore store = PostgresShardStore.of("s1", dataSource, Slotting.hashed(KeyForm.whole(), KeyHash.xxh3()),
 *         List.of(ShardedTable.of("account", "id"), ShardedTable.of("entry", "account_id")));
 * }</pre>
 *
 * <p>What it creates is on the search path and has its version in its name: {@code tenfold_slot_v1}, {@code
 * tenfold_mover_v1}, {@code tenfold_mark_v1}, {@code tenfold_late_v1}, a trigger function for each table and one for all. All
 * of it is permanent. Where writers run already, {@link #prepare} first, then let all of them call the guard, then {@link
 * #install}, which refuses the others from then on.
 *
 * <p>Tables are given with parents before children. Every table has a primary key; foreign keys between them, unique
 * constraints, generated and identity columns are kept; triggers of the user's run for moved rows too, unless their {@code
 * WHEN} says otherwise, and {@link #preflight} refuses them. Values travel as PostgreSQL's own text of them. No schema change
 * may happen during a move.
 *
 * <p>Thread-safe. Every method takes one connection for one transaction at {@code READ COMMITTED} and leaves no setting behind,
 * so any pool will do. Reading the rows of some slots reads the key of every row of the tables, in the order of their
 * primary keys, and then the rows of those slots.
 */
public final class PostgresShardStore implements ShardStore {

    private final String shard;
    private final Transactions transactions;
    private final SlotRows slotRows;
    private final Slotting<Object> slotting;
    private final List<ShardedTable> tables;

    private PostgresShardStore(
            String shard, DataSource dataSource, Slotting<Object> slotting, List<ShardedTable> tables) {
        this.shard = shard;
        this.transactions = new Transactions(shard, dataSource);
        this.slotRows = new SlotRows(shard);
        this.slotting = slotting;
        this.tables = List.copyOf(tables);
    }

    /**
     * Makes a store. Nothing is opened yet.
     *
     * @param shard its name in the map
     * @param dataSource opens connections to its primary, as the tables' owner or another role that may create triggers
     * @param slotting the slots of what the key columns hold ({@link ShardedTable#key}); the same on all shards
     * @param tables what moves with a slot, parents before children; at least one
     * @return the store
     * @throws dev.tenfold.error.InvalidConfigurationException if there is no table, or one twice
     */
    @SuppressWarnings("unchecked") // A key of another kind is reported where it is met, with its table.
    public static PostgresShardStore of(
            String shard, DataSource dataSource, Slotting<?> slotting, List<ShardedTable> tables) {
        Validation check = Validation.of("store of shard '" + shard + "'");
        check.notEmpty("tables", tables, "name those that move with a slot");
        List<String> names = tables.stream().map(ShardedTable::name).toList();
        check.require(names.stream().distinct().count() == names.size(), "tables", names, "each once");
        check.throwIfInvalid();
        return new PostgresShardStore(shard, dataSource, (Slotting<Object>) slotting, tables);
    }

    @Override
    public String shard() {
        return shard;
    }

    /**
     * Does the part of {@link #install} that stops nobody: creates the tables that {@link ShardGuard} reads. For a database
     * that has writers already: first this, then let all writers call the guard, then install.
     *
     * @param map the newest map
     */
    public void prepare(ShardMap map) {
        slotting.check(map);
        transactions.call("preparing guards", sql -> prepare(sql, map));
    }

    private boolean prepare(Statements sql, ShardMap map) throws SQLException {
        GuardTables.createTables(sql);
        sql.update(
                "INSERT INTO tenfold_slot_v1 (slot, shard, epoch, state) SELECT s, ?, ?, 'OWNER' FROM unnest(?) s"
                        + " WHERE NOT EXISTS (SELECT FROM tenfold_slot_v1)",
                shard,
                map.epoch(),
                map.slotsOf(shard));
        return true;
    }

    /**
     * {@inheritDoc}
     *
     * <p>From then on, writes in transactions that passed no guard are refused. Creating the triggers waits for writers of the
     * tables that are under way, up to 200 ms for each trigger, while new ones wait behind it; where they take longer it fails,
     * and is repeated. Later calls find the triggers there and wait for nobody.
     */
    @Override
    public void install(ShardMap map) {
        slotting.check(map);
        boolean installed = transactions.unlessBusy("installing guards", Duration.ofSeconds(30), sql -> {
            prepare(sql, map);
            sql.run("SET LOCAL lock_timeout = 200");
            List<TableShape> shapes = TableShape.all(sql, tables);
            for (TableShape shape : shapes) {
                Preflights.requireKeys(shape);
            }
            GuardTables.createTriggers(sql, shapes);
            return true;
        });
        if (!installed) {
            throw new IllegalStateException("install: writers of "
                    + tables.stream().map(ShardedTable::name).toList() + " on shard " + shard
                    + " do not end within 200 ms (expected: short transactions; repeat it)");
        }
    }

    @Override
    public Preflight preflight() {
        return transactions.call("looking for obstacles", sql -> new Preflights(sql, shard).look(tables));
    }

    /**
     * {@inheritDoc}
     *
     * <p>The rows are exact, as of one moment for each table; the bytes are the table's size in proportion to them.
     */
    @Override
    public Map<Integer, Size> sizes(ShardMap map) {
        slotting.check(map);
        return transactions.call("measuring slots", sql -> {
            Map<Integer, Size> sizes = new TreeMap<>();
            List<TableShape> shapes = TableShape.all(sql, tables);
            TableScan scan = new TableScan(sql, shapes, slotting);
            for (TableShape shape : shapes) {
                Map<Integer, Long> counts = scan.count(map, shape);
                long all = counts.values().stream().mapToLong(Long::longValue).sum();
                long bytes = sql.number("SELECT pg_table_size(CAST(? AS regclass))", shape.name());
                counts.forEach((slot, rows) -> sizes.merge(
                        slot,
                        new Size(rows, Math.round((double) bytes * rows / all)),
                        (a, b) -> new Size(a.rows() + b.rows(), a.bytes() + b.bytes())));
            }
            return sizes;
        });
    }

    @Override
    public Map<Integer, Unsettled> unsettled() {
        return transactions.call("listing slots", sql -> {
            Map<Integer, Unsettled> slots = new LinkedHashMap<>();
            if (!GuardTables.exist(sql)) {
                return slots;
            }
            sql.each(
                    "SELECT slot, state, coalesce(peer, ''), captured AND coalesce(recording, false)"
                            + " FROM tenfold_slot_v1 LEFT JOIN tenfold_mover_v1 USING (slot)"
                            + " WHERE state IN ('FENCED', 'INCOMING') OR captured AND recording ORDER BY slot",
                    row -> slots.put(
                            row.getInt(1),
                            new Unsettled(SlotState.valueOf(row.getString(2)), row.getString(3), row.getBoolean(4))));
            return slots;
        });
    }

    @Override
    public Optional<SlotState> state(int slot) {
        return transactions.call("reading slot " + slot, sql -> {
            List<SlotState> found = GuardTables.exist(sql)
                    ? sql.list(
                            "SELECT state FROM tenfold_slot_v1 WHERE slot = ?",
                            row -> SlotState.valueOf(row.getString(1)),
                            slot)
                    : List.of();
            return found.stream().findFirst();
        });
    }

    @Override
    public long token(int[] slots) {
        return transactions.call("reading tokens", sql -> GuardTables.exist(sql) ? slotRows.token(sql, slots) : 0L);
    }

    @Override
    public void claim(int[] slots, long token) {
        transactions.call("claiming slots", sql -> slotRows.claim(sql, slots, token));
    }

    @Override
    public void verify(int[] slots, long token, SlotState state) {
        transactions.call("checking slots", sql -> {
            slotRows.checkToken(sql, slots, token);
            slotRows.checkState(sql, slots, token, state);
            return true;
        });
    }

    @Override
    public boolean capture(int[] slots, long token, String peer, Duration wait) {
        return transactions.unlessBusy("capturing slots", wait, sql -> slotRows.capture(sql, slots, token, peer));
    }

    @Override
    public RowChunk read(ShardMap map, int[] slots, Cursor from, int atMost) {
        slotting.check(map);
        return transactions.call("reading rows", sql -> {
            List<TableShape> shapes = TableShape.all(sql, tables);
            TableScan scan = new TableScan(sql, shapes, slotting);
            TableScan.Page page = scan.page(map, slots, from, Cursor.END, atMost);
            List<Row> rows = new ArrayList<>();
            scan.content(page.keys(), TableScan.WHOLE, (key, content) -> rows.add(new Row(key, content)));
            return new RowChunk(rows, from, page.next(), TableShape.schema(shapes));
        });
    }

    @Override
    public Changes changes(int[] slots, int atMost) {
        return transactions.call("reading changes", sql -> {
            List<TableShape> shapes = TableShape.all(sql, tables);
            return Marks.changes(sql, new TableScan(sql, shapes, slotting), TableShape.schema(shapes), slots, atMost);
        });
    }

    @Override
    public long backlog(int[] slots) {
        return transactions.call("counting changes", sql -> Marks.count(sql, slots));
    }

    @Override
    public void forget(int[] slots, long token, Changes changes) {
        transactions.call("forgetting changes", sql -> {
            slotRows.checkToken(sql, slots, token);
            return Marks.forget(sql, changes);
        });
    }

    @Override
    public void mark(int[] slots, long token, List<Row.Key> keys) {
        transactions.call("marking rows", sql -> {
            slotRows.checkToken(sql, slots, token);
            slotRows.checkCaptured(sql, slots, token);
            Marks.add(sql, slots, keys);
            return true;
        });
    }

    @Override
    public boolean fence(int[] slots, long token, String peer, Duration wait) {
        return transactions.unlessBusy("fencing slots", wait, sql -> slotRows.fence(sql, slots, token, peer));
    }

    @Override
    public void follow(int[] slots, long token, String peer) {
        transactions.call("following slots", sql -> slotRows.follow(sql, slots, token, peer));
    }

    @Override
    public boolean clear(ShardMap map, int[] slots, long token, int atMost) {
        slotting.check(map);
        return transactions.call("clearing slots", sql -> {
            slotRows.checkToken(sql, slots, token);
            slotRows.checkNotOwned(sql, slots, token);
            if (slotRows.allClosed(sql, slots)) {
                return true;
            }
            List<TableShape> shapes = TableShape.all(sql, tables);
            Optional<Clearing> next =
                    slotRows.clearing(sql, slots).step(sql, shard, shapes, slotting, map, slots, atMost);
            if (next.isPresent()) {
                slotRows.clearing(sql, slots, next.get());
            } else {
                slotRows.close(sql, slots);
            }
            return next.isEmpty();
        });
    }

    @Override
    public void expect(int[] slots, long token, String peer) {
        transactions.call("expecting slots", sql -> slotRows.expect(sql, slots, token, peer));
    }

    @Override
    public Optional<Cursor> cursor(int[] slots) {
        return transactions.call("reading cursors", sql -> {
            Optional<List<Cursor>> places = slotRows.copied(sql, slots);
            return places.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new TableScan(sql, TableShape.all(sql, tables), slotting).least(places.get()));
        });
    }

    @Override
    public void copy(int[] slots, long token, RowChunk chunk) {
        receive("copying rows", slots, token, chunk.schema(), (sql, shapes) -> {
            new RowWriter(sql, shapes).insertMissing(chunk.rows(), slots);
            slotRows.copied(sql, slots, chunk.next());
        });
    }

    @Override
    public void apply(int[] slots, long token, Changes changes) {
        receive(
                "applying changes",
                slots,
                token,
                changes.schema(),
                (sql, shapes) -> new RowWriter(sql, shapes).apply(changes.keys(), changes.rows(), slots));
    }

    @FunctionalInterface
    private interface Receiving {
        void into(Statements sql, List<TableShape> shapes) throws SQLException;
    }

    private void receive(String what, int[] slots, long token, String schema, Receiving receiving) {
        transactions.call(what, sql -> {
            slotRows.checkToken(sql, slots, token);
            slotRows.checkState(sql, slots, token, SlotState.INCOMING);
            List<TableShape> shapes = TableShape.all(sql, tables);
            if (!TableShape.schema(shapes).equals(schema)) {
                throw new IllegalStateException("tables of shard " + shard + ": " + TableShape.schema(shapes)
                        + " (expected: " + schema + ", as on the shard the rows come from)");
            }
            sql.run("SET CONSTRAINTS ALL IMMEDIATE");
            receiving.into(sql, shapes);
            return true;
        });
    }

    @Override
    public void open(int[] slots, long token, long epoch, Optional<String> capturedFor) {
        transactions.call("opening slots", sql -> slotRows.open(sql, slots, token, epoch, capturedFor));
    }

    @Override
    public RowDigests digests(ShardMap map, int[] slots, Cursor from, int atMost) {
        slotting.check(map);
        return transactions.call("digesting rows", sql -> {
            TableScan scan = new TableScan(sql, TableShape.all(sql, tables), slotting);
            TableScan.Page page = scan.page(map, slots, from, Cursor.END, atMost);
            Map<Row.Key, String> digests = new LinkedHashMap<>();
            scan.content(page.keys(), TableScan.DIGEST, digests::put);
            return new RowDigests(digests, page.next());
        });
    }

    @Override
    public RowDigests digests(ShardMap map, int[] slots, Cursor from, Cursor to) {
        slotting.check(map);
        return transactions.call("digesting rows", sql -> {
            TableScan scan = new TableScan(sql, TableShape.all(sql, tables), slotting);
            return new RowDigests(scan.digests(map, slots, from, to), to);
        });
    }

    @Override
    public boolean divide(int from, int part, long token, long epoch, Duration wait) {
        return transactions.unlessBusy(
                "dividing slot " + from, wait, sql -> slotRows.divide(sql, from, part, token, epoch));
    }
}
