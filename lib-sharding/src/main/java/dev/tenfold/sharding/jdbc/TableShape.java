package dev.tenfold.sharding.jdbc;

import dev.tenfold.sharding.jdbc.Transactions.Statements;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a table looks like, as the catalog says, and the pieces of SQL that follow from it. A row's primary key travels as an
 * array of text, which is written into statements as one literal: {@code {"1","b"}}.
 *
 * @param table as the user named it
 * @param columns in the order in which a row's text has them
 * @param primaryKey in the order of the index
 */
record TableShape(ShardedTable table, List<Column> columns, List<Column> primaryKey) {

    /** Names are as SQL writes them, types in full. */
    record Column(String name, String type, boolean nullable, boolean generated, boolean identity, String collation) {}

    private record Found(Column column, int keyPosition) {}

    private static final String COLUMNS = "SELECT quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),"
            + " NOT a.attnotnull, a.attgenerated <> '', a.attidentity = 'a', CASE WHEN a.attcollation = 0 THEN ''"
            + " WHEN a.attcollation = 'pg_catalog.\"default\"'::regcollation"
            + " THEN (SELECT datcollate::text FROM pg_database WHERE datname = current_database())"
            + " ELSE a.attcollation::regcollation::text END,"
            + " coalesce((SELECT array_position(i.indkey::int2[], a.attnum) FROM pg_index i"
            + " WHERE i.indrelid = a.attrelid AND i.indisprimary"
            + " AND array_position(i.indkey::int2[], a.attnum) < i.indnkeyatts), -1)"
            + " FROM pg_attribute a WHERE a.attrelid = CAST(? AS regclass) AND a.attnum > 0 AND NOT a.attisdropped"
            + " ORDER BY a.attnum";

    static TableShape of(Statements sql, ShardedTable table) throws SQLException {
        List<Found> found = sql.list(
                COLUMNS,
                row -> new Found(
                        new Column(
                                row.getString(1),
                                row.getString(2),
                                row.getBoolean(3),
                                row.getBoolean(4),
                                row.getBoolean(5),
                                row.getString(6)),
                        row.getInt(7)),
                table.name());
        return new TableShape(
                table,
                found.stream().map(Found::column).toList(),
                found.stream()
                        .filter(f -> f.keyPosition >= 0)
                        .sorted(Comparator.comparingInt(Found::keyPosition))
                        .map(Found::column)
                        .toList());
    }

    static List<TableShape> all(Statements sql, List<ShardedTable> tables) throws SQLException {
        List<TableShape> shapes = new ArrayList<>();
        for (ShardedTable table : tables) {
            shapes.add(of(sql, table));
        }
        return shapes;
    }

    String name() {
        return table.name();
    }

    /** The shard key's column, as SQL writes it. */
    String shardKey() {
        return table.keyColumn();
    }

    /** The column of the shard key, if there is one. */
    List<Column> shardKeyColumn() {
        return columns.stream().filter(c -> c.name().equals(table.keyColumn())).toList();
    }

    String shardKeyType() {
        List<Column> column = shardKeyColumn();
        if (column.isEmpty()) {
            throw new IllegalStateException(
                    "key column: " + table.keyColumn() + " (expected: a column of table " + name() + ")");
        }
        return column.get(0).type();
    }

    /** What must be equal on two shards for rows to go from one to the other, and for both to go through them in one order. */
    String schema() {
        return name() + "("
                + columns.stream()
                        .map(c -> c.name() + " " + c.type() + (c.nullable() ? "" : " not null")
                                + (c.generated() ? " generated" : ""))
                        .collect(Collectors.joining(", "))
                + "; primary key "
                + primaryKey.stream()
                        .map(c -> c.name() + (c.collation().isEmpty() ? "" : " collate " + c.collation()))
                        .collect(Collectors.joining(", "))
                + "; by " + shardKey() + ")";
    }

    static String schema(List<TableShape> shapes) {
        return shapes.stream().map(TableShape::schema).collect(Collectors.joining("; "));
    }

    /** The columns of the primary key, each with its table in front where names alone might mean a result's columns. */
    String primaryKeyNames(String prefix) {
        return join(c -> prefix + c.name());
    }

    /** An array of text with a row's primary key. */
    String primaryKeyText(String alias) {
        return "ARRAY[" + join(c -> alias + "." + c.name() + "::text") + "]";
    }

    /** The primary key in an expression that is an array literal, as a list of values of the columns' types. */
    String values(String literal) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < primaryKey.size(); i++) {
            values.add("CAST((CAST(" + literal + " AS text[]))[" + (i + 1) + "] AS "
                    + primaryKey.get(i).type() + ")");
        }
        return String.join(", ", values);
    }

    /** Whether a row's primary key is the one in an expression that is an array literal. */
    String matches(String alias, String literal) {
        List<String> equal = new ArrayList<>();
        for (int i = 0; i < primaryKey.size(); i++) {
            equal.add(alias + "." + primaryKey.get(i).name() + " = CAST((CAST(" + literal + " AS text[]))[" + (i + 1)
                    + "] AS " + primaryKey.get(i).type() + ")");
        }
        return String.join(" AND ", equal);
    }

    private String join(Function<Column, String> piece) {
        return primaryKey.stream().map(piece).collect(Collectors.joining(", "));
    }

    /** Writes texts as the database's own array. */
    static String literal(List<String> texts) {
        return texts.stream()
                .map(text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }
}
