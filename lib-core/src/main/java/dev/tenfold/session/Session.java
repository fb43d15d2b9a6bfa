package dev.tenfold.session;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/**
 * What a user has written and seen, as positions in the histories of shards. Passing the same session to reads and writes
 * gives read-your-writes and monotonic reads (D. Terry et al., "Session Guarantees for Weakly Consistent Replicated Data",
 * 1994); {@link SessionToken} carries it in a cookie or header to another process.
 *
 * <p><b>Two marks.</b> What was written counts for the whole shard: later reads of any key must have reached it. What was
 * read counts for its key alone, as long as the key is among the last {@value #MAXIMUM_KEYS}: so a copy of another key, read
 * before, is still good, and a shard that is written all the time keeps its caches useful. Where a read names no key, or its
 * key is forgotten, it counts for the whole shard like a write. A shard's mark alone would not do (a copy of the key, older
 * than what was seen of it, covers every write), nor would a key's without the forgotten ones.
 *
 * <p>Thread-safe; the methods that ask take no lock. Bounded: it remembers {@value #MAXIMUM_SHARDS} shards, and a shard that
 * falls out (the one noted longest ago) is answered by its primary, which is always fresh enough, until it has. Memory: under
 * 6 kB.
 *
 * <p><b>Invariant:</b> what a read must have reached only moves to a later position, except through {@link #settle}, {@link
 * #saw} with a primary's answer, {@link #restart} and {@link #adopt}. <b>Writers:</b> any thread, holding {@code changing};
 * each publishes a new immutable {@code SessionState}. <b>Readers:</b> any thread, one volatile read.
 */
public final class Session {

    /** How many shards a session remembers. */
    public static final int MAXIMUM_SHARDS = 16;

    /** How many keys a session remembers what it has seen of. */
    public static final int MAXIMUM_KEYS = 32;

    /** How many topologies a session remembers the version of. */
    public static final int MAXIMUM_TOPOLOGIES = 8;

    /** Stands for a key that cannot be named: what is read counts for the whole shard. */
    public static final long ANY_KEY = 0;

    private final ReentrantLock changing = new ReentrantLock();
    private volatile SessionState state;

    /** Starts a session that has seen nothing. */
    public Session() {
        this(SessionState.EMPTY);
    }

    Session(SessionState state) {
        this.state = state;
    }

    /**
     * Returns what a read of a shard must have reached, whatever it reads there.
     *
     * @param shard the replica set
     * @return the least position to read at; {@link Position#none()} where the session has seen nothing of it
     */
    public Position required(String shard) {
        return state.top(shard);
    }

    /**
     * Returns what a read of one key must have reached.
     *
     * @param shard the key's replica set
     * @param key 64 well-mixed bits of the key, the same in every process; keys that share them share a mark, which costs
     *     hits and breaks nothing. {@link #ANY_KEY} asks for what {@link #required} says
     * @return the two marks
     */
    public Marks marks(String shard, long key) {
        SessionState now = state;
        return key == ANY_KEY ? new Marks(now.top(shard), Position.none(), 0) : now.marks(shard, key);
    }

    /**
     * Notes what a read of one key has shown. Concurrent reads of a key may be noted in any order.
     *
     * @param shard the key's replica set
     * @param key as for {@link #marks}
     * @param asked what {@link #marks} said before the read. Where its {@linkplain Marks#minimum() minimum} asked for the
     *     primary, the answer settles that, for the shard if it was the shard's
     * @param answer what was read; one without a position is ignored
     */
    public void saw(String shard, long key, Marks asked, Positioned<?> answer) {
        boolean primary = asked.minimum().isPrimaryOnly();
        boolean again = asked.read() == answer.read() && asked.seen().equals(answer.seen());
        if (answer.seen().isNone() || (again && !primary)) {
            return;
        }
        if (key != ANY_KEY) {
            if (primary || !state.floor(shard).isAtOrAfter(answer.seen())) {
                change(now -> now.withRead(shard, key, answer, primary));
            }
        } else if (primary) {
            settle(answer.seen());
        } else {
            advance(answer.seen());
        }
    }

    /**
     * Notes that the session has written to a shard, or seen anything of it, at a position. Going back is ignored, and so is a
     * shard that was forgotten: an answer on its way since before may be older than what was forgotten.
     *
     * @param position what was read or written; {@link Position#none()} is ignored
     */
    public void advance(Position position) {
        if (!position.isNone() && !state.floor(position.shard()).isAtOrAfter(position)) {
            change(now -> now.withAdvanced(position));
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
            change(now -> now.withSettled(position));
        }
    }

    /**
     * Replaces all that is known of a shard, which a failover without this session's writes has made unreachable.
     *
     * @param position where the shard's new history stands
     */
    public void restart(Position position) {
        change(now -> now.withRestarted(position));
    }

    /**
     * Returns the newest version of a topology that the session was routed by. Who routes by an older one refreshes first: a
     * key of the session may have moved.
     *
     * @param name the topology's
     * @return its version as a position; {@link Position#none()} where the session was routed by none that it remembers
     */
    public Position topology(String name) {
        return state.topologies().getOrDefault(name, Position.none());
    }

    /**
     * Notes that the session is routed by a version of a topology. If it is newer than what the session knew, keys may live on
     * other shards than before, where no position of the old one means anything: then the session forgets its shards, and each
     * is answered by its primary once, which has everything that moved there.
     *
     * @param topology its name and version; {@link Position#none()} and older ones are ignored
     */
    public void adopt(Position topology) {
        if (!topology.isNone() && !state.topology(topology.shard()).isAtOrAfter(topology)) {
            change(now -> now.withTopology(topology));
        }
    }

    private void change(UnaryOperator<SessionState> step) {
        changing.lock();
        try {
            state = step.apply(state);
        } finally {
            changing.unlock();
        }
    }

    SessionState state() {
        return state;
    }

    @Override
    public String toString() {
        return "Session" + state;
    }
}
