package dev.tenfold.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BinaryOperator;

/**
 * The highest position a user has seen or written, per shard. Passing the same session to reads and writes gives
 * read-your-writes; {@link SessionToken} carries it in a cookie or header to another process. Advanced by the later mark of
 * each read ({@link Positioned#seen}) it gives monotonic reads too.
 *
 * <p>Thread-safe; {@link #required} takes no lock. Bounded: it remembers {@value #MAXIMUM_SHARDS} shards, and a shard that
 * falls out (the one advanced longest ago) is answered by its primary, which is always fresh enough, until {@link
 * #settle}. Memory: under 2 kB.
 *
 * <p><b>Invariant:</b> a shard's position only moves to a later one, except through {@link #settle} and {@link #restart}.
 * <b>Writers:</b> any thread, holding {@code changing}; each publishes a new immutable {@code State}. <b>Readers:</b> any
 * thread, one volatile read.
 */
public final class Session {

    /** How many shards a session remembers. */
    public static final int MAXIMUM_SHARDS = 16;

    private final ReentrantLock changing = new ReentrantLock();
    private volatile State state;

    /** Starts a session that has seen nothing. */
    public Session() {
        this(Map.of(), false);
    }

    Session(Map<String, Position> seen, boolean forgotSome) {
        state = new State(new LinkedHashMap<>(seen), forgotSome);
    }

    /**
     * Returns what a read of a shard must have reached.
     *
     * @param shard the replica set
     * @return the least position to read at; {@link Position#none()} where the session has seen nothing of it
     */
    public Position required(String shard) {
        State now = state;
        Position position = now.seen.get(shard);
        if (position != null) {
            return position;
        }
        return now.forgotSome ? Position.primaryOnly(shard) : Position.none();
    }

    /**
     * Notes that the session has seen a shard at a position. Going back is ignored, and so is a shard that was forgotten:
     * an answer on its way since before may be older than what was forgotten.
     *
     * @param position what was read or written; {@link Position#none()} is ignored
     */
    public void advance(Position position) {
        if (!position.isNone() && !isAt(position)) {
            change(position, Session::later);
        }
    }

    /**
     * Notes that a write's outcome is unknown, so that only the primary can answer for the shard until it has.
     *
     * @param shard the replica set written to
     */
    public void requirePrimary(String shard) {
        advance(Position.primaryOnly(shard));
    }

    /**
     * Notes an answer of the primary: it settles {@link #requirePrimary}, remembers a shard that was forgotten, and
     * otherwise advances.
     *
     * @param position where the primary stood before it answered
     */
    public void settle(Position position) {
        if (!position.isNone()) {
            change(position, (before, now) -> before.isPrimaryOnly() ? now : later(before, now));
        }
    }

    /**
     * Replaces a position that a failover without this session's writes has made unreachable.
     *
     * @param position where the shard's new history stands
     */
    public void restart(Position position) {
        change(position, (before, now) -> now);
    }

    private boolean isAt(Position position) {
        Position before = required(position.shard());
        return before.max(position).equals(before);
    }

    private static Position later(Position before, Position now) {
        return before.max(now);
    }

    private void change(Position position, BinaryOperator<Position> merge) {
        changing.lock();
        try {
            LinkedHashMap<String, Position> seen = new LinkedHashMap<>(state.seen);
            Position known = seen.remove(position.shard());
            // A shard that was forgotten may have been further than this.
            Position before = known == null ? required(position.shard()) : known;
            seen.put(position.shard(), merge.apply(before, position));
            boolean forgotSome = state.forgotSome;
            if (seen.size() > MAXIMUM_SHARDS) {
                seen.remove(seen.keySet().iterator().next());
                forgotSome = true;
            }
            state = new State(seen, forgotSome);
        } finally {
            changing.unlock();
        }
    }

    Map<String, Position> positions() {
        return state.seen;
    }

    boolean hasForgotten() {
        return state.forgotSome;
    }

    @Override
    public String toString() {
        return "Session" + state.seen.values();
    }

    /** Never changed once published. */
    private record State(Map<String, Position> seen, boolean forgotSome) {}
}
