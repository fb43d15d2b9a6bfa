package dev.tenfold.sharding.jdbc;

import dev.tenfold.hash.KeyForm;
import java.util.regex.Pattern;

/**
 * A table whose rows live on the shard of a key.
 *
 * @param name the table, with its schema where it is not on the search path; letters, digits and {@code _}, as SQL folds
 *     them when unquoted
 * @param keyColumn the column that holds the key: never null, never changed, and indexed, or each move reads the whole
 *     table many times
 * @param form how the column's value is hashed; it must say the same as the sharder's form says of the key
 */
public record ShardedTable(String name, String keyColumn, KeyForm<Object> form) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?");

    /**
     * Checks the names.
     *
     * @throws IllegalArgumentException if one has other characters
     */
    public ShardedTable {
        if (!NAME.matcher(name).matches() || !NAME.matcher(keyColumn).matches() || keyColumn.indexOf('.') >= 0) {
            throw new IllegalArgumentException("table: " + name + ", key column: " + keyColumn
                    + " (expected: letters, digits and _, the table with its schema or without)");
        }
    }

    /**
     * Names a table whose key column is the whole key: {@code bigint}, {@code integer}, {@code text}, {@code varchar},
     * {@code uuid} or {@code bytea}.
     *
     * @param name the table
     * @param keyColumn the column
     * @return a table with {@link KeyForm#whole()}
     */
    public static ShardedTable of(String name, String keyColumn) {
        return new ShardedTable(name, keyColumn, KeyForm.whole());
    }
}
