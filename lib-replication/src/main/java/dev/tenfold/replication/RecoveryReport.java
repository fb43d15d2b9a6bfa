package dev.tenfold.replication;

import java.util.List;

/**
 * What a former primary has that the set's history does not: read before it joins again, since joining removes it.
 *
 * <p>Nothing in it was acknowledged where the promotion was proven to lose nothing: then these are writes of transactions
 * that were never confirmed to anybody. Otherwise acknowledged writes may be among them.
 *
 * @param node the id of the former primary
 * @param from the new timeline, and the offset on the old one at which it began
 * @param to the old timeline, and the end of what the node wrote on it; the log between the two offsets is what is lost
 * @param rows what of it the engine could read, in no order; on PostgreSQL rows of the tables it was told to compare
 */
public record RecoveryReport(String node, LogPosition from, LogPosition to, List<Row> rows) {

    /** Copies the list. */
    public RecoveryReport {
        rows = List.copyOf(rows);
    }

    /**
     * A row that the former primary has, and the primary has not or has differently.
     *
     * @param table where it is
     * @param old the row on the former primary, as JSON
     * @param now the row of the same key on the primary, as JSON, or {@code "null"}
     */
    public record Row(String table, String old, String now) {}

    /**
     * Returns how much log was lost.
     *
     * @return bytes on PostgreSQL, >= 0; the records of its own that a server writes when it recovers count too
     */
    public long lostBytes() {
        return Math.max(0, to.offset() - from.offset());
    }
}
