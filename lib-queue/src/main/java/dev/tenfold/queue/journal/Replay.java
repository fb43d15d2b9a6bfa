package dev.tenfold.queue.journal;

/** Takes what lives when a journal is opened, in the order in which it was put. */
@FunctionalInterface
public interface Replay {

    /**
     * Takes one item.
     *
     * @param item what to remove it by
     * @param bytes what was put; the taker's own
     */
    void accept(Item item, byte[] bytes);
}
