package dev.tenfold.sharding.scatter;

import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.Sharder;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collector;

/**
 * Asks many shards one question and merges their answers.
 *
 * <pre>{@code
 * Scatter<Long, DataSource> scatter = Scatter.over(shards).executor(pool).parallelism(8).build();
 * Gathered<List<Order>> newest = scatter
 *         .query((db, part) -> selectNewest(db, part.limit()))       // ... ORDER BY placed DESC LIMIT ?
 *         .exactlyOnce(Order::customer)                              // also while customers move between shards
 *         .sortedBy(comparing(Order::placed).reversed()).limit(20)
 *         .within(ofMillis(300)).partial(0.9)
 *         .run();
 * newest.result(); newest.missing();                                 // 20 orders; who did not answer, and why
 * Map<Long, User> users = scatter.multiGet(ids, (db, part) -> selectUsers(db, part.keys()).entrySet()).result();
 * }</pre>
 *
 * <p>Immutable and thread-safe; starts nothing and needs no closing. Each scatter of {@code n} shards costs {@code n} tasks on the
 * executor and holds the rows that the shards answer with, at most {@link ScatterQuery#maximumRows} of each.
 *
 * @param <K> the kind of key
 * @param <S> the kind of shard
 */
public final class Scatter<K, S> {

    final ScatterBuilder<K, S> configuration;

    Scatter(ScatterBuilder<K, S> builder) {
        this.configuration = builder;
    }

    /**
     * Starts a scatter.
     *
     * @param <K> the kind of key
     * @param <S> the kind of shard
     * @param sharder says which shards there are, and which keys they own
     * @return a builder with the defaults
     */
    public static <K, S> ScatterBuilder<K, S> over(Sharder<K, S> sharder) {
        return new ScatterBuilder<>(sharder);
    }

    /**
     * Prepares a query of all shards.
     *
     * @param <T> the kind of row
     * @param query asks one shard, blocking
     * @return nothing is asked yet
     */
    public <T> ScatterQuery<K, S, T> query(ShardQuery<K, ? super S, T> query) {
        return new ScatterQuery<>(this, query, null);
    }

    /**
     * Prepares a query of all shards by a client that does not block.
     *
     * @param <T> the kind of row
     * @param query asks one shard
     * @return nothing is asked yet
     */
    public <T> ScatterQuery<K, S, T> queryAsync(AsyncShardQuery<K, ? super S, T> query) {
        return new ScatterQuery<>(this, null, query);
    }

    /**
     * Looks many keys up, each shard's together, within the default budget; each key is found once while slots move. It is
     * {@link #query} with {@link ScatterQuery#toKeys} and {@link ScatterQuery#exactlyOnce}, for more say over which.
     *
     * @param <V> the kind of value
     * @param keys the keys; with {@code equals} and {@code hashCode}, so not {@code byte[]}
     * @param query looks the part's {@linkplain ShardPart#keys() keys} up
     * @return by key, in the order of {@code keys}, those that were found
     * @throws IncompleteResultException if a shard failed
     * @throws dev.tenfold.error.DeadlineExceededException if a shard was too slow
     */
    public <V> Gathered<Map<K, V>> multiGet(
            Collection<? extends K> keys, ShardQuery<K, ? super S, Map.Entry<K, V>> query) {
        Set<K> distinct = new LinkedHashSet<>(keys);
        Gathered<Map<K, V>> found = query(query)
                .toKeys(distinct)
                .exactlyOnce(Map.Entry::getKey)
                .collect(Collector.of(
                        LinkedHashMap::new,
                        (map, entry) -> {
                            if (distinct.contains(entry.getKey())) {
                                map.put(entry.getKey(), entry.getValue());
                            }
                        },
                        (a, b) -> {
                            a.putAll(b);
                            return a;
                        }));
        Map<K, V> ordered = new LinkedHashMap<>();
        for (K key : distinct) {
            V value = found.result().get(key);
            if (value != null) {
                ordered.put(key, value);
            }
        }
        return new Gathered<>(ordered, found.missing(), found.coverage(), found.epoch(), found.times());
    }

    int slotOf(ShardMap map, K key) {
        return configuration.sharder.slotting().slotOf(map, key);
    }

    @Override
    public String toString() {
        return "Scatter[" + configuration.sharder + ", parallelism=" + configuration.parallelism + "]";
    }
}
