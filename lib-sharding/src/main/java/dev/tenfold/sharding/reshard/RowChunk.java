package dev.tenfold.sharding.reshard;

import java.util.List;

/**
 * Rows of some slots between two places.
 *
 * @param rows the rows, in the order of the store
 * @param from the place before the first row that was looked at
 * @param next the place after the last row that was looked at; {@link Cursor#END} where no more follow
 * @param schema what the rows look like, to be compared with the tables they go to
 */
public record RowChunk(List<Row> rows, Cursor from, Cursor next, String schema) {

    /** Copies {@code rows}. */
    public RowChunk {
        rows = List.copyOf(rows);
    }
}
