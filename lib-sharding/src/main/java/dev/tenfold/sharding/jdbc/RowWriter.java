package dev.tenfold.sharding.jdbc;

import dev.tenfold.sharding.jdbc.TableShape.Column;
import dev.tenfold.sharding.jdbc.Transactions.Statements;
import dev.tenfold.sharding.reshard.Row;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows that stand at another shard, each whole and in any order.
 *
 * <p><b>Why order does not matter.</b> Rows are sent as they stand when they are read, not as each change left them. So a row
 * may come before the one it refers to, may hold a unique value that its last holder has not given up here, and one may go
 * before those that referred to it have changed. What does not fit in yet is kept in {@code tenfold_late_v1}, where what comes
 * later replaces it, and is tried again with each batch. When every change has arrived, the rows are those of the other
 * shard, which fitted there. Rows whose unique values were exchanged are deleted together and inserted again, unless others
 * refer to them. Nothing is deleted that a row here refers to, so nothing cascades.
 */
final class RowWriter {

    /** Foreign key, unique and exclusion constraints. */
    private static final Set<String> DOES_NOT_FIT = Set.of("23503", "23505", "23P01");

    /** Tables with the columns that refer to a table's, as one condition. */
    private static final String REFERRING = "SELECT r.conrelid = r.confrelid, r.conrelid::regclass::text,"
            + " (SELECT string_agg('referring.' || quote_ident(c.attname) || ' = stored.' || quote_ident(p.attname), ' AND ')"
            + " FROM unnest(r.conkey, r.confkey) AS k(c, p)"
            + " JOIN pg_attribute c ON c.attrelid = r.conrelid AND c.attnum = k.c"
            + " JOIN pg_attribute p ON p.attrelid = r.confrelid AND p.attnum = k.p)"
            + " FROM pg_constraint r WHERE r.contype = 'f' AND r.confrelid = CAST(? AS regclass)";

    private final Statements sql;
    private final List<TableShape> shapes;

    /** {@code shapes} with parents before children. */
    RowWriter(Statements sql, List<TableShape> shapes) {
        this.sql = sql;
        this.shapes = shapes;
    }

    /** Inserts rows that are not here; the others were written by a later change, or will be. */
    void insertMissing(List<Row> rows, int[] slots) throws SQLException {
        for (TableShape shape : shapes) {
            List<Row> here = of(shape, rows);
            String insert = insert(shape) + " ON CONFLICT DO NOTHING";
            if (here.isEmpty() || sql.unless(DOES_NOT_FIT, s -> s.update(insert, contents(here)))) {
                continue;
            }
            for (Row row : here) {
                if (!sql.unless(DOES_NOT_FIT, s -> s.update(insert, List.of(row.content())))) {
                    keep(row.key(), row.content(), slots, " DO NOTHING");
                }
            }
        }
    }

    /** Makes keys what they are elsewhere: those with a row are written, the others' rows deleted. */
    void apply(List<Row.Key> keys, List<Row> rows, int[] slots) throws SQLException {
        Map<Row.Key, Row> writes = new LinkedHashMap<>();
        List<Row.Key> deletes = new ArrayList<>();
        Set<Row.Key> fresh =
                Stream.concat(rows.stream().map(Row::key), keys.stream()).collect(Collectors.toSet());
        takeLate(slots, writes, deletes);
        writes.keySet().removeAll(fresh);
        deletes.removeAll(fresh);
        rows.forEach(row -> writes.put(row.key(), row));
        keys.stream().filter(key -> !writes.containsKey(key)).forEach(deletes::add);
        boolean exchanged = false;
        for (int left = -1; left != writes.size() + deletes.size() && left != 0; ) {
            left = writes.size() + deletes.size();
            deletes(deletes);
            writes(writes);
            if (left == writes.size() + deletes.size() && !writes.isEmpty() && !exchanged) {
                exchanged = true;
                exchange(writes);
            }
        }
        for (Row row : writes.values()) {
            keep(
                    row.key(),
                    row.content(),
                    slots,
                    " (table_name, key, shard_key) DO UPDATE SET content = excluded.content");
        }
        for (Row.Key key : deletes) {
            keep(key, null, slots, " (table_name, key, shard_key) DO UPDATE SET content = NULL");
        }
    }

    private void keep(Row.Key key, @Nullable String content, int[] slots, String conflict) throws SQLException {
        sql.update(
                "INSERT INTO tenfold_late_v1 (table_name, key, shard_key, slots, content)"
                        + " VALUES (?, CAST(? AS text[]), ?, ?, ?) ON CONFLICT" + conflict,
                key.table(),
                TableShape.literal(key.id()),
                key.shardKey(),
                slots,
                content);
    }

    private void takeLate(int[] slots, Map<Row.Key, Row> writes, List<Row.Key> deletes) throws SQLException {
        sql.each(
                "DELETE FROM tenfold_late_v1 WHERE slots && ? RETURNING table_name, key, shard_key, content",
                row -> {
                    Row.Key key = new Row.Key(row.getString(1), TableScan.texts(row, 2), row.getString(3));
                    String content = row.getString(4);
                    return content == null ? deletes.add(key) : writes.put(key, new Row(key, content)) == null;
                },
                slots);
    }

    /** Children first. Forgets the keys whose rows are gone. */
    private void deletes(List<Row.Key> keys) throws SQLException {
        for (int i = shapes.size() - 1; i >= 0; i--) {
            TableShape shape = shapes.get(i);
            List<Row.Key> here =
                    keys.stream().filter(k -> k.table().equals(shape.name())).toList();
            keys.removeAll(Set.copyOf(delete(shape, here)));
        }
    }

