package dev.tenfold.benchmarks.whole;

import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
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
    /** What was removed last, for the checks: it goes along when a slot moves. */
    private static final String REMOVED = "removed";

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

    /** Writes a number in place of another, or removes that, if the key is at home here; and its announcements with it. */
    static Command<Boolean> change(ShardRoute route, Ask ask, List<Announcement> announcements, History history) {
        return state -> {
            state.store.write(route, transaction -> {
                String number = Long.toString(ask.number());
                history.carriedOut(ask.key(), ask.number(), state.last(route, ask.key()));
                if (ask.kind() == Ask.Kind.REMOVE) {
                    transaction.delete(row(TABLE, ask.key()));
                    transaction.put(row(REMOVED, ask.key()), number);
                } else {
                    transaction.put(row(TABLE, ask.key()), number);
                }
            });
            for (Announcement announcement : announcements) {
                long next = ++state.lastNumber;
                state.outbox.put(
                        next,
                        new Announcement(next, announcement.key(), announcement.routingKey(), announcement.body()));
            }
            return true;
        };
    }

    /** The last write or removal of a key, or 0. */
    private long last(ShardRoute route, String key) {
        return store.read(route, row(TABLE, key))
                .or(() -> store.read(route, row(REMOVED, key)))
                .map(Long::valueOf)
                .orElse(0L);
    }

    static Command<Boolean> delete(Collection<Long> announcements) {
        return state -> state.outbox.keySet().removeAll(announcements);
    }

    /** Returns the number of a key that is at home here, or null. */
    @Nullable
    Long get(ShardRoute route, String key) {
        return store.read(route, row(TABLE, key)).map(Long::valueOf).orElse(null);
    }

    List<Announcement> announcements(int atMost) {
        return outbox.values().stream().limit(atMost).toList();
    }

    /** Returns the number of a key, whether it is at home here or not. */
    @Nullable
    Long anywhere(String key) {
        return store.rows().stream()
                .filter(row -> row.key().equals(row(TABLE, key)))
                .map(row -> Long.valueOf(row.content()))
                .findAny()
                .orElse(null);
    }

    /** Returns the values of the keys that are at home here. */
    Map<String, Long> values(ShardMap map) {
        return rows(map, TABLE);
    }

    /** Returns the last writes and removals of the keys that are at home here. */
    Map<String, Long> last(ShardMap map) {
        Map<String, Long> all = rows(map, REMOVED);
        all.putAll(values(map));
        return all;
    }

    private Map<String, Long> rows(ShardMap map, String table) {
        Map<String, Long> all = new TreeMap<>();
        store.owned(map).stream()
                .filter(row -> row.key().table().equals(table))
                .forEach(row -> all.put(row.key().shardKey(), Long.valueOf(row.content())));
        return all;
    }

    private static Row.Key row(String table, String key) {
        return new Row.Key(table, List.of(key), key);
    }
}
