package dev.tenfold.sharding.reshard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.hash.Placement;
import dev.tenfold.sharding.hash.Shard;
import dev.tenfold.sharding.testing.ShardStoreContract;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The store in memory keeps the contract, and its guards hold between threads. */
class MemoryShardStoreTest extends ShardStoreContract {

    @Override
    protected ShardStore open(String shard) {
        return MemoryShardStore.hashed(shard, KeyHash.xxh3());
    }

    @Override
    protected Writer begin(ShardStore store, ShardRoute route) {
        MemoryShardStore.Transaction transaction = ((MemoryShardStore) store).begin(route);
        return new Writer() {
            @Override
            public void put(String key, String value) {
                transaction.put(key(key), value);
            }

            @Override
            public void delete(String key) {
                transaction.delete(key(key));
            }

            @Override
            public void commit() {
                transaction.commit();
            }

            @Override
            public void close() {
                transaction.close();
            }
        };
    }

    @Override
    protected SortedMap<String, String> rows(ShardStore store) {
        SortedMap<String, String> rows = new TreeMap<>();
        ((MemoryShardStore) store).rows().forEach(row -> rows.put(row.key().shardKey(), row.content()));
        return rows;
    }

    private static Row.Key key(String key) {
        return new Row.Key("item", List.of(key), key);
    }

    /** Writers that queue behind a fence are refused; none slips in between. */
    @Test
    void aFenceGetsThroughAStreamOfWriters() throws Exception {
        ShardMap map = ShardMap.first(List.of(new Shard("a", 1)), 1, KeyHash.xxh3(), Placement.ring());
        MemoryShardStore store = MemoryShardStore.hashed("a", KeyHash.xxh3());
        store.install(map);
        ShardRoute route = new ShardRoute("a", 0, map.epoch());
        CountDownLatch busy = new CountDownLatch(100);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Runnable writer = () -> {
                try {
                    while (true) {
                        store.write(route, tx -> tx.update(key("n"), old -> old == null ? "1" : "" + (1 + count(old))));
                        busy.countDown();
                    }
                } catch (dev.tenfold.error.StaleEpochException fenced) {
                    // The end.
                }
            };
            List<Future<?>> writers = List.of(threads.submit(writer), threads.submit(writer));
            busy.await();
            store.claim(new int[] {0}, 1);
            assertThat(store.fence(new int[] {0}, 1, "b", Duration.ofSeconds(20)))
                    .isTrue();
            String fenced = store.rows().get(0).content();
            for (Future<?> each : writers) {
                each.get();
            }
            assertThat(store.rows().get(0).content()).isEqualTo(fenced);
            assertThat(store.owned(map)).isEmpty();
        } finally {
            threads.shutdownNow();
        }
    }

    private static int count(String text) {
        return Integer.parseInt(text);
    }
}
