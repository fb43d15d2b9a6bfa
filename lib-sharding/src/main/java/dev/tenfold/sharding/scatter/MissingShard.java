package dev.tenfold.sharding.scatter;

/**
 * A shard that did not answer, or not for all that it was asked for.
 *
 * @param shard its name
 * @param slots how many slots were asked for in vain
 * @param reason what it failed with; a {@link dev.tenfold.error.DeadlineExceededException} if it was too slow, a {@link
 *     dev.tenfold.error.StaleEpochException} if its slots were still on the move when the time was up
 */
public record MissingShard(String shard, int slots, Throwable reason) {

    @Override
    public String toString() {
        return shard + " (" + slots + (slots == 1 ? " slot): " : " slots): ") + reason;
    }
}
