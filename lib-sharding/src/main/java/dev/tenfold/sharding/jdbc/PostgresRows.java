package dev.tenfold.sharding.jdbc;

import dev.tenfold.hash.KeyForm;
import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.reshard.RowChunk;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The rows of slots in one table. The database cannot compute a key's slot, so the keys are read and hashed here, and rows
 * are then fetched, or deleted, by key. A row travels as the text PostgreSQL makes of it, which loses nothing of any type.
 */
record PostgresRows(ShardedTable table, KeyHash hash) {

    /** How many keys go into one statement. */
    private static final int CHUNK = 500;

    /** Some keys, as the database's own array. */
    @FunctionalInterface
    interface KeysCall {
        void on(Array keys) throws SQLException;
    }

    void send(Connection connection, ShardMap map, int[] slots, SqlSink sink) throws SQLException {
        String columns = columns(connection).toString();
        String select = "SELECT t::text FROM " + table.name() + " t WHERE t." + table.keyColumn() + " = ANY(?)";
        try (PreparedStatement rows = connection.prepareStatement(select)) {
            forKeys(connection, map, slots, keys -> {
                rows.setArray(1, keys);
                List<String> chunk = new ArrayList<>();
                try (ResultSet found = rows.executeQuery()) {
                    while (found.next()) {
                        chunk.add(found.getString(1));
                    }
                }
                sink.accept(new RowChunk(table.name(), columns, chunk));
            });
        }
    }

    /** Takes chunks where they may fail as statements do. */
    @FunctionalInterface
    interface SqlSink {
        void accept(RowChunk chunk) throws SQLException;
    }

    void insert(Connection connection, RowChunk chunk) throws SQLException {
        List<Column> columns = columns(connection);
        if (!columns.toString().equals(chunk.columns())) {
            throw new IllegalStateException("table " + table.name() + " has columns " + columns + " (expected: "
                    + chunk.columns() + ", as on the shard the rows come from)");
        }
        List<String> names = new ArrayList<>();
        List<String> values = new ArrayList<>();
        for (Column column : columns) {
            // Generated columns are computed again from the others.
            if (!column.generated()) {
                names.add(column.name());
                values.add("(r.t)." + column.name());
            }
        }
        String insert = "INSERT INTO " + table.name() + " (" + String.join(", ", names)
                + ") OVERRIDING SYSTEM VALUE SELECT " + String.join(", ", values)
                + " FROM (SELECT CAST(x AS " + table.name() + ") AS t FROM unnest(?) AS x OFFSET 0) AS r";
        try (PreparedStatement rows = connection.prepareStatement(insert)) {
            rows.setArray(1, connection.createArrayOf("text", chunk.rows().toArray()));
            rows.executeUpdate();
        }
    }

    void delete(Connection connection, ShardMap map, int[] slots) throws SQLException {
        String delete = "DELETE FROM " + table.name() + " WHERE " + table.keyColumn() + " = ANY(?)";
        try (PreparedStatement rows = connection.prepareStatement(delete)) {
            forKeys(connection, map, slots, keys -> {
                rows.setArray(1, keys);
                rows.executeUpdate();
            });
        }
    }

    private void forKeys(Connection connection, ShardMap map, int[] slots, KeysCall call) throws SQLException {
        BitSet wanted = new BitSet(map.allSlots());
        for (int slot : slots) {
            wanted.set(slot);
        }
        List<Object> keys = new ArrayList<>();
        String type;
        try (PreparedStatement select =
                connection.prepareStatement("SELECT DISTINCT " + table.keyColumn() + " FROM " + table.name())) {
            select.setFetchSize(1_000);
            try (ResultSet found = select.executeQuery()) {
                type = found.getMetaData().getColumnTypeName(1);
                while (found.next()) {
                    Object key = found.getObject(1);
                    if (key == null) {
                        throw new IllegalStateException(table.name() + "." + table.keyColumn()
                                + ": null (expected: a key in every row; without one a row has no home)");
                    }
                    if (wanted.get(map.slotOf(KeyForm.whole().hash(table.key().apply(key), hash)))) {
                        keys.add(key);
                    }
                }
            }
        }
        for (int from = 0; from < keys.size(); from += CHUNK) {
            List<Object> chunk = keys.subList(from, Math.min(keys.size(), from + CHUNK));
            call.on(connection.createArrayOf(type, chunk.toArray()));
        }
    }

    private record Column(String name, String type, boolean generated) {}

    private List<Column> columns(Connection connection) throws SQLException {
        List<Column> columns = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT quote_ident(attname), format_type(atttypid, atttypmod), attgenerated <> '' FROM pg_attribute"
                        + " WHERE attrelid = CAST(? AS regclass) AND attnum > 0 AND NOT attisdropped"
                        + " ORDER BY attnum")) {
            select.setString(1, table.name());
            try (ResultSet found = select.executeQuery()) {
                while (found.next()) {
                    columns.add(new Column(found.getString(1), found.getString(2), found.getBoolean(3)));
                }
            }
        }
        return columns;
    }
}
