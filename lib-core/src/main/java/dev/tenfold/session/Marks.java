package dev.tenfold.session;

/**
 * The two marks that a read of one key must have reached for a {@link Session}: one of the whole shard, one of the key.
 *
 * @param floor what every read of the shard must have reached: what the session wrote there, and what it has seen of keys
 *     that it does not remember one by one
 * @param seen what a read of this key must have reached besides: the later mark of what the session has seen of it; {@link
 *     Position#none()} where it remembers nothing of the key
 * @param read which read that was ({@link Positioned#read}), 0 if none is known
 */
public record Marks(Position floor, Position seen, long read) {

    /**
     * Returns what a load must have reached, wherever it comes from.
     *
     * @return the later of the two marks
     */
    public Position minimum() {
        return floor.max(seen);
    }

    /**
     * Says whether the session may be shown a copy: one that has reached the shard's mark, and either has reached the key's
     * mark too or is the very value that the session was shown last.
     *
     * @param copy a copy of this key
     * @return false if it may be older than what the session has written or seen
     */
    public boolean allow(Positioned<?> copy) {
        return copy.position().covers(floor)
                && ((read != 0 && read == copy.read()) || copy.position().covers(seen));
    }
}
