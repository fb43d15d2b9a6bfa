package dev.tenfold.benchmarks.whole;

import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.reshard.MemoryShardStore;
import dev.tenfold.sharding.reshard.Row;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the tables of one server of a shard hold: rows behind their guards, and an outbox. Only commands change it, and they do
 * the same on every server that carries them out in the same order.
 */
final class ShardState {

    private static final String TABLE = "numbers";

    /** A row of the outbox. */
    record Announcement(long number, String key, String routingKey, String body) {}

    final MemoryShardStore store;
    private final NavigableMap<Long, Announcement> outbox = new TreeMap<>();
    private long lastNumber;

    ShardState(String shard) {
        store = MemoryShardStore.hashed(shard, KeyHash.xxh3());
    }

    /** A transaction: all that is done to a state, in the order of the log. */
    @FunctionalInterface
    interface Command<R> {
        R apply(ShardState state);
    }

    /** Writes a number in place of another, if the key is at home here, and its announcements with it. */
    static Command<Boolean> put(
            ShardRoute route, String key, long number, List<Announcement> announcements, History history) {
        return state -> {
            state.store.write(
                    route,
                    transaction -> transaction.update(row(key), old -> {
                        history.carriedOut(key, number, old == null ? 0 : Long.parseLong(old));
                        return Long.toString(number);
                    }));
            for (Announcement announcement : announcements) {
                long next = ++state.lastNumber;
                state.outbox.put(
                        next,
                        new Announcement(next, announcement.key(), announcement.routingKey(), announcement.body()));
            }
            return true;
        };
    }

    static Command<Boolean> delete(Collection<Long> announcements) {
        return state -> state.outbox.keySet().removeAll(announcements);
    }

    /** Returns the number of a key that is at home here, or null. */
    @Nullable
    Long get(ShardRoute route, String key) {
        return store.read(route, row(key)).map(Long::valueOf).orElse(null);
    }

    List<Announcement> announcements(int atMost) {
        return outbox.values().stream().limit(atMost).toList();
    }

    /** Returns all rows that are here, at home or not. */
    Map<String, Long> rows() {
        Map<String, Long> all = new TreeMap<>();
        store.rows().forEach(row -> all.put(row.key().shardKey(), Long.valueOf(row.content())));
        return all;
    }

    private static Row.Key row(String key) {
        return new Row.Key(TABLE, List.of(key), key);
    }
}
