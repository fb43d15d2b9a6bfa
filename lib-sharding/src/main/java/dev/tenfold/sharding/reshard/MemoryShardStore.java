package dev.tenfold.sharding.reshard;

import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.ShardRoute;
import dev.tenfold.sharding.reshard.MemorySlots.Guard;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToIntBiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A shard in the memory of this process: rows of text behind the same guards as a database's, to test an application's
 * resharding with, or for data that may be lost with the process.
 *
 * <pre>{@code
 * MemoryShardStore store = MemoryShardStore.hashed("s1", KeyHash.xxh3());
 * store.write(route, tx -> tx.update(key, old -> old == null ? "1" : old + "1"));
 * }</pre>
 *
 * <p>Thread-safe: one lock, held for as long as a method works on the rows, and given up while it waits for writers. Writers
 * of one slot share it; a transaction's writes happen as a whole when it commits.
 */
public final class MemoryShardStore extends MemoryMover {

    private MemoryShardStore(String shard, ToIntBiFunction<? super ShardMap, ? super String> slotOf) {
        super(shard, slotOf);
    }

    /**
     * Makes an empty shard whose rows' keys are hashed as text.
     *
     * @param shard its name in the map
     * @param hash as the sharder's
     * @return a store without guards
     */
    public static MemoryShardStore hashed(String shard, KeyHash hash) {
        return of(shard, (map, key) -> map.slotOf(hash.hash(key)));
    }

    /**
     * Makes an empty shard.
     *
     * @param shard its name in the map
     * @param slotOf the slot of a row by its {@linkplain Row.Key#shardKey() shard key}; pure
     * @return a store without guards
     */
    public static MemoryShardStore of(String shard, ToIntBiFunction<? super ShardMap, ? super String> slotOf) {
        return new MemoryShardStore(shard, slotOf);
    }

    /** One change after another, of the same row. */
    private record Both(UnaryOperator<@Nullable String> first, UnaryOperator<@Nullable String> second)
            implements UnaryOperator<@Nullable String> {

        @Override
        public @Nullable String apply(@Nullable String old) {
            return second.apply(first.apply(old));
        }
    }

    /** A transaction of a writer, for one thread. Its writes happen when it commits. */
    public static final class Transaction implements AutoCloseable {

        private final MemoryShardStore store;
        private final Guard guard;
        private final int slot;
        private final Map<Row.Key, UnaryOperator<@Nullable String>> writes = new LinkedHashMap<>();
        private boolean open = true;

        Transaction(MemoryShardStore store, Guard guard, int slot) {
            this.store = store;
            this.guard = guard;
            this.slot = slot;
        }

        /**
         * Writes a row.
         *
         * @param key which row, of the transaction's slot
         * @param content all of it
         */
        public void put(Row.Key key, String content) {
            update(key, old -> content);
        }

        /**
         * Deletes a row, or nothing.
         *
         * @param key which row, of the transaction's slot
         */
        public void delete(Row.Key key) {
            update(key, old -> null);
        }

        /**
         * Changes a row by what is there when the transaction commits, so that no other transaction's change is lost.
         *
         * @param key which row, of the transaction's slot
         * @param change makes the new content of the old; null means that there is none
         */
        public void update(Row.Key key, UnaryOperator<@Nullable String> change) {
            requireOpen();
            UnaryOperator<@Nullable String> earlier = writes.get(key);
            writes.put(key, earlier == null ? change : new Both(earlier, change));
        }

        /** Makes the writes happen, as a whole, and ends the transaction. */
        public void commit() {
            requireOpen();
            store.commit(slot, writes);
            close();
        }

        private void requireOpen() {
            if (!open) {
                throw new IllegalStateException("transaction on shard " + store.shard
                        + " is over (expected: used before" + " commit() and close())");
            }
        }

        /** Ends the transaction; unless it was committed, nothing happened. */
        @Override
        public void close() {
            if (open) {
                open = false;
                store.leave(guard);
            }
        }
    }

    // --- for applications
    // ---------------------------------------------------------------------------------------------

    /**
     * Writes in one transaction that checks the route first.
     *
     * @param route what the sharder said
     * @param work what to do; commits when it returns and does nothing when it throws
     * @throws dev.tenfold.error.StaleEpochException if the slot lives elsewhere, is being moved, or the route is too old;
     *     nothing was done
     */
    public void write(ShardRoute route, Consumer<? super Transaction> work) {
        try (Transaction transaction = begin(route)) {
            work.accept(transaction);
            transaction.commit();
        }
    }

    /**
     * Begins a transaction in which this shard is the home of a slot until it ends. While somebody waits to change what a slot
     * does, this waits behind.
     *
     * @param route what the sharder said
     * @return to be closed
     * @throws dev.tenfold.error.StaleEpochException if the slot lives elsewhere, is being moved, or the route is too old
     */
    public Transaction begin(ShardRoute route) {
        return locked(() -> new Transaction(this, slots.enter(route), route.slot()));
    }

    /**
     * Reads a row at its home.
     *
     * @param route what the sharder said
     * @param key which row
     * @return its content, or empty
     * @throws dev.tenfold.error.StaleEpochException if the slot lives elsewhere, is being moved, or the route is too old
     */
    public Optional<String> read(ShardRoute route, Row.Key key) {
        return locked(() -> {
            slots.check(route);
            return Optional.ofNullable(rows.get(key));
        });
    }

    /**
     * Returns every row that is here, whatever its slot does, as an operator would see them.
     *
     * @return a copy, in order
     */
    public List<Row> rows() {
        return locked(() -> rows.entrySet().stream()
                .map(row -> new Row(row.getKey(), row.getValue()))
                .toList());
    }

    /**
     * Returns the rows of slots that are owned here: the part of a query over all shards.
     *
     * @param map says which rows belong to which slot
     * @return a copy, in order
     */
    public List<Row> owned(ShardMap map) {
        return locked(() -> rows.entrySet().stream()
                .filter(row -> {
                    Guard guard = slots.guards.get(slotOf(map, row.getKey()));
                    return guard != null && guard.state == SlotState.OWNER;
                })
                .map(row -> new Row(row.getKey(), row.getValue()))
                .toList());
    }

    /** Applies a transaction's writes as a whole. */
    void commit(int slot, Map<Row.Key, UnaryOperator<@Nullable String>> writes) {
        locked(() -> {
            Guard guard = slots.guards.get(slot);
            writes.forEach((key, write) -> {
                rows.compute(key, (k, old) -> write.apply(old));
                if (guard != null && guard.captured) {
                    table.mark(slot, key);
                }
            });
            return true;
        });
    }

    Optional<String> content(Row.Key key) {
        return locked(() -> Optional.ofNullable(rows.get(key)));
    }

    void leave(Guard guard) {
        locked(() -> {
            slots.leave(guard);
            return true;
        });
    }

    @Override
    public String toString() {
        return "MemoryShardStore[" + shard() + "]";
    }
}