    /**
     * Deletes rows that no other row refers to, in as many rounds as rows of the table refer to each other.
     *
     * @return the keys that have no row any more
     */
    List<Row.Key> delete(TableShape shape, List<Row.Key> keys) throws SQLException {
        if (keys.isEmpty()) {
            return keys;
        }
        String asked = " unnest(?::text[], ?::text[]) AS asked(id, shard_key) WHERE "
                + shape.matches("stored", "asked.id") + " AND stored." + shape.shardKey()
                + " = CAST(asked.shard_key AS " + shape.shardKeyType() + ")";
        List<String> ids = TableScan.literals(keys);
        List<String> shardKeys = keys.stream().map(Row.Key::shardKey).toList();
        String delete = "DELETE FROM " + shape.name() + " stored USING" + asked + unreferred(shape);
        int deleted;
        int all = 0;
        do {
            deleted = sql.update(delete, ids, shardKeys);
            all += deleted;
        } while (deleted > 0 && all < keys.size());
        if (all == keys.size()) {
            return keys;
        }
        Set<String> left = Set.copyOf(sql.list(
                "SELECT asked.id FROM " + shape.name() + " stored," + asked, row -> row.getString(1), ids, shardKeys));
        return keys.stream()
                .filter(key -> !left.contains(TableShape.literal(key.id())))
                .toList();
    }

    private String unreferred(TableShape shape) throws SQLException {
        return String.join(
                "",
                sql.list(
                        REFERRING,
                        row -> " AND NOT EXISTS (SELECT FROM " + row.getString(2) + " referring WHERE "
                                + row.getString(3) + (row.getBoolean(1) ? " AND referring.ctid <> stored.ctid" : "")
                                + ")",
                        shape.name()));
    }

    /** Parents first. Forgets the rows that are written. */
    private void writes(Map<Row.Key, Row> rows) throws SQLException {
        for (TableShape shape : shapes) {
            List<Row> here = of(shape, rows.values());
            if (here.isEmpty()) {
                continue;
            }
            if (sql.unless(DOES_NOT_FIT, s -> write(shape, here))) {
                here.forEach(row -> rows.remove(row.key()));
                continue;
            }
            for (Row row : here) {
                if (sql.unless(DOES_NOT_FIT, s -> write(shape, List.of(row)))) {
                    rows.remove(row.key());
                }
            }
        }
    }

    private boolean write(TableShape shape, List<Row> rows) throws SQLException {
        List<String> fixed = shape.columns().stream()
                .filter(c -> c.identity() && !shape.primaryKey().contains(c))
                .map(Column::name)
                .toList();
        if (!fixed.isEmpty()) {
            // Such a column cannot be updated; where it differs, another row has taken the key.
            sql.update(
                    "DELETE FROM " + shape.name() + " stored USING " + sent(shape) + " WHERE "
                            + shape.primaryKey().stream()
                                    .map(c -> "stored." + c.name() + " = (sent.whole)." + c.name())
                                    .collect(Collectors.joining(" AND "))
                            + " AND "
                            + fixed.stream()
                                    .map(c -> "stored." + c + " <> (sent.whole)." + c)
                                    .collect(Collectors.joining(" OR ", "(", ")"))
                            + unreferred(shape),
                    contents(rows));
        }
        String changes = shape.columns().stream()
                .filter(c ->
                        !c.generated() && !c.identity() && !shape.primaryKey().contains(c))
                .map(c -> c.name() + " = excluded." + c.name())
                .collect(Collectors.joining(", "));
        // Without other columns the key is set to itself: the row counts as written.
        String first = shape.primaryKey().get(0).name();
        int written = sql.update(
                insert(shape) + " ON CONFLICT (" + shape.primaryKeyNames("") + ") DO UPDATE SET "
                        + (changes.isEmpty() ? first + " = excluded." + first : changes) + " WHERE stored."
                        + shape.shardKey() + " = excluded." + shape.shardKey(),
                contents(rows));
        if (written != rows.size()) {
            throw new SQLException(
                    "one of " + rows.size() + " rows of " + shape.name() + " from "
                            + rows.get(0).key() + " on has the primary key of a row with another shard key here",
                    "23505");
        }
        return true;
    }

    /** Deletes rows that hold each other's unique values, and inserts them as they should be. */
    private void exchange(Map<Row.Key, Row> rows) throws SQLException {
        for (TableShape shape : shapes) {
            List<Row> here = of(shape, rows.values());
            if (!here.isEmpty()
                    && sql.unless(DOES_NOT_FIT, s -> {
                        delete(shape, here.stream().map(Row::key).toList());
                        return write(shape, here);
                    })) {
                here.forEach(row -> rows.remove(row.key()));
            }
        }
    }

    private static String sent(TableShape shape) {
        return "(SELECT CAST(x AS " + shape.name() + ") AS whole FROM unnest(?::text[]) AS x OFFSET 0) AS sent";
    }

    private static String insert(TableShape shape) {
        // Generated columns are computed again from the others.
        List<String> names = shape.columns().stream()
                .filter(c -> !c.generated())
                .map(Column::name)
                .toList();
        return "INSERT INTO " + shape.name() + " AS stored (" + String.join(", ", names)
                + ") OVERRIDING SYSTEM VALUE SELECT "
                + names.stream().map(c -> "(sent.whole)." + c).collect(Collectors.joining(", ")) + " FROM "
                + sent(shape);
    }

    private static List<Row> of(TableShape shape, Collection<Row> rows) {
        return rows.stream()
                .filter(row -> row.key().table().equals(shape.name()))
                .toList();
    }

    private static List<String> contents(List<Row> rows) {
        return rows.stream().map(Row::content).toList();
    }
}
