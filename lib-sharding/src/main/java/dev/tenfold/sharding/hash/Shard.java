package dev.tenfold.sharding.hash;

import java.util.regex.Pattern;

/**
 * A shard as a placement sees it: a name and how much it should hold.
 *
 * @param id 1 to {@value #MAX_ID_LENGTH} of the characters {@code A-Z a-z 0-9 . _ -}; it is stored in maps and in the
 *     shards themselves, so it names the data, not the server of the day
 * @param weight the share relative to the other shards, 1 to {@value #MAX_WEIGHT}
 */
public record Shard(String id, int weight) {

    /** The longest name. */
    public static final int MAX_ID_LENGTH = 64;

    /** The greatest weight. */
    public static final int MAX_WEIGHT = 1_000;

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1," + MAX_ID_LENGTH + "}");

    /**
     * Checks both values.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public Shard {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "shard id: '" + id + "' (expected: 1 to " + MAX_ID_LENGTH + " of A-Z a-z 0-9 . _ -)");
        }
        if (weight < 1 || weight > MAX_WEIGHT) {
            throw new IllegalArgumentException(
                    "weight of shard " + id + ": " + weight + " (expected: 1 to " + MAX_WEIGHT + ")");
        }
    }

    @Override
    public String toString() {
        return weight == 1 ? id : id + "(weight " + weight + ")";
    }
}
