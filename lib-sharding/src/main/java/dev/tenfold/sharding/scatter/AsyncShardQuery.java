package dev.tenfold.sharding.scatter;

import java.util.concurrent.CompletionStage;

/**
 * What a scatter asks each shard where the client does not block. It counts against the parallelism until its stage is done,
 * and the stage is cancelled when nobody waits for the answer any more.
 *
 * @param <K> the kind of key
 * @param <S> the kind of shard
 * @param <T> the kind of row
 */
@FunctionalInterface
public interface AsyncShardQuery<K, S, T> {

    /**
     * Begins to read from one shard; otherwise as {@link ShardQuery#on}.
     *
     * @param shard the shard
     * @param part which of its slots or keys are asked for, how many rows are enough, and by when
     * @return the rows, later; failing as {@link ShardQuery#on} throws
     */
    CompletionStage<? extends Iterable<? extends T>> on(S shard, ShardPart<K> part);
}
