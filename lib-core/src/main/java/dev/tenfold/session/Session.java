package dev.tenfold.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The highest position a user has seen or written, per shard. Passing the same session to reads and writes gives
 * read-your-writes and monotonic reads; {@link SessionToken} carries it in a cookie or header to another process.
 *
 * <p>Thread-safe. Bounded: it remembers {@value #MAXIMUM_SHARDS} shards, and a shard that falls out (the one advanced
 * longest ago) is answered by its primary from then on, which is always fresh enough. Memory: under 2 kB.
 */
public final class Session {

    /** How many shards a session remembers. */
    public static final int MAXIMUM_SHARDS = 16;

    private final ReentrantLock lock = new ReentrantLock();
    private final LinkedHashMap<String, Position> seen = new LinkedHashMap<>();
    private boolean forgotSome;

    /** Starts a session that has seen nothing. */
    public Session() {}

    Session(Map<String, Position> seen, boolean forgotSome) {
        this.seen.putAll(seen);
        this.forgotSome = forgotSome;
    }

    /**
     * Returns what a read of a shard must have reached.
     *
     * @param shard the replica set
     * @return the least position to read at; {@link Position#none()} where the session has seen nothing of it
     */
    public Position required(String shard) {
        lock.lock();
        try {
            Position position = seen.get(shard);
            if (position != null) {
                return position;
            }
            return forgotSome ? Position.primaryOnly(shard) : Position.none();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Notes that the session has seen a shard at a position. Going back is ignored.
     *
     * @param position what was read or written; {@link Position#none()} is ignored
     */
    public void advance(Position position) {
        if (position.offset() == 0) {
            return;
        }
        lock.lock();
        try {
            Position before = seen.remove(position.shard());
            seen.put(position.shard(), before == null ? position : position.max(before));
            if (seen.size() > MAXIMUM_SHARDS) {
                seen.remove(seen.keySet().iterator().next());
                forgotSome = true;
            }
        } finally {
            lock.unlock();
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
     * Notes an answer of the primary, which settles {@link #requirePrimary} and otherwise advances.
     *
     * @param position where the primary stood before it answered
     */
    public void settle(Position position) {
        lock.lock();
        try {
            Position before = seen.get(position.shard());
            if (before != null && before.isPrimaryOnly()) {
                seen.remove(position.shard());
            }
        } finally {
            lock.unlock();
        }
        advance(position);
    }

    /**
     * Replaces a position that a failover without this session's writes has made unreachable.
     *
     * @param position where the shard's new history stands
     */
    public void restart(Position position) {
        lock.lock();
        try {
            seen.remove(position.shard());
        } finally {
            lock.unlock();
        }
        advance(position);
    }

    Map<String, Position> positions() {
        lock.lock();
        try {
            return new LinkedHashMap<>(seen);
        } finally {
            lock.unlock();
        }
    }

    boolean hasForgotten() {
        lock.lock();
        try {
            return forgotSome;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "Session" + positions().values();
    }
}
