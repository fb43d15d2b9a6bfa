package dev.tenfold.sharding.id;

import java.time.Instant;

/**
 * What the bits of an id mean, from the highest: one 0, so that it is never negative; 41 bits of milliseconds since an
 * epoch, good for 69 years; {@code nodeBits} bits of the node that made it; and the rest, 22 less {@code nodeBits}, of a
 * sequence within the millisecond. So ids sort by time, to the millisecond and as well as the nodes' clocks agree.
 *
 * <p>10 bits of node are the layout of Twitter's Snowflake (2010): 1,024 nodes with 4,096 ids in a millisecond each. 13 are
 * what Instagram has ("Sharding &amp; IDs at Instagram", 2012; there the sign is one more bit of sequence), whose node is a
 * logical shard, so that an id tells its home. Fixed for the life of the data.
 *
 * @param epoch what time is counted from; no id is older. To the millisecond
 * @param nodeBits how many bits name the node, {@value #MIN_NODE_BITS} to {@value #MAX_NODE_BITS}
 */
public record IdLayout(Instant epoch, int nodeBits) {

    /** The fewest bits that name the node. */
    public static final int MIN_NODE_BITS = 1;

    /** The most bits that name the node, which leave 64 ids for each millisecond. */
    public static final int MAX_NODE_BITS = 16;

    /** How many bits name the node unless changed. */
    public static final int DEFAULT_NODE_BITS = 10;

    /** How many bits are below the time. */
    private static final int LOW_BITS = 22;

    static final long MAX_MILLIS = (1L << 41) - 1;

    /**
     * Checks both values.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public IdLayout {
        if (nodeBits < MIN_NODE_BITS || nodeBits > MAX_NODE_BITS) {
            throw new IllegalArgumentException(
                    "nodeBits: " + nodeBits + " (expected: " + MIN_NODE_BITS + " to " + MAX_NODE_BITS + ")");
        }
        if (!Instant.ofEpochMilli(epoch.toEpochMilli()).equals(epoch)) {
            throw new IllegalArgumentException("epoch: " + epoch + " (expected: a whole number of milliseconds)");
        }
    }

    /**
     * Returns the layout with {@value #DEFAULT_NODE_BITS} bits of node.
     *
     * @param epoch what time is counted from, such as the first day of the application
     * @return the layout
     * @throws IllegalArgumentException if the epoch is not a whole number of milliseconds
     */
    public static IdLayout since(Instant epoch) {
        return new IdLayout(epoch, DEFAULT_NODE_BITS);
    }

    /**
     * Returns how many nodes there can be.
     *
     * @return they are numbered from 0 to one less
     */
    public int nodes() {
        return 1 << nodeBits;
    }

    /**
     * Returns when an id was made, by its node's clock. An id made in a burst, or while that clock went back, may be a
     * little ahead.
     *
     * @param id not negative
     * @return to the millisecond
     */
    public Instant time(long id) {
        return epoch.plusMillis(id >>> LOW_BITS);
    }

    /**
     * Returns which node made an id.
     *
     * @param id not negative
     * @return 0 to {@link #nodes()} - 1
     */
    public int node(long id) {
        return (int) (id >>> sequenceBits()) & (nodes() - 1);
    }

    /**
     * Returns the id's place among those of its node and millisecond.
     *
     * @param id not negative
     * @return from 0
     */
    public int sequence(long id) {
        return (int) (id & ((1L << sequenceBits()) - 1));
    }

    /**
     * Returns the least id of a time, so that {@code id >= first(midnight)} finds what was made since.
     *
     * @param time from the epoch on
     * @return an id that may exist
     * @throws IllegalArgumentException if the time is before the epoch or 69 years after it
     */
    public long first(Instant time) {
        long millis = time.toEpochMilli() - epoch.toEpochMilli();
        if (millis < 0 || millis > MAX_MILLIS) {
            throw new IllegalArgumentException(
                    "time: " + time + " (expected: from " + epoch + " to " + epoch.plusMillis(MAX_MILLIS) + ")");
        }
        return millis << LOW_BITS;
    }

    int sequenceBits() {
        return LOW_BITS - nodeBits;
    }

    /** Makes the id of a node from time and sequence, which stand side by side in the tick. */
    long id(long tick, int node) {
        int bits = sequenceBits();
        long sequence = tick & ((1L << bits) - 1);
        return ((tick >>> bits) << LOW_BITS) | ((long) node << bits) | sequence;
    }
}
