package dev.tenfold.sharding.reshard;

import dev.tenfold.sharding.ShardMap;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A store that passes every call on, for tests that change some of them. */
class ForwardingStore implements ShardStore {

    final MemoryShardStore store;

    ForwardingStore(MemoryShardStore store) {
        this.store = store;
    }

    /** Is told of every call before it is made. */
    void before(String call) {}

    @Override
    public String shard() {
        return store.shard();
    }

    @Override
    public void install(ShardMap map) {
        before("install");
        store.install(map);
    }

    @Override
    public Preflight preflight() {
        before("preflight");
        return store.preflight();
    }

    @Override
    public Map<Integer, Size> sizes(ShardMap map) {
        before("sizes");
        return store.sizes(map);
    }

    @Override
    public Map<Integer, Unsettled> unsettled() {
        before("unsettled");
        return store.unsettled();
    }

    @Override
    public Optional<SlotState> state(int slot) {
        before("state");
        return store.state(slot);
    }

    @Override
    public long token(int[] slots) {
        before("token");
        return store.token(slots);
    }

    @Override
    public void claim(int[] slots, long token) {
        before("claim");
        store.claim(slots, token);
    }

    @Override
    public void verify(int[] slots, long token, SlotState state) {
        before("verify");
        store.verify(slots, token, state);
    }

    @Override
    public boolean capture(int[] slots, long token, String peer, Duration wait) {
        before("capture");
        return store.capture(slots, token, peer, wait);
    }

    @Override
    public RowChunk read(ShardMap map, int[] slots, Cursor from, int atMost) {
        before("read");
        return store.read(map, slots, from, atMost);
    }

    @Override
    public Changes changes(int[] slots, int atMost) {
        before("changes");
        return store.changes(slots, atMost);
    }

    @Override
    public long backlog(int[] slots) {
        before("backlog");
        return store.backlog(slots);
    }

    @Override
    public void forget(int[] slots, long token, Changes changes) {
        before("forget");
        store.forget(slots, token, changes);
    }

    @Override
    public void mark(int[] slots, long token, List<Row.Key> keys) {
        before("mark");
        store.mark(slots, token, keys);
    }

    @Override
    public boolean fence(int[] slots, long token, String peer, Duration wait) {
        before("fence");
        return store.fence(slots, token, peer, wait);
    }

    @Override
    public void follow(int[] slots, long token, String peer) {
        before("follow");
        store.follow(slots, token, peer);
    }

    @Override
    public boolean clear(ShardMap map, int[] slots, long token, int atMost) {
        before("clear");
        return store.clear(map, slots, token, atMost);
    }

    @Override
    public void expect(int[] slots, long token, String peer) {
        before("expect");
        store.expect(slots, token, peer);
    }

    @Override
    public Optional<Cursor> cursor(int[] slots) {
        before("cursor");
        return store.cursor(slots);
    }

    @Override
    public void copy(int[] slots, long token, RowChunk chunk) {
        before("copy");
        store.copy(slots, token, chunk);
    }

    @Override
    public void apply(int[] slots, long token, Changes changes) {
        before("apply");
        store.apply(slots, token, changes);
    }

    @Override
    public void open(int[] slots, long token, long epoch, Optional<String> capturedFor) {
        before("open");
        store.open(slots, token, epoch, capturedFor);
    }

    @Override
    public RowDigests digests(ShardMap map, int[] slots, Cursor from, int atMost) {
        before("digests");
        return store.digests(map, slots, from, atMost);
    }

    @Override
    public RowDigests digests(ShardMap map, int[] slots, Cursor from, Cursor to) {
        before("digests");
        return store.digests(map, slots, from, to);
    }

    @Override
    public boolean divide(int from, int part, long token, long epoch, Duration wait) {
        before("divide");
        return store.divide(from, part, token, epoch, wait);
    }
}
