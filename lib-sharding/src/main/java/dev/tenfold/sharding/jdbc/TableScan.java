package dev.tenfold.sharding.jdbc;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Slotting;
import dev.tenfold.sharding.jdbc.Transactions.Statements;
import dev.tenfold.sharding.reshard.Cursor;
import dev.tenfold.sharding.reshard.Row;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the rows of some slots, table by table, each in the order of its primary key. The database cannot compute a
 * key's slot, so the keys of all rows are read, and the rest of those rows only whose slots are wanted.
 *
 * <p>A place is the table's name, a space, and the primary key of the last row as an array literal; without the literal,
 * before the table's first row.
 */
final class TableScan {

    /** As the text that PostgreSQL makes of a whole row, which loses nothing of any type. */
    static final String WHOLE = "CAST(stored AS text)";

    /** Of that text; the same in every version of PostgreSQL, unlike its own hash functions. */
    static final String DIGEST = "md5(CAST(stored AS text))";

    /** How many keys one page holds where a range has no other limit. */
    private static final int PAGE = 5_000;

    /** Keys of rows in the wanted slots, and the place after the last row that was looked at. */
    record Page(List<Row.Key> keys, Cursor next, int lookedAt) {}

    private record Seen(Row.Key key, boolean wanted) {}

    private final Statements sql;
    private final List<TableShape> shapes;
    private final Slotting<Object> slotting;

    TableScan(Statements sql, List<TableShape> shapes, Slotting<Object> slotting) {
        this.sql = sql;
        this.shapes = shapes;
        this.slotting = slotting;
    }

    TableShape shape(String table) {
        for (TableShape shape : shapes) {
            if (shape.name().equals(table)) {
                return shape;
            }
        }
        throw new IllegalStateException("table: " + table + " (expected: one of "
                + shapes.stream().map(TableShape::name).toList() + ", which this store moves)");
    }

