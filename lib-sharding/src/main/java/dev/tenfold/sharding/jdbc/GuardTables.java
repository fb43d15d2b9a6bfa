package dev.tenfold.sharding.jdbc;

import dev.tenfold.sharding.jdbc.TableShape.Column;
import dev.tenfold.sharding.jdbc.Transactions.Statements;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Creates what a shard needs beside its rows. Everything has its version in its name; a later version of this library makes
 * other ones.
 *
 * <ul>
 *   <li>{@code tenfold_slot_v1}: what this shard does with each slot. Every writer locks its slot's row through {@link
 *       ShardGuard}, so changing it waits for them.
 *   <li>{@code tenfold_mover_v1}: the movers' tokens, apart, so that claiming a slot waits for no writer; whether writes are
 *       recorded, so that this ends without waiting; and how far copying and clearing got.
 *   <li>{@code tenfold_mark_v1}: the keys that were written while that is recorded.
 *   <li>{@code tenfold_late_v1}: changes of another shard that do not fit in yet, such as a row before the row it refers to.
 * </ul>
 *
 * <p>Triggers on every sharded table: a statement in a transaction that passed no guard is refused, once per statement and
 * without a function call where it passed; {@code TRUNCATE} and a changed shard key are refused; and a changed row leaves a
 * mark if its slot is recorded. Row triggers whose condition fails cost less than statement triggers with transition tables,
 * which are filled whether anyone looks or not.
 */
final class GuardTables {

    private static final List<String> TABLES = List.of(
            "CREATE TABLE IF NOT EXISTS tenfold_slot_v1 (slot integer PRIMARY KEY, shard text NOT NULL,"
                    + " epoch bigint NOT NULL, peer text, captured boolean NOT NULL DEFAULT false, state text NOT NULL"
                    + " CHECK (state IN ('OWNER', 'FENCED', 'INCOMING', 'CLOSED')))",
            "CREATE TABLE IF NOT EXISTS tenfold_mover_v1 (slot integer PRIMARY KEY, token bigint NOT NULL,"
                    + " recording boolean NOT NULL DEFAULT false, copied text, cleared text)",
            "CREATE TABLE IF NOT EXISTS tenfold_mark_v1 (id bigserial PRIMARY KEY, slots integer[] NOT NULL,"
                    + " table_name text NOT NULL, key text[] NOT NULL, shard_key text NOT NULL)",
            "CREATE TABLE IF NOT EXISTS tenfold_late_v1 (table_name text NOT NULL, key text[] NOT NULL,"
                    + " shard_key text NOT NULL, slots integer[] NOT NULL, content text,"
                    + " PRIMARY KEY (table_name, key, shard_key))");

    private static final String REFUSE = "CREATE OR REPLACE FUNCTION %1$s.tenfold_refuse_v1() RETURNS trigger"
            + " LANGUAGE plpgsql AS $body$ BEGIN"
            + " IF TG_OP = 'TRUNCATE' THEN RAISE EXCEPTION USING ERRCODE = '" + ShardGuard.TRUNCATED + "',"
            + " MESSAGE = 'TRUNCATE of sharded table ' || TG_TABLE_NAME,"
            + " HINT = 'Use DELETE: a move that is under way must see which rows go.';"
            + " ELSIF TG_LEVEL = 'ROW' THEN RAISE EXCEPTION USING ERRCODE = '" + ShardGuard.KEY_CHANGED + "',"
            + " MESSAGE = 'changed shard key in a row of sharded table ' || TG_TABLE_NAME,"
            + " HINT = 'Delete the row and insert it with the other key, on the shard of that key.';"
            + " ELSE RAISE EXCEPTION USING ERRCODE = '" + ShardGuard.UNGUARDED + "',"
            + " MESSAGE = TG_OP || ' on sharded table ' || TG_TABLE_NAME || ' in a transaction that passed no shard guard',"
            + " HINT = 'Call ShardGuard.check with the route of the row''s key first, in the same transaction.';"
            + " END IF; END $body$";

    private static final String MARK = "CREATE OR REPLACE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql"
            + " SECURITY DEFINER SET search_path = pg_catalog, pg_temp%2$s AS $body$%3$s$body$";

    /** Fixed, so that a key has one text whoever writes it. Changing them costs as much as the mark, so only where need be. */
    private static final String TEXT_SETTINGS = " SET timezone = 'UTC' SET datestyle = 'ISO, YMD'"
            + " SET intervalstyle = 'postgres' SET bytea_output = 'hex' SET extra_float_digits = 1";

    /** Types whose text depends on no setting. */
    private static final Pattern PLAIN = Pattern.compile(
            "smallint|integer|bigint|text|uuid|boolean" + "|(numeric|character|character varying)(\\(.*\\))?");

    private final Statements sql;
    private final String schema;

