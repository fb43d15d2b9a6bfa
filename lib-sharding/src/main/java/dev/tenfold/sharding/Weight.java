package dev.tenfold.sharding;

import dev.tenfold.sharding.hash.Shard;

/**
 * How much a shard should hold relative to the others. Its range is checked where it is used, with everything else.
 *
 * @param value 1 to {@value Shard#MAX_WEIGHT}; a shard has 1 unless told otherwise
 */
public record Weight(int value) {

    /** What a shard has unless told otherwise. */
    public static final Weight ONE = new Weight(1);

    /**
     * Makes a weight; meant to be imported statically.
     *
     * @param value 1 to {@value Shard#MAX_WEIGHT}
     * @return the weight
     */
    public static Weight weight(int value) {
        return new Weight(value);
    }
}
