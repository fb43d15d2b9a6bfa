package dev.tenfold.sharding.reshard;

import java.util.List;

/**
 * Some rows of a table on their way from one store to another of the same kind.
 *
 * @param table which table
 * @param columns what its rows look like, to be compared with the table they go to
 * @param rows the rows, in the store's own form
 */
public record RowChunk(String table, String columns, List<String> rows) {

    /** Copies {@code rows}. */
    public RowChunk {
        rows = List.copyOf(rows);
    }
}
