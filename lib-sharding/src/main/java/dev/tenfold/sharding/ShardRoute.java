package dev.tenfold.sharding;

/**
 * Where a key lives, by one map. A shard checks it before it accepts a write, so that a router with an old map is refused.
 *
 * @param shard the shard's name
 * @param slot the key's slot
 * @param epoch the map's epoch
 */
public record ShardRoute(String shard, int slot, long epoch) {

    @Override
    public String toString() {
        return "slot " + slot + " on " + shard + " (epoch " + epoch + ")";
    }
}
