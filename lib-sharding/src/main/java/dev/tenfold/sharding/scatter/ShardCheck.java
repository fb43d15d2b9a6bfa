package dev.tenfold.sharding.scatter;

/**
 * Makes sure, once a shard has been read, that what was asked for was still there.
 *
 * @param <K> the kind of key
 * @param <S> the kind of shard
 */
@FunctionalInterface
public interface ShardCheck<K, S> {

    /**
     * Checks.
     *
     * @param shard the shard that was read; the check must see at least what the read saw, so both go to the primary, or
     *     to one replica
     * @param part with the {@linkplain ShardPart#routes() routes} to check
     * @throws dev.tenfold.error.StaleEpochException if a slot is not there any more; the read is repeated
     * @throws Exception if the check failed
     */
    void check(S shard, ShardPart<K> part) throws Exception;
}
