package dev.tenfold.sharding.reshard;

import dev.tenfold.hash.KeyHash;
import dev.tenfold.sharding.ShardMap;
import dev.tenfold.sharding.reshard.MemorySlots.Guard;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToIntBiFunction;

/**
 * What movers do with a shard in memory. Guarded by the lock of {@code slots}, which every method takes for as long as it works
 * on the rows and gives up while it waits for writers.
 */
abstract class MemoryMover implements ShardStore {

    private static final String SCHEMA = "text";

    final String shard;
    final ToIntBiFunction<? super ShardMap, ? super String> slotOf;
    final MemorySlots slots;
    final MemoryRows table = new MemoryRows();
    final NavigableMap<Row.Key, String> rows = table.rows;
    private boolean installed;

    MemoryMover(String shard, ToIntBiFunction<? super ShardMap, ? super String> slotOf) {
        this.shard = shard;
        this.slotOf = slotOf;
        this.slots = new MemorySlots(shard);
    }

    // ---------------------------------------------------------------------------------------------------

    @Override
    public String shard() {
        return shard;
    }

    @Override
    public void install(ShardMap map) {
        locked(() -> {
            if (!installed) {
                for (int slot : map.slotsOf(shard)) {
                    slots.guards.put(slot, new Guard(SlotState.OWNER, map.epoch()));
                }
                installed = true;
            }
            return true;
        });
    }

    @Override
    public Preflight preflight() {
        return new Preflight(List.of(), SCHEMA);
    }

    @Override
    public Map<Integer, Size> sizes(ShardMap map) {
        return locked(() -> {
            Map<Integer, Size> sizes = new HashMap<>();
            rows.forEach((key, content) -> sizes.merge(
                    slotOf(map, key),
                    new Size(1, content.length()),
                    (a, b) -> new Size(a.rows() + b.rows(), a.bytes() + b.bytes())));
            return sizes;
        });
    }

    @Override
    public Map<Integer, Unsettled> unsettled() {
        return locked(() -> {
            Map<Integer, Unsettled> unsettled = new TreeMap<>();
            slots.guards.forEach((slot, guard) -> {
                if (guard.state == SlotState.FENCED || guard.state == SlotState.INCOMING || guard.captured) {
                    unsettled.put(slot, new Unsettled(guard.state, guard.peer, guard.captured));
                }
            });
            return unsettled;
        });
    }

    @Override
    public Optional<SlotState> state(int slot) {
        return locked(() -> Optional.ofNullable(slots.guards.get(slot)).map(guard -> guard.state));
    }

    @Override
    public long token(int[] which) {
        return locked(() -> slots.token(which));
    }

    @Override
    public void claim(int[] which, long token) {
        locked(() -> {
            slots.claim(which, token);
            return true;
        });
    }

    @Override
    public void verify(int[] which, long token, SlotState state) {
        locked(() -> {
            slots.requireToken(which, token);
            slots.require(which, token, guard -> guard.state == state, "not all " + state);
            return true;
        });
    }

    @Override
    public boolean capture(int[] which, long token, String peer, Duration wait) {
        return locked(() -> {
            requireOwned(which, token);
            if (!slots.exclusively(which, wait)) {
                return false;
            }
            // Again: the lock was given up while waiting.
            requireOwned(which, token);
            each(which, guard -> {
                guard.captured = true;
                guard.peer = peer;
            });
            return true;
        });
    }

    @Override
    public boolean fence(int[] which, long token, String peer, Duration wait) {
        return locked(() -> {
            requireOwned(which, token);
            if (!slots.exclusively(which, wait)) {
                return false;
            }
            requireOwned(which, token);
            each(which, guard -> {
                guard.state = SlotState.FENCED;
                guard.peer = peer;
            });
            return true;
        });
    }

