package dev.tenfold.sharding.reshard;

/** What a shard does with a slot. A shard that never had a slot has no state for it, and refuses it too. */
public enum SlotState {
    /** Takes writes whose route is new enough. */
    OWNER,
    /** Refuses writes: on its way to another shard, or gone there with its rows not yet deleted here. */
    FENCED,
    /** Refuses writes: its rows are being copied here. */
    INCOMING,
    /** Refuses writes: it was here once, and no row of it is left. */
    CLOSED
}
