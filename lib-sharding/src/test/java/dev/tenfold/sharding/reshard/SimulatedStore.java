package dev.tenfold.sharding.reshard;

import dev.tenfold.sharding.ShardMap;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store as one coordinator reaches it: calls are delayed, lost, repeated, and executed late, and other actors act before each.
 * Guards of the protocol can be taken out here, to show that the simulation finds what they are for.
 */
final class SimulatedStore implements ShardStore {

    private final Simulation world;
    private final MemoryShardStore store;
    private @Nullable Runnable lateCapture;
    private @Nullable Runnable lateCopy;

    SimulatedStore(Simulation world, MemoryShardStore store) {
        this.world = world;
        this.store = store;
    }

    private long token(int[] slots, long token) {
        return world.without(Simulation.Guard.TOKEN) ? store.token(slots) : token;
    }

    private <R> R reading(Supplier<R> call) {
        return world.call(call, false);
    }

    private <R> R changing(Supplier<R> call) {
        return world.call(call, true);
    }

    private void change(Runnable call) {
        changing(() -> {
            call.run();
            return true;
        });
    }

    @Override
    public String shard() {
        return store.shard();
    }

    @Override
    public void install(ShardMap map) {
        change(() -> store.install(map));
    }

    @Override
    public Preflight preflight() {
        return reading(store::preflight);
    }

    @Override
    public Map<Integer, Size> sizes(ShardMap map) {
        return reading(() -> store.sizes(map));
    }

    @Override
    public Map<Integer, Unsettled> unsettled() {
        return reading(store::unsettled);
    }

    @Override
    public Optional<SlotState> state(int slot) {
        return reading(() -> store.state(slot));
    }

    @Override
    public long token(int[] slots) {
        return reading(() -> store.token(slots));
    }

    @Override
    public void claim(int[] slots, long token) {
        change(() -> {
            if (!world.without(Simulation.Guard.TOKEN) || token > store.token(slots)) {
                store.claim(slots, token);
            }
        });
    }

    @Override
    public void verify(int[] slots, long token, SlotState state) {
        reading(() -> {
            store.verify(slots, token(slots, token), state);
            return true;
        });
        if (world.without(Simulation.Guard.OPEN_AFTER_SWITCH) && state == SlotState.FENCED) {
            MemoryShardStore taker = world.store(store.unsettled().get(slots[0]).peer());
            taker.open(slots, taker.token(slots), 0, Optional.empty());
            world.dieAtTimes();
        }
    }

    @Override
    public boolean capture(int[] slots, long token, String peer, Duration wait) {
        if (world.without(Simulation.Guard.CAPTURE_FIRST)) {
            lateCapture = () -> {
                if (store.capture(slots, token, peer, Duration.ZERO)) {
                    lateCapture = null;
                }
            };
            return true;
        }
        return changing(() -> store.capture(slots, token(slots, token), peer, Duration.ZERO));
    }

    @Override
    public RowChunk read(ShardMap map, int[] slots, Cursor from, int atMost) {
        return reading(() -> store.read(map, slots, from, atMost));
    }

    @Override
    public Changes changes(int[] slots, int atMost) {
        Runnable capture = lateCapture;
        if (capture != null) {
            capture.run();
        }
        // Few at a time, so that there are several rounds.
        return reading(() -> store.changes(slots, Math.min(atMost, 3)));
    }

    @Override
    public long backlog(int[] slots) {
        return reading(() -> store.backlog(slots));
    }

    @Override
    public void forget(int[] slots, long token, Changes changes) {
        change(() -> {
            Changes doomed = changes;
            if (world.without(Simulation.Guard.FORGET_ONLY_SEEN)) {
                doomed = store.changes(slots, 1_000);
            }
            store.forget(slots, token(slots, token), doomed);
        });
    }

    @Override
    public void mark(int[] slots, long token, List<Row.Key> keys) {
        change(() -> store.mark(slots, token(slots, token), keys));
    }

    @Override
    public boolean fence(int[] slots, long token, String peer, Duration wait) {
        return changing(() -> store.fence(slots, token(slots, token), peer, Duration.ZERO));
    }

    @Override
    public void follow(int[] slots, long token, String peer) {
        change(() -> store.follow(slots, token(slots, token), peer));
    }

    @Override
    public boolean clear(ShardMap map, int[] slots, long token, int atMost) {
        return changing(() -> store.clear(map, slots, token(slots, token), atMost));
    }

    @Override
    public void expect(int[] slots, long token, String peer) {
        change(() -> store.expect(slots, token(slots, token), peer));
    }

    @Override
    public Optional<Cursor> cursor(int[] slots) {
        return reading(() -> store.cursor(slots));
    }

    @Override
    public void copy(int[] slots, long token, RowChunk chunk) {
        if (world.without(Simulation.Guard.SERIAL_COPY)) {
            finishCopy();
            lateCopy = () -> store.copy(slots, token, chunk);
            return;
        }
        change(() -> store.copy(slots, token(slots, token), chunk));
    }

    private void finishCopy() {
        Runnable copy = lateCopy;
        lateCopy = null;
        if (copy != null) {
            copy.run();
        }
    }

    @Override
    public void apply(int[] slots, long token, Changes changes) {
        change(() -> store.apply(slots, token(slots, token), changes));
        finishCopy();
    }

    @Override
    public void open(int[] slots, long token, long epoch, Optional<String> capturedFor) {
        finishCopy();
        change(() -> store.open(slots, token(slots, token), epoch, capturedFor));
    }

    @Override
    public RowDigests digests(ShardMap map, int[] slots, Cursor from, int atMost) {
        return world.blind()
                ? new RowDigests(Map.of(), Cursor.END)
                : reading(() -> store.digests(map, slots, from, atMost));
    }

    @Override
    public RowDigests digests(ShardMap map, int[] slots, Cursor from, Cursor to) {
        return world.blind() ? new RowDigests(Map.of(), to) : reading(() -> store.digests(map, slots, from, to));
    }

    @Override
    public boolean divide(int from, int part, long token, long epoch, Duration wait) {
        return changing(() -> store.divide(from, part, token(new int[] {from}, token), epoch, Duration.ZERO));
    }
}
