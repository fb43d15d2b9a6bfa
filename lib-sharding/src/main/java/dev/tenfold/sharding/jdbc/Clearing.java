package dev.tenfold.sharding.jdbc;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Slotting;
import dev.tenfold.sharding.jdbc.Transactions.Statements;
import dev.tenfold.sharding.reshard.Cursor;
import dev.tenfold.sharding.reshard.Row;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far the deleting of rows got, tables in reverse so that children go first. Rows that others refer to are left for another
 * pass; a pass that deletes none and leaves some would never end.
 *
 * @param place after the last row that was looked at
 * @param left how many rows this pass left
 * @param gone how many rows this pass deleted
 */
record Clearing(Cursor place, int left, int gone) {

    static final Clearing START = new Clearing(Cursor.START, 0, 0);

    /** How many keys one step looks at in vain, at most, before it leaves the rest for the next. */
    private static final int LOOKED_AT = 5_000;

    String text() {
        return left + " " + gone + " " + place.text();
    }

    static Clearing of(@Nullable String text) {
        if (text == null) {
            return START;
        }
        String[] parts = text.split(" ", 3);
        return new Clearing(new Cursor(parts[2]), Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    /** Deletes the next rows, at most so many. Empty when none is left. */
    Optional<Clearing> step(
            Statements sql,
            String shard,
            List<TableShape> parentsFirst,
            Slotting<Object> slotting,
            ShardMap map,
            int[] slots,
            int atMost)
            throws SQLException {
        sql.run("SET CONSTRAINTS ALL IMMEDIATE");
        List<TableShape> shapes = new ArrayList<>(parentsFirst);
        Collections.reverse(shapes);
        TableScan scan = new TableScan(sql, shapes, slotting);
        TableScan.Page page = scan.page(map, slots, place, Cursor.END, atMost);
        int looked = page.lookedAt();
        while (page.keys().isEmpty() && looked < LOOKED_AT && !page.next().equals(Cursor.END)) {
            page = scan.page(map, slots, page.next(), Cursor.END, LOOKED_AT);
            looked += page.lookedAt();
        }
        boolean all = page.keys().size() <= atMost;
        List<Row.Key> keys = all ? page.keys() : page.keys().subList(0, atMost);
        Cursor next = all ? page.next() : TableScan.at(keys.get(keys.size() - 1));
        int deleted = keys.isEmpty()
                ? 0
                : new RowWriter(sql, parentsFirst)
                        .delete(scan.shape(keys.get(0).table()), keys)
                        .size();
        Clearing then = new Clearing(next, left + keys.size() - deleted, gone + deleted);
        if (!next.equals(Cursor.END)) {
            return Optional.of(then);
        }
        if (then.left > 0 && then.gone == 0) {
            throw new IllegalStateException(then.left + " rows of the slots on shard " + shard
                    + " are referred to by rows that stay (expected: tables that refer to each other move together)");
        }
        return then.left > 0 ? Optional.of(START) : Optional.empty();
    }
}
