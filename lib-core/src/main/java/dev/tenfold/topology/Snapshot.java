package dev.tenfold.topology;

/**
 * An immutable picture of who is there, with a version that only grows. The members of a pool, the roles of a replica
 * set and the shard map are all snapshots; whoever holds one reads it without a lock and never sees half a change.
 */
public interface Snapshot {

    /**
     * Returns the version (the epoch, where a snapshot decides who may write).
     *
     * @return a number that grows with each change, from 0
     */
    long version();
}