    private GuardTables(Statements sql, String schema) {
        this.sql = sql;
        this.schema = schema;
    }

    /** Creates the tables; two processes that did so at once would fail on each other, so one waits. */
    static void createTables(Statements sql) throws SQLException {
        sql.list("SELECT pg_advisory_xact_lock(hashtext('tenfold_slot_v1'))", row -> true);
        if (!exist(sql)) {
            for (String table : TABLES) {
                sql.run(table);
            }
        }
    }

    /** Says whether the shard has been prepared: before, it has no slot, and no mover has claimed any. */
    static boolean exist(Statements sql) throws SQLException {
        return sql.holds("SELECT to_regclass('tenfold_late_v1') IS NOT NULL");
    }

    static void createTriggers(Statements sql, List<TableShape> shapes) throws SQLException {
        GuardTables guards = new GuardTables(sql, schemaOf(sql, "tenfold_mark_v1"));
        for (TableShape shape : shapes) {
            guards.create(shape);
        }
    }

    private static String schemaOf(Statements sql, String table) throws SQLException {
        return sql.list(
                        "SELECT quote_ident(nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                                + " WHERE c.oid = CAST(? AS regclass)",
                        row -> row.getString(1),
                        table)
                .get(0);
    }

    /** Changes nothing that is as it should be: a trigger is created under a lock that stops every writer. */
    private void create(TableShape shape) throws SQLException {
        if (!sql.holds("SELECT to_regproc(?) IS NOT NULL", schema + ".tenfold_refuse_v1")) {
            sql.run(REFUSE.formatted(schema));
        }
        String function = schemaOf(sql, shape.name()) + ".tenfold_mark_v1_"
                + shape.name().substring(shape.name().indexOf('.') + 1);
        String body = markBody(shape);
        if (sql.list("SELECT 1 FROM pg_proc WHERE oid = to_regproc(?) AND prosrc = ?", row -> 1, function, body)
                .isEmpty()) {
            sql.run(MARK.formatted(function, hasPlainKeys(shape) ? "" : TEXT_SETTINGS, body));
        }
        String refuse = schema + ".tenfold_refuse_v1()";
        trigger(
                shape,
                "tenfold_guard_v1",
                "BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT"
                        + " WHEN (coalesce(current_setting('tenfold.slot', true), '') = '') EXECUTE FUNCTION "
                        + refuse);
        trigger(shape, "tenfold_truncate_v1", "BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION " + refuse);
        trigger(
                shape,
                "tenfold_key_v1",
                "AFTER UPDATE ON %s FOR EACH ROW WHEN (OLD." + shape.shardKey() + " IS DISTINCT FROM NEW."
                        + shape.shardKey() + ") EXECUTE FUNCTION " + refuse);
        trigger(
                shape,
                "tenfold_mark_v1",
                "AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW"
                        + " WHEN (right(current_setting('tenfold.slot', true), 1) = '+') EXECUTE FUNCTION "
                        + function + "()");
    }

    private void trigger(TableShape shape, String name, String definition) throws SQLException {
        if (missing(sql, shape.name(), name)) {
            sql.run("CREATE TRIGGER " + name + " " + definition.formatted(shape.name()));
        }
    }

    /** Says whether a table does without a trigger. */
    static boolean missing(Statements sql, String table, String trigger) throws SQLException {
        return sql.holds(
                "SELECT NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = CAST(? AS regclass) AND tgname = ?)",
                table,
                trigger);
    }

    private static boolean hasPlainKeys(TableShape shape) {
        return Stream.concat(shape.primaryKey().stream(), shape.shardKeyColumn().stream())
                .allMatch(column -> PLAIN.matcher(column.type()).matches());
    }

    private String markBody(TableShape shape) {
        String insert = "INSERT INTO " + schema + ".tenfold_mark_v1 (slots, table_name, key, shard_key)"
                + " SELECT ARRAY[noted], '" + shape.name() + "', %1$s, %2$s." + shape.shardKey() + "::text"
                + " WHERE EXISTS (SELECT FROM " + schema + ".tenfold_mover_v1 WHERE slot = noted AND recording);";
        String old = insert.formatted(shape.primaryKeyText("OLD"), "OLD");
        String now = insert.formatted(shape.primaryKeyText("NEW"), "NEW");
        String moved = shape.primaryKey().stream()
                .map(Column::name)
                .map(c -> "OLD." + c + "::text IS DISTINCT FROM NEW." + c + "::text")
                .collect(Collectors.joining(" OR "));
        return " DECLARE noted integer := rtrim(current_setting('tenfold.slot'), '+')::integer;"
                + " BEGIN IF TG_OP = 'INSERT' THEN " + now + " ELSE " + old + " END IF;"
                + " IF TG_OP = 'UPDATE' THEN IF " + moved + " THEN " + now + " END IF; END IF; RETURN NULL; END ";
    }
}
