package dev.tenfold.sharding.reshard;

/** What a shard does with a slot. A shard that never had a slot has no state for it, and refuses it too. */
public enum SlotState {
    /** Takes writes whose route is new enough. */
    OWNER,
    /** Refuses writes: its last changes are on their way to another shard. */
    FENCED,
    /** Refuses writes of users, and takes rows and changes of the shard that owns it. */
    INCOMING,
    /** Refuses writes: it was here once, and no row of it is left. Kept as a tombstone, so that old routes are refused. */
    CLOSED
}
