package dev.tenfold.sharding.jdbc;

import dev.tenfold.sharding.jdbc.Transactions.Statements;
import dev.tenfold.sharding.reshard.ShardStore.Preflight;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Looks for what would stop a move half way, and says what to do about it. */
final class Preflights {

    private static final int OLDEST = 140_000;

    private static final List<String> TRIGGERS =
            List.of("tenfold_guard_v1", "tenfold_truncate_v1", "tenfold_key_v1", "tenfold_mark_v1");

    private final Statements sql;
    private final String shard;
    private final List<String> problems = new ArrayList<>();

    Preflights(Statements sql, String shard) {
        this.sql = sql;
        this.shard = shard;
    }

    /** Without these, a table cannot even be guarded. */
    static void requireKeys(TableShape shape) {
        if (shape.primaryKey().isEmpty()) {
            throw new IllegalStateException(
                    "table " + shape.name() + ": no primary key (expected: one; what was written is sent again by it)");
        }
        shape.shardKeyType();
    }

    Preflight look(List<ShardedTable> tables) throws SQLException {
        long version = sql.number("SELECT current_setting('server_version_num')::integer");
        require(version >= OLDEST, "server version " + version, "14 or newer");
        List<TableShape> shapes = new ArrayList<>();
        for (ShardedTable table : tables) {
            if (sql.holds("SELECT to_regclass(?) IS NULL", table.name())) {
                problems.add(text("table " + table.name() + " is missing", "the same tables on every shard"));
            } else {
                TableShape shape = TableShape.of(sql, table);
                shapes.add(shape);
                look(shape, tables);
            }
        }
        return new Preflight(problems, TableShape.schema(shapes));
    }

    private void look(TableShape shape, List<ShardedTable> tables) throws SQLException {
        String table = "table " + shape.name();
        require(
                sql.holds("SELECT relkind = 'r' FROM pg_class WHERE oid = CAST(? AS regclass)", shape.name()),
                table + " is a view, partitioned or foreign",
                "an ordinary table; name the partitions instead");
        require(
                !shape.primaryKey().isEmpty(),
                table + " has no primary key",
                "one; what was written is sent again by it");
        if (shape.shardKeyColumn().isEmpty()) {
            problems.add(text(table + " has no column " + shape.shardKey(), "the column of the shard key"));
        } else {
            TableShape.Column key = shape.shardKeyColumn().get(0);
            require(
                    !key.nullable(),
                    table + ": " + key.name() + " may be null",
                    "NOT NULL; a row without key has no home");
        }
        each(
                "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = CAST(? AS regclass) AND NOT indimmediate",
                shape,
                index -> text(
                        table + ": constraint " + index + " is deferrable",
                        "NOT DEFERRABLE; rows are written one by one"));
        each(
                "SELECT a.attname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = CAST(? AS regclass)"
                        + " AND a.attnum > 0 AND NOT a.attisdropped AND (t.typtype = 'p' OR t.typinput = 0 OR t.typoutput = 0)",
                shape,
                column -> text(
                        table + ": " + column + " has a type without text form", "a type whose values can be written"));
        each(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(? AS regclass) AND NOT tgisinternal AND tgenabled IN ('O', 'A')"
                        + " AND tgname NOT LIKE 'tenfold%' AND pg_get_triggerdef(oid) NOT LIKE '%tenfold.slot%'",
                shape,
                trigger -> text(
                        table + ": trigger " + trigger + " would run again for rows that move",
                        "WHEN (current_setting('tenfold.slot', true) IS DISTINCT FROM 'mover')"));
        List<String> names = tables.stream().map(ShardedTable::name).toList();
        each(
                "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid = CAST(? AS regclass)",
                shape,
                other -> names.contains(other)
                        ? null
                        : text(
                                "table " + other + " refers to " + table + " and does not move with it",
                                "list it among the store's tables, after " + shape.name()));
        each(
                "SELECT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid = CAST(? AS regclass)",
                shape,
                other -> names.contains(other) && names.indexOf(other) > names.indexOf(shape.name())
                        ? text(table + " comes before " + other + ", which it refers to", "parents before children")
                        : null);
        guards(shape, table);
    }

    private void guards(TableShape shape, String table) throws SQLException {
        boolean owner = sql.holds(
                "SELECT pg_has_role(relowner, 'USAGE') OR has_table_privilege(oid, 'TRIGGER') FROM pg_class"
                        + " WHERE oid = CAST(? AS regclass)",
                shape.name());
        for (String trigger : TRIGGERS) {
            // One that is not there yet is no obstacle: the shard is installed before rows move.
            require(
                    owner || !GuardTables.missing(sql, shape.name(), trigger),
                    table + ": trigger " + trigger + " is missing and this role may not create it",
                    "the owner's role, or GRANT TRIGGER");
        }
        each(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(? AS regclass) AND tgname LIKE 'tenfold%'"
                        + " AND tgenabled NOT IN ('O', 'A')",
                shape,
                trigger -> text(
                        table + ": trigger " + trigger + " is disabled", "ALTER TABLE ... ENABLE TRIGGER " + trigger));
        require(
                sql.holds(
                        "SELECT has_table_privilege(CAST(? AS regclass), 'SELECT') AND"
                                + " has_table_privilege(CAST(? AS regclass), 'INSERT') AND"
                                + " has_table_privilege(CAST(? AS regclass), 'UPDATE') AND"
                                + " has_table_privilege(CAST(? AS regclass), 'DELETE')",
                        shape.name(),
                        shape.name(),
                        shape.name(),
                        shape.name()),
                table + ": this role may not read and write it",
                "GRANT SELECT, INSERT, UPDATE, DELETE");
        require(
                !sql.holds("SELECT row_security_active(CAST(? AS regclass))", shape.name()),
                table + ": policies hide rows from this role",
                "a role with BYPASSRLS, or the owner");
    }

    /** Makes a problem of what was found, or null. */
    @FunctionalInterface
    private interface Finding {
        @org.jspecify.annotations.Nullable
        String of(String found);
    }

    private void each(String query, TableShape shape, Finding finding) throws SQLException {
        sql.each(
                query,
                row -> {
                    String problem = finding.of(row.getString(1));
                    return problem == null || problems.add(problem);
                },
                shape.name());
    }

    private void require(boolean holds, String found, String expected) {
        if (!holds) {
            problems.add(text(found, expected));
        }
    }

    private String text(String found, String expected) {
        return "shard " + shard + ": " + found + " (expected: " + expected + ")";
    }
}