    @Override
    public RowChunk read(ShardMap map, int[] which, Cursor from, int atMost) {
        return locked(() -> {
            List<Row> chunk = new ArrayList<>();
            Set<Integer> wanted = set(which);
            Cursor next = table.walk(from, atMost, (key, content) -> {
                if (wanted.contains(slotOf(map, key))) {
                    chunk.add(new Row(key, content));
                }
            });
            return new RowChunk(chunk, from, next, SCHEMA);
        });
    }

    @Override
    public Changes changes(int[] which, int atMost) {
        return locked(() -> {
            return table.changes(set(which), atMost, SCHEMA);
        });
    }

    @Override
    public long backlog(int[] which) {
        return locked(() -> {
            return table.backlog(set(which));
        });
    }

    @Override
    public void forget(int[] which, long token, Changes changes) {
        locked(() -> {
            slots.requireToken(which, token);
            table.forget(set(which), changes.marks());
            return true;
        });
    }

    @Override
    public void mark(int[] which, long token, List<Row.Key> keys) {
        locked(() -> {
            slots.requireToken(which, token);
            slots.require(which, token, guard -> guard.captured, "not all captured");
            // Whose slot it is within the flow does not matter: marks are listed for all of it.
            keys.forEach(key -> table.mark(which[0], key));
            return true;
        });
    }

    @Override
    public void follow(int[] which, long token, String peer) {
        locked(() -> {
            slots.requireToken(which, token);
            slots.require(
                    which,
                    token,
                    guard -> guard.state == SlotState.FENCED || guard.state == SlotState.INCOMING,
                    "not all fenced");
            each(which, guard -> {
                if (guard.state == SlotState.FENCED) {
                    guard.state = SlotState.INCOMING;
                    guard.cursor = Cursor.END;
                }
                guard.peer = peer;
                guard.captured = false;
            });
            table.dropMarks(set(which));
            return true;
        });
    }

    @Override
    public boolean clear(ShardMap map, int[] which, long token, int atMost) {
        return locked(() -> {
            slots.requireToken(which, token);
            slots.requireNotOwned(which, token);
            Set<Integer> wanted = set(which);
            List<Row.Key> doomed = rows.keySet().stream()
                    .filter(key -> wanted.contains(slotOf(map, key)))
                    .limit(atMost + 1L)
                    .toList();
            doomed.stream().limit(atMost).forEach(rows::remove);
            if (doomed.size() > atMost) {
                return false;
            }
            for (int slot : which) {
                slots.guards.put(slot, new Guard(SlotState.CLOSED, epochOf(slot)));
            }
            table.dropMarks(set(which));
            return true;
        });
    }

    @Override
    public void expect(int[] which, long token, String peer) {
        locked(() -> {
            slots.requireToken(which, token);
            slots.requireNotOwned(which, token);
            for (int slot : which) {
                Guard guard = slots.guards.computeIfAbsent(slot, s -> new Guard(SlotState.CLOSED, 0));
                if (guard.state != SlotState.INCOMING || !guard.peer.equals(peer)) {
                    guard.state = SlotState.INCOMING;
                    guard.peer = peer;
                    guard.cursor = Cursor.START;
                }
            }
            return true;
        });
    }

    @Override
    public Optional<Cursor> cursor(int[] which) {
        return locked(() -> {
            List<Cursor> cursors = new ArrayList<>();
            for (int slot : which) {
                Guard guard = slots.guards.get(slot);
                if (guard == null || guard.state != SlotState.INCOMING || guard.cursor == null) {
                    return Optional.empty();
                }
                cursors.add(guard.cursor);
            }
            return cursors.stream().min(MemoryRows::compare);
        });
    }

    @Override
    public void copy(int[] which, long token, RowChunk chunk) {
        locked(() -> {
            requireIncoming(which, token, chunk.schema());
            chunk.rows().forEach(row -> rows.putIfAbsent(row.key(), row.content()));
            each(which, guard -> guard.cursor = chunk.next());
            return true;
        });
    }

