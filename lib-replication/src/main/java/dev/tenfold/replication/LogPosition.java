package dev.tenfold.replication;

/**
 * A place in a replicated history: on which timeline, and how far. Ordered by timeline, then by offset: a node on a later
 * timeline is ahead of one on an earlier, because it follows a later promotion.
 *
 * @param timeline the history, from 0, growing with each promotion
 * @param offset how far, from 0; on PostgreSQL the log sequence number as an unsigned count of bytes
 */
public record LogPosition(long timeline, long offset) implements Comparable<LogPosition> {

    /** The start of everything. */
    public static final LogPosition START = new LogPosition(0, 0);

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a number is negative
     */
    public LogPosition {
        if (timeline < 0 || offset < 0) {
            throw new IllegalArgumentException(
                    "position: timeline " + timeline + ", offset " + offset + " (expected: both >= 0)");
        }
    }

    @Override
    public int compareTo(LogPosition other) {
        int byTimeline = Long.compare(timeline, other.timeline);
        return byTimeline != 0 ? byTimeline : Long.compare(offset, other.offset);
    }

    @Override
    public String toString() {
        return timeline + ":" + Long.toHexString(offset >>> 32) + "/" + Long.toHexString(offset & 0xffffffffL);
    }
}
