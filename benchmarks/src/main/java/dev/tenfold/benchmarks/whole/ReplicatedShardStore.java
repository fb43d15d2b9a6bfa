package dev.tenfold.benchmarks.whole;

import dev.tenfold.benchmarks.whole.Database.Failed;
import dev.tenfold.benchmarks.whole.ShardState.Command;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.reshard.Changes;
import dev.tenfold.sharding.reshard.Cursor;
import dev.tenfold.sharding.reshard.MemoryShardStore;
import dev.tenfold.sharding.reshard.Row;
import dev.tenfold.sharding.reshard.RowChunk;
import dev.tenfold.sharding.reshard.RowDigests;
import dev.tenfold.sharding.reshard.ShardStore;
import dev.tenfold.sharding.reshard.SlotState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A shard as the mover of one process reaches it: each call is a transaction on the primary of the shard's replica set, and
 * what it changes is in the log like everything else.
 */
final class ReplicatedShardStore implements ShardStore {

    private final AppProcess process;
    private final String shard;

    ReplicatedShardStore(AppProcess process, String shard) {
        this.process = process;
        this.shard = shard;
    }

    private <R> R change(Command<R> command) {
        try {
            return process.change(shard, command);
        } catch (Failed impossible) {
            throw new IllegalStateException("the replica set answers for its servers", impossible);
        }
    }

    private void run(Consumer<MemoryShardStore> command) {
        change(state -> {
            command.accept(state.store);
            return true;
        });
    }

    private <R> R ask(Function<MemoryShardStore, R> query) {
        try {
            return process.ask(shard, state -> query.apply(state.store));
        } catch (Failed impossible) {
            throw new IllegalStateException("the replica set answers for its servers", impossible);
        }
    }

    @Override
    public String shard() {
        return shard;
    }

    @Override
    public void install(ShardMap map) {
        run(store -> store.install(map));
    }

    @Override
    public Preflight preflight() {
        return ask(MemoryShardStore::preflight);
    }

    @Override
    public Map<Integer, Size> sizes(ShardMap map) {
        return ask(store -> store.sizes(map));
    }

    @Override
    public Map<Integer, Unsettled> unsettled() {
        return ask(MemoryShardStore::unsettled);
    }

    @Override
    public Optional<SlotState> state(int slot) {
        return ask(store -> store.state(slot));
    }

    @Override
    public long token(int[] slots) {
        return ask(store -> store.token(slots));
    }

    @Override
    public void claim(int[] slots, long token) {
        run(store -> store.claim(slots, token));
    }

    @Override
    public void verify(int[] slots, long token, SlotState state) {
        ask(store -> {
            store.verify(slots, token, state);
            return true;
        });
    }

    @Override
    public boolean capture(int[] slots, long token, String peer, Duration wait) {
        return change(state -> state.store.capture(slots, token, peer, Duration.ZERO));
    }

    @Override
    public RowChunk read(ShardMap map, int[] slots, Cursor from, int atMost) {
        return ask(store -> store.read(map, slots, from, atMost));
    }

    @Override
    public Changes changes(int[] slots, int atMost) {
        return ask(store -> store.changes(slots, atMost));
    }

    @Override
    public long backlog(int[] slots) {
        return ask(store -> store.backlog(slots));
    }

    @Override
    public void forget(int[] slots, long token, Changes changes) {
        run(store -> store.forget(slots, token, changes));
    }

    @Override
    public void mark(int[] slots, long token, List<Row.Key> keys) {
        run(store -> store.mark(slots, token, keys));
    }

    @Override
    public boolean fence(int[] slots, long token, String peer, Duration wait) {
        return change(state -> state.store.fence(slots, token, peer, Duration.ZERO));
    }

    @Override
    public void follow(int[] slots, long token, String peer) {
        run(store -> store.follow(slots, token, peer));
    }

    @Override
    public boolean clear(ShardMap map, int[] slots, long token, int atMost) {
        return change(state -> state.store.clear(map, slots, token, atMost));
    }

    @Override
    public void expect(int[] slots, long token, String peer) {
        run(store -> store.expect(slots, token, peer));
    }

    @Override
    public Optional<Cursor> cursor(int[] slots) {
        return ask(store -> store.cursor(slots));
    }

    @Override
    public void copy(int[] slots, long token, RowChunk chunk) {
        run(store -> store.copy(slots, token, chunk));
    }

    @Override
    public void apply(int[] slots, long token, Changes changes) {
        run(store -> store.apply(slots, token, changes));
    }

    @Override
    public void open(int[] slots, long token, long epoch, Optional<String> capturedFor) {
        run(store -> store.open(slots, token, epoch, capturedFor));
    }

    @Override
    public RowDigests digests(ShardMap map, int[] slots, Cursor from, int atMost) {
        return ask(store -> store.digests(map, slots, from, atMost));
    }

    @Override
    public RowDigests digests(ShardMap map, int[] slots, Cursor from, Cursor to) {
        return ask(store -> store.digests(map, slots, from, to));
    }

    @Override
    public boolean divide(int from, int part, long token, long epoch, Duration wait) {
        return change(state -> state.store.divide(from, part, token, epoch, Duration.ZERO));
    }
}