    @Override
    public void apply(int[] which, long token, Changes changes) {
        locked(() -> {
            requireIncoming(which, token, changes.schema());
            changes.keys().forEach(rows::remove);
            changes.rows().forEach(row -> rows.put(row.key(), row.content()));
            return true;
        });
    }

    @Override
    public void open(int[] which, long token, long epoch, Optional<String> capturedFor) {
        locked(() -> {
            slots.requireToken(which, token);
            slots.require(which, token, guard -> guard.state != SlotState.CLOSED, "not all here");
            each(which, guard -> {
                if (guard.state != SlotState.OWNER) {
                    guard.state = SlotState.OWNER;
                    guard.epoch = Math.max(guard.epoch, epoch);
                    guard.captured = capturedFor.isPresent();
                    guard.peer = capturedFor.orElse("");
                    guard.cursor = null;
                } else if (capturedFor.isEmpty()) {
                    guard.captured = false;
                    guard.peer = "";
                }
            });
            if (capturedFor.isEmpty()) {
                table.dropMarks(set(which));
            }
            return true;
        });
    }

    @Override
    public RowDigests digests(ShardMap map, int[] which, Cursor from, int atMost) {
        return locked(() -> {
            Map<Row.Key, String> digests = new HashMap<>();
            Set<Integer> wanted = set(which);
            Cursor next = table.walk(from, atMost, (key, content) -> {
                if (wanted.contains(slotOf(map, key))) {
                    digests.put(key, digest(content));
                }
            });
            return new RowDigests(digests, next);
        });
    }

    @Override
    public RowDigests digests(ShardMap map, int[] which, Cursor from, Cursor to) {
        return locked(() -> {
            Map<Row.Key, String> digests = new HashMap<>();
            Set<Integer> wanted = set(which);
            table.between(from, to).forEach((key, content) -> {
                if (wanted.contains(slotOf(map, key))) {
                    digests.put(key, digest(content));
                }
            });
            return new RowDigests(digests, to);
        });
    }

    @Override
    public boolean divide(int from, int part, long token, long epoch, Duration wait) {
        int[] which = {from};
        return locked(() -> {
            slots.requireToken(which, token);
            if (!slots.exclusively(which, wait)) {
                return false;
            }
            slots.requireToken(which, token);
            Guard whole = slots.guards.get(from);
            if (whole != null && whole.state == SlotState.OWNER) {
                whole.epoch = Math.max(whole.epoch, epoch);
            }
            slots.guards.computeIfAbsent(part, slot -> new Guard(SlotState.OWNER, epoch));
            return true;
        });
    }

    private void requireOwned(int[] which, long token) {
        slots.requireToken(which, token);
        slots.require(which, token, guard -> guard.state == SlotState.OWNER, "not all owned");
    }

    private void requireIncoming(int[] which, long token, String schema) {
        slots.requireToken(which, token);
        slots.require(which, token, guard -> guard.state == SlotState.INCOMING, "not all incoming");
        if (!schema.equals(SCHEMA)) {
            throw new IllegalStateException("schema of the rows: " + schema + " (expected: " + SCHEMA + ")");
        }
    }

    private long epochOf(int slot) {
        Guard guard = slots.guards.get(slot);
        return guard == null ? 0 : guard.epoch;
    }

    private void each(int[] which, Consumer<Guard> change) {
        for (int slot : which) {
            Guard guard = slots.guards.get(slot);
            if (guard != null) {
                change.accept(guard);
            }
        }
    }

    int slotOf(ShardMap map, Row.Key key) {
        return slotOf.applyAsInt(map, key.shardKey());
    }

    <R> R locked(Supplier<R> work) {
        slots.lock.lock();
        try {
            return work.get();
        } finally {
            slots.lock.unlock();
        }
    }

    private static Set<Integer> set(int[] slots) {
        Set<Integer> set = new LinkedHashSet<>();
        for (int slot : slots) {
            set.add(slot);
        }
        return set;
    }

    private static String digest(String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return Long.toHexString(KeyHash.xxh3().hash(bytes, 0, bytes.length));
    }
}
