package dev.tenfold.queue.journal;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Items put and removed together: after a crash, all of it is there or nothing. Used by one thread, and once. */
public final class Batch {

    private final List<Item> items = new ArrayList<>(2);
    private final List<byte @Nullable []> contents = new ArrayList<>(2);
    private int size;
    private boolean lazy;
    private boolean followed;

    /** Makes an empty batch. */
    public Batch() {}

    /**
     * Puts an item at the end of the log.
     *
     * @param bytes what is given back when the journal is opened again; not copied before it is appended
     * @return what to remove it by
     */
    public Item put(byte[] bytes) {
        Item item = new Item();
        item.length = bytes.length;
        items.add(item);
        contents.add(bytes);
        size += item.size();
        return item;
    }

    /**
     * Removes an item that was appended by an earlier batch.
     *
     * @param item not removed yet
     */
    public void remove(Item item) {
        items.add(item);
        contents.add(null);
        size += Frame.REMOVE_LENGTH;
    }

    /**
     * Says that nobody waits for this, so that it may wait for a batch that somebody waits for, for two milliseconds at most.
     *
     * @return this
     */
    public Batch lazy() {
        lazy = true;
        return this;
    }

    /**
     * Says that the next batch follows at once, so that this one may wait for it, for ten milliseconds at most.
     *
     * @return this
     */
    public Batch followed() {
        followed = true;
        return lazy();
    }

    boolean isLazy() {
        return lazy;
    }

    boolean isFollowed() {
        return followed;
    }

    /**
     * Says whether there is nothing in it.
     *
     * @return true if appending it would do nothing
     */
    public boolean isEmpty() {
        return items.isEmpty();
    }

    /** Checks, with the journal's lock held, that nothing is done a second time. */
    void requireUsable() {
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            if (contents.get(i) == null ? item.removed : item.number != 0) {
                throw new IllegalStateException(
                        "item " + item.number + " was " + (item.removed ? "removed already" : "put already"));
            }
        }
    }

    /** Returns how many bytes of the log it takes. */
    int size() {
        return size;
    }

    List<Item> items() {
        return items;
    }

    List<byte @Nullable []> contents() {
        return contents;
    }
}
