package dev.tenfold.sharding;

/**
 * One slot that a plan moves.
 *
 * @param slot the slot
 * @param from the shard that owns it now
 * @param to the shard that is to own it
 */
public record SlotMove(int slot, String from, String to) {

    @Override
    public String toString() {
        return slot + ": " + from + " -> " + to;
    }
}
