package dev.tenfold.sharding.reshard;

import java.util.Map;

/**
 * What rows between two places look like, without their content.
 *
 * @param digests for each row of the slots a digest of 64 bits or more of its content, in text
 * @param next the place after the last row that was looked at; {@link Cursor#END} where no more follow
 */
public record RowDigests(Map<Row.Key, String> digests, Cursor next) {

    /** Copies {@code digests}. */
    public RowDigests {
        digests = Map.copyOf(digests);
    }
}
