package dev.tenfold.sharding.scatter;

/**
 * What a scatter asks each shard, on the scatter's executor.
 *
 * @param <K> the kind of key
 * @param <S> the kind of shard
 * @param <T> the kind of row
 */
@FunctionalInterface
public interface ShardQuery<K, S, T> {

    /**
     * Reads from one shard. May be called again for the same shard, when slots moved or more rows are needed; is interrupted
     * when nobody waits for the answer any more.
     *
     * @param shard the shard
     * @param part which of its slots or keys are asked for, how many rows are enough, and by when
     * @return the rows, in order if the scatter is sorted; rows of other slots may be among them. It is read through at
     *     once, on the same thread
     * @throws dev.tenfold.error.StaleEpochException if the shard refused; the slots are sought again
     * @throws Exception if the query failed
     */
    Iterable<? extends T> on(S shard, ShardPart<K> part) throws Exception;
}
