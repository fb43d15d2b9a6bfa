package dev.tenfold.sharding.jdbc;

import java.util.Locale;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * A table whose rows live on the shard of a key.
 *
 * @param name the table, with its schema where it is not on the search path; letters, digits and {@code _}, as SQL folds
 *     them when unquoted
 * @param keyColumn the column that holds the key: never null and never changed
 * @param key makes the key that the slotting is asked about of a value of the column, which is a {@code Long}, {@code
 *     String}, {@code UUID} or {@code byte[]} (an integer of any width is a {@code Long}); pure, and the same for as long as
 *     the data lives
 */
public record ShardedTable(String name, String keyColumn, UnaryOperator<Object> key) {

    /** Leaves room for the names of triggers and functions, of at most 63 characters. */
    private static final Pattern NAME = Pattern.compile("([A-Za-z_][A-Za-z0-9_]{0,62}\\.)?[A-Za-z_][A-Za-z0-9_]{0,45}");

    private static final Pattern COLUMN = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");

    /**
     * Checks the names, and folds them as SQL does.
     *
     * @throws IllegalArgumentException if one has other characters, or too many
     */
    public ShardedTable {
        if (!NAME.matcher(name).matches() || !COLUMN.matcher(keyColumn).matches()) {
            throw new IllegalArgumentException("table: " + name + ", key column: " + keyColumn
                    + " (expected: letters, digits and _; the table in at most 46, with its schema or without)");
        }
        Objects.requireNonNull(key, "key");
        name = name.toLowerCase(Locale.ROOT);
        keyColumn = keyColumn.toLowerCase(Locale.ROOT);
    }

    /**
     * Names a table whose key column is the whole key: {@code bigint}, {@code integer}, {@code smallint}, {@code text}, {@code
     * varchar}, {@code uuid} or {@code bytea}.
     *
     * @param name the table
     * @param keyColumn the column
     * @return a table whose key is what the column holds
     */
    public static ShardedTable of(String name, String keyColumn) {
        return new ShardedTable(name, keyColumn, UnaryOperator.identity());
    }
}