    /** Looks at rows of one table: at most so many, and no further than {@code to}. */
    Page page(ShardMap map, int[] slots, Cursor from, Cursor to, int atMost) throws SQLException {
        if (from.equals(Cursor.END)) {
            return new Page(List.of(), Cursor.END, 0);
        }
        TableShape shape = from.equals(Cursor.START) ? shapes.get(0) : shape(tableOf(from));
        boolean ends = !to.equals(Cursor.END) && tableOf(to).equals(shape.name()) && literalOf(to) != null;
        BitSet wanted = new BitSet(map.allSlots());
        for (int slot : slots) {
            wanted.set(slot);
        }
        String after = literalOf(from);
        List<@Nullable Object> values = new ArrayList<>();
        List<String> conditions = new ArrayList<>();
        if (after != null) {
            conditions.add("(" + shape.primaryKeyNames("stored.") + ") > (" + shape.values("?") + ")");
            shape.primaryKey().forEach(column -> values.add(after));
        }
        if (ends) {
            conditions.add("(" + shape.primaryKeyNames("stored.") + ") <= (" + shape.values("?") + ")");
            shape.primaryKey().forEach(column -> values.add(literalOf(to)));
        }
        values.add(atMost);
        List<Seen> seen = sql.list(
                "SELECT " + shape.primaryKeyText("stored") + ", stored." + shape.shardKey() + "::text, stored."
                        + shape.shardKey() + " FROM " + shape.name() + " stored"
                        + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions)) + " ORDER BY "
                        + shape.primaryKeyNames("stored.") + " LIMIT ?",
                row -> {
                    Row.Key key = new Row.Key(shape.name(), texts(row, 1), text(row, shape));
                    return new Seen(key, wanted.get(slot(map, shape, row.getObject(3))));
                },
                values.toArray());
        List<Row.Key> keys = seen.stream().filter(Seen::wanted).map(Seen::key).toList();
        Cursor next;
        if (seen.size() >= atMost) {
            next = at(seen.get(seen.size() - 1).key());
        } else {
            next = ends ? to : after(shape);
        }
        return new Page(keys, next, seen.size());
    }

    private Cursor after(TableShape shape) {
        int at = shapes.indexOf(shape) + 1;
        return at == shapes.size() ? Cursor.END : new Cursor(shapes.get(at).name());
    }

    /** Digests all that lies between two places, page by page. */
    Map<Row.Key, String> digests(ShardMap map, int[] slots, Cursor from, Cursor to) throws SQLException {
        Map<Row.Key, String> digests = new HashMap<>();
        // A place before a table's first row is where the table before it ends.
        for (Cursor at = from; !at.equals(to) && !at.equals(Cursor.END); ) {
            Page page = page(map, slots, at, to, PAGE);
            content(page.keys(), DIGEST, digests::put);
            at = page.next();
        }
        return digests;
    }

    /** Takes a row's key and what was asked of it. */
    @FunctionalInterface
    interface Content {
        void of(Row.Key key, String content) throws SQLException;
    }

    /**
     * Fetches rows as they stand now. A row that has meanwhile gone, or has the primary key but another shard key, is not
     * there. Keys are compared as values: the row's own text is handed on.
     *
     * @return the keys, of those given, that have a row
     */
    List<Row.Key> content(List<Row.Key> keys, String expression, Content content) throws SQLException {
        List<Row.Key> there = new ArrayList<>();
        for (TableShape shape : shapes) {
            List<Row.Key> here =
                    keys.stream().filter(k -> k.table().equals(shape.name())).toList();
            if (here.isEmpty()) {
                continue;
            }
            sql.each(
                    "SELECT asked.at, " + shape.primaryKeyText("stored") + ", stored." + shape.shardKey() + "::text, "
                            + expression
                            + " FROM unnest(?::text[], ?::text[]) WITH ORDINALITY AS asked(id, shard_key, at) JOIN "
                            + shape.name() + " stored ON " + shape.matches("stored", "asked.id") + " AND stored."
                            + shape.shardKey() + " = CAST(asked.shard_key AS " + shape.shardKeyType()
                            + ") ORDER BY asked.at",
                    row -> {
                        there.add(here.get(row.getInt(1) - 1));
                        content.of(new Row.Key(shape.name(), texts(row, 2), row.getString(3)), row.getString(4));
                        return true;
                    },
                    literals(here),
                    here.stream().map(Row.Key::shardKey).toList());
        }
        return there;
    }

    static List<String> literals(List<Row.Key> keys) {
        return keys.stream().map(key -> TableShape.literal(key.id())).toList();
    }

    /** Counts rows by slot, reading every key of a table once. */
    Map<Integer, Long> count(ShardMap map, TableShape shape) throws SQLException {
        Map<Integer, Long> counts = new TreeMap<>();
        sql.each(
                "SELECT " + shape.shardKey() + ", count(*) FROM " + shape.name() + " GROUP BY 1",
                row -> counts.merge(slot(map, shape, row.getObject(1)), row.getLong(2), Long::sum));
        return counts;
    }

    /** The slot of a key that travelled as text. */
    int slotOf(ShardMap map, Row.Key key) throws SQLException {
        TableShape shape = shape(key.table());
        return sql.list(
                        "SELECT CAST(? AS " + shape.shardKeyType() + ")",
                        row -> slot(map, shape, row.getObject(1)),
                        key.shardKey())
                .get(0);
    }

    private int slot(ShardMap map, TableShape shape, @Nullable Object value) {
        if (value == null) {
            throw new IllegalStateException(shape.name() + "." + shape.shardKey()
                    + ": null (expected: a key in every row; without one a row has no home)");
        }
        Object key =
                value instanceof Integer || value instanceof Short ? Long.valueOf(((Number) value).longValue()) : value;
        try {
            return slotting.slotOf(map, shape.table().key().apply(key));
        } catch (ClassCastException other) {
            throw new IllegalStateException(
                    "key of table " + shape.name() + ": a " + key.getClass().getName()
                            + " (expected: a key of the store's slotting; name what makes one of the column's value in"
                            + " ShardedTable.key)",
                    other);
        }
    }

    private static String text(ResultSet row, TableShape shape) throws SQLException {
        String text = row.getString(2);
        if (text == null) {
            throw new IllegalStateException(
                    shape.name() + "." + shape.shardKey() + ": null (expected: a key in every row)");
        }
        return text;
    }

    static List<String> texts(ResultSet row, int column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }

    /** The place after a row. */
    static Cursor at(Row.Key key) {
        return new Cursor(key.table() + " " + TableShape.literal(key.id()));
    }

    private static String tableOf(Cursor place) {
        int space = place.text().indexOf(' ');
        return space < 0 ? place.text() : place.text().substring(0, space);
    }

    private static @Nullable String literalOf(Cursor place) {
        int space = place.text().indexOf(' ');
        return space < 0 ? null : place.text().substring(space + 1);
    }

    /** The one that comes first of places in the order of the rows. */
    Cursor least(List<Cursor> places) throws SQLException {
        if (places.contains(Cursor.START)) {
            return Cursor.START;
        }
        for (TableShape shape : shapes) {
            List<Cursor> here = places.stream()
                    .filter(place -> !place.equals(Cursor.END) && tableOf(place).equals(shape.name()))
                    .toList();
            if (!here.isEmpty()) {
                List<String> literals = new ArrayList<>();
                for (Cursor place : here) {
                    String literal = literalOf(place);
                    if (literal == null) {
                        return place;
                    }
                    literals.add(literal);
                }
                return new Cursor(shape.name() + " "
                        + sql.list(
                                        "SELECT place FROM unnest(?::text[]) place ORDER BY " + shape.values("place")
                                                + " LIMIT 1",
                                        row -> row.getString(1),
                                        literals)
                                .get(0));
            }
        }
        return Cursor.END;
    }
}
