package dev.tenfold.sharding.reshard;

import java.util.List;

/**
 * Keys that were written, and what became of them.
 *
 * @param marks the records of the changes, as the store numbers them: exactly those that were seen <b>before</b> the rows were read
 * @param keys the keys, each once
 * @param rows the rows that stood there afterwards; a key without one was deleted
 * @param schema what the rows look like
 */
public record Changes(List<Long> marks, List<Row.Key> keys, List<Row> rows, String schema) {

    /** Copies the lists. */
    public Changes {
        marks = List.copyOf(marks);
        keys = List.copyOf(keys);
        rows = List.copyOf(rows);
    }

    /**
     * Says whether nothing was written.
     *
     * @return true without marks
     */
    public boolean isEmpty() {
        return marks.isEmpty();
    }
}
