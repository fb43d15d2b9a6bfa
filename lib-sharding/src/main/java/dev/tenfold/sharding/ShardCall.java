package dev.tenfold.sharding;

import org.jspecify.annotations.Nullable;

/**
 * What a caller does with the shard of a key. It may throw what the transport throws.
 *
 * @param <S> the kind of shard
 * @param <R> the kind of answer
 * @param <X> what the call may throw
 */
@FunctionalInterface
public interface ShardCall<S, R extends @Nullable Object, X extends Exception> {

    /**
     * Makes the call. Where it writes, it checks the route in the transaction that writes.
     *
     * @param shard the key's shard
     * @param route which slot that is, and by which epoch of the map
     * @return the answer
     * @throws X if the call failed
     * @throws dev.tenfold.error.StaleEpochException if the shard refused the route, and nothing was done
     */
    R on(S shard, ShardRoute route) throws X;
}
