package dev.tenfold.sharding.jdbc;

import dev.tenfold.sharding.jdbc.Transactions.Statements;
import dev.tenfold.sharding.reshard.Changes;
import dev.tenfold.sharding.reshard.Row;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The keys that were written, in {@code tenfold_mark_v1}. Numbers are drawn before transactions commit, so a mark may appear
 * below one that was seen already: what was seen is deleted by number, one by one, and nothing goes by the highest.
 */
final class Marks {

    /** Above this, marks are not counted. */
    private static final int COUNTED = 10_000;

    private Marks() {}

    static Changes changes(Statements sql, TableScan scan, String schema, int[] slots, int atMost) throws SQLException {
        List<Long> marks = new ArrayList<>();
        Set<Row.Key> keys = new LinkedHashSet<>();
        sql.each(
                "SELECT id, table_name, key, shard_key FROM tenfold_mark_v1 WHERE slots && ? ORDER BY id LIMIT ?",
                row -> {
                    marks.add(row.getLong(1));
                    return keys.add(new Row.Key(row.getString(2), TableScan.texts(row, 3), row.getString(4)));
                },
                slots,
                atMost);
        // A later statement than that of the marks: it sees all that they stand for.
        List<Row> rows = new ArrayList<>();
        List<Row.Key> there =
                scan.content(List.copyOf(keys), TableScan.WHOLE, (key, content) -> rows.add(new Row(key, content)));
        // A key that was written in another way, as 1.0 and 1.00 are, is that of its row.
        Map<Row.Key, Row.Key> own = new HashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            own.put(there.get(i), rows.get(i).key());
        }
        return new Changes(
                marks,
                keys.stream().map(key -> own.getOrDefault(key, key)).distinct().toList(),
                rows.stream().distinct().toList(),
                schema);
    }

    static long count(Statements sql, int[] slots) throws SQLException {
        return sql.number(
                "SELECT count(*) FROM (SELECT FROM tenfold_mark_v1 WHERE slots && ? LIMIT ?) counted",
                slots,
                COUNTED + 1);
    }

    static int forget(Statements sql, Changes changes) throws SQLException {
        return changes.isEmpty() ? 0 : sql.update("DELETE FROM tenfold_mark_v1 WHERE id = ANY(?)", changes.marks());
    }

    /** The database cannot tell which of the slots each key is in; the marks are of them all. */
    static void add(Statements sql, int[] slots, List<Row.Key> keys) throws SQLException {
        for (Row.Key key : keys) {
            sql.update(
                    "INSERT INTO tenfold_mark_v1 (slots, table_name, key, shard_key) VALUES (?, ?, CAST(? AS text[]), ?)",
                    slots,
                    key.table(),
                    TableShape.literal(key.id()),
                    key.shardKey());
        }
    }
}
