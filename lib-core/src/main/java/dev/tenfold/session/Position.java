package dev.tenfold.session;

/**
 * How much of one shard's history a value, a node or a session has seen.
 *
 * <p>Positions of different shards are never compared. Within a shard the {@code offset} orders them (on PostgreSQL, the
 * log sequence number after commit; in any other store, a version that only grows). The {@code timeline} says which
 * history the offset was seen on: a failover that loses nothing continues the offsets on a new timeline, and one that
 * loses writes is detected by a position on the old timeline beyond the point where the new one began.
 *
 * @param shard the replica set it belongs to; {@code ""} for {@link #none()}
 * @param timeline the history it was seen on, from 0, growing with each promotion
 * @param offset how far, from 0; {@link Long#MAX_VALUE} means only the primary is far enough
 */
public record Position(String shard, long timeline, long offset) {

    private static final Position NONE = new Position("", 0, 0);

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a number is negative
     */
    public Position {
        if (timeline < 0 || offset < 0) {
            throw new IllegalArgumentException(
                    "position: timeline " + timeline + ", offset " + offset + " (expected: both >= 0)");
        }
    }

    /**
     * Returns the position that everything has reached: nothing was seen yet.
     *
     * @return the least position, of no shard
     */
    public static Position none() {
        return NONE;
    }

    /**
     * Returns the position only the primary has reached. A session gets it when a write's outcome is not known.
     *
     * @param shard the replica set
     * @return the greatest position of the shard
     */
    public static Position primaryOnly(String shard) {
        return primaryOnly(shard, Long.MAX_VALUE);
    }

    /**
     * Returns the position only the primary of a timeline has reached, or of a later one: so a process that has not heard of
     * that promotion yet does not answer from the primary before it.
     *
     * @param shard the replica set
     * @param timeline the latest that was seen; {@link Long#MAX_VALUE} if none is known, which any primary satisfies
     * @return a position beyond all others of the shard
     */
    public static Position primaryOnly(String shard, long timeline) {
        return new Position(shard, timeline, Long.MAX_VALUE);
    }

    /**
     * Says whether this is the position that nothing was seen at.
     *
     * @return true for {@link #none()} and for offset 0 of any shard
     */
    public boolean isNone() {
        return offset == 0;
    }

    /**
     * Says whether only the primary can satisfy this position.
     *
     * @return true for {@link #primaryOnly}
     */
    public boolean isPrimaryOnly() {
        return offset == Long.MAX_VALUE;
    }

    /**
     * Says whether whoever stands at this position has certainly seen everything that {@code other} has.
     *
     * <p>False where the shards or the timelines differ: only the replica set knows where one timeline left another, so
     * it is asked instead of guessed. Also false where {@code other} is {@linkplain #isPrimaryOnly() for the primary}.
     *
     * @param other what must have been seen
     * @return true if {@code other} {@linkplain #isNone() is nothing}, or not ahead on the same timeline of the same shard
     */
    public boolean covers(Position other) {
        return other.isNone()
                || (!other.isPrimaryOnly()
                        && offset >= other.offset
                        && timeline == other.timeline
                        && shard.equals(other.shard));
    }

    /**
     * Returns whichever of the two is later: on the higher timeline, or further on the same. Where one is {@linkplain
     * #isPrimaryOnly() for the primary}, so is the result, on the higher timeline that is known.
     *
     * @param other a position of the same shard, or {@link #none()}
     * @return the later one
     * @throws IllegalArgumentException if the shards differ
     */
    public Position max(Position other) {
        if (other.isNone()) {
            return this;
        }
        if (isNone()) {
            return other;
        }
        if (!shard.equals(other.shard)) {
            throw new IllegalArgumentException("position of shard '" + other.shard + "' (expected: shard '" + shard
                    + "'; positions of different shards cannot be compared)");
        }
        if (isPrimaryOnly() || other.isPrimaryOnly()) {
            return primaryOnly(shard, latestKnown(timeline, other.timeline));
        }
        boolean later = timeline == other.timeline ? offset >= other.offset : timeline > other.timeline;
        return later ? this : other;
    }

    /** Says whether {@link #max} of the two is this one. */
    boolean isAtOrAfter(Position other) {
        return other.isNone() || (shard.equals(other.shard) && max(other).equals(this));
    }

    private static long latestKnown(long one, long other) {
        if (one == Long.MAX_VALUE || other == Long.MAX_VALUE) {
            return Math.min(one, other);
        }
        return Math.max(one, other);
    }
}
